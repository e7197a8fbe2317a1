"""Sections of XML: exact spans and paths; entities are refused before anything could be expanded."""

import gc
import socket
import weakref

import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from siss.model.content import Section
from siss.model.coverage import Gap, Reason
from siss.model.text import Ledger, Window
from siss.parse import xml_text
from siss.parse.xml_text import XmlParser


def parse(text: bytes, window: int = 1 << 20, max_depth: int = 32) -> tuple[list[Section], list[Gap]]:
    ledger = Ledger()
    parser = XmlParser(ledger, max_depth=max_depth)
    found: list[Section] = []
    for at in range(0, max(1, len(text)), window):
        found += parser.feed(Window(at, text[at : at + window], at, at + window >= len(text)))
    found += parser.close()
    at = 0
    for section in found:
        assert at <= section.start < section.end <= len(text)
        at = section.end
    return found, ledger.closed()


@pytest.mark.parametrize("text", [b"<a><b/></a>", b"<a><b>", b"<!DOCTYPE a [<!ENTITY e 'x'>]><a/>"])
def test_it_and_its_text_are_let_go_at_its_end_without_a_collection(text):
    gc.disable()
    try:
        parser = XmlParser(Ledger())
        list(parser.feed(Window(0, text, 0, final=True)))
        list(parser.close())
        gone = weakref.ref(parser)
        del parser
        assert gone() is None
    finally:
        gc.enable()


def test_a_small_document_is_one_section():
    assert parse(b'<?xml version="1.0"?>\n<a><b>1</b></a>\n') == ([Section(22, 37, label="/a")], [])


def test_children_of_a_large_element_with_their_paths():
    entries = "".join(f'<entry id="{n}"><t>{"x" * 2000}</t></entry>\n' for n in range(3))
    long = f"<long>{'<p>y</p>' * 600}</long>"
    text = f"<feed><title>T</title>{entries}{long}<last/></feed>".encode()
    sections, gaps = parse(text)
    assert gaps == []
    labels = [section.label for section in sections]
    assert labels[:4] == ["/feed/title[1]", "/feed/entry[1]", "/feed/entry[2]", "/feed/entry[3]"]
    assert labels[4:604] == [f"/feed/long[1]/p[{n}]" for n in range(1, 601)]
    assert labels[604:] == ["/feed/last[1]"]
    tree = etree.fromstring(text)
    for section in sections:
        (node,) = tree.xpath(section.label)
        assert text[section.start : section.end] == etree.tostring(node, with_tail=False)


def test_what_the_declaration_says_of_the_encoding_is_about_the_source():
    text = '<?xml version="1.0" encoding="utf-16"?><a>é</a>'.encode()
    assert parse(text) == ([Section(39, len(text), label="/a")], [])


@pytest.mark.parametrize(
    ("text", "at", "words"),
    [
        (b"<a><b></a>", 8, "mismatched tag"),
        (b"<a>", 3, "no element found"),
        (b"<a>\n\n&nbsp;</a>", 5, "Line 3: undefined entity"),
        (b"<a/><a/>", 4, "junk after document element"),
        (b"plain", 0, "syntax error"),
        (b"", 0, "no element found"),
    ],
)
def test_malformed_text_is_noted_with_its_place(text, at, words):
    _, (gap,) = parse(text)
    assert (gap.reason, gap.start, gap.lost) == (Reason.PARSE_ERROR, at, False)
    assert words in gap.detail


def test_what_was_complete_before_an_error_stays():
    text = b"<r>" + b"<e>" + b"x" * 3000 + b"</e>" + b"<e>" + b"x" * 3000 + b"</e><e></r>"
    sections, (gap,) = parse(text)
    assert [section.label for section in sections] == ["/r/e[1]", "/r/e[2]"]
    assert gap.reason is Reason.PARSE_ERROR


@pytest.mark.parametrize(
    "doctype",
    [
        '<!ENTITY lol "lol"><!ENTITY lol2 "&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;&lol;">',
        f'<!ENTITY x "{"a" * 60_000}">',
        '<!ENTITY x SYSTEM "file:///etc/hostname">',
        '<!ENTITY % x SYSTEM "http://localhost:1/x.dtd"> %x;',
    ],
)
def test_entities_are_refused_where_they_are_declared(doctype, monkeypatch):
    def refuse(*_args, **_more):
        raise AssertionError("the network was tried")

    monkeypatch.setattr(socket, "socket", refuse)
    text = f"<!DOCTYPE a [{doctype}]><a>{'&x;' * 60_000}</a>".encode()
    sections, (gap,) = parse(text)
    assert sections == []
    assert (gap.reason, gap.lost) == (Reason.ENTITIES_REFUSED, False)


def test_an_external_subset_is_not_fetched_and_its_entities_stand_as_written():
    text = b'<!DOCTYPE a SYSTEM "http://localhost:1/a.dtd"><a>&x;</a>'
    sections, (gap,) = parse(text)
    assert [section.label for section in sections] == ["/a"]
    assert (gap.reason, gap.start, gap.lost) == (Reason.ENTITIES_REFUSED, 49, False)


def test_depth_is_limited_and_what_is_below_is_text():
    text = b"<a>" * 40 + b"deep" + b"</a>" * 40
    _, (gap,) = parse(text)
    assert (gap.reason, gap.start, gap.lost) == (Reason.DEPTH_LIMIT, 96, False)
    _, gaps = parse(b"<a>" * 200_000)
    assert [gap.reason for gap in gaps] == [Reason.DEPTH_LIMIT]


@pytest.mark.parametrize("opening", [b'<a x="', b"<a><!-- ", b"<a><?pi "])
def test_a_token_without_end_is_given_up(opening, monkeypatch):
    monkeypatch.setattr(xml_text, "TOKEN_BYTES", 100_000)
    parser = XmlParser(ledger := Ledger())
    at = 0
    for data in [opening, *[b"y" * 30_000] * 20]:
        list(parser.feed(Window(at, data, at, final=False)))
        at += len(data)
        assert len(parser._text) <= 130_000
    (gap,) = ledger.closed()
    assert (gap.reason, gap.start) == (Reason.PARSE_ERROR, opening.rfind(b"<"))


ELEMENTS = st.recursive(
    st.sampled_from(
        ["<e/>", '<e k="/>"/>', "<e></e>", "text/>", "<!-- <c> -->", "<![CDATA[</e>]]>", "é", "<e >x</e >"]
    ),
    lambda inner: st.builds("<{0}>{1}</{0}>".format, st.sampled_from("ab"), st.lists(inner, max_size=5).map("".join)),
    max_leaves=30,
)


@given(st.lists(ELEMENTS, max_size=6), st.integers(1, 60))
def test_spans_are_those_of_the_elements_however_text_comes(inner, window):
    text = f"<root>{''.join(inner)}</root>".encode()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(xml_text, "SECTION_BYTES", 24)
        whole, gaps = parse(text)
        assert gaps == []
        assert parse(text, window) == (whole, [])
    tree = etree.fromstring(text)
    for section in whole:
        (node,) = tree.xpath(section.label)
        piece = etree.fromstring(text[section.start : section.end])
        assert etree.tostring(piece) == etree.tostring(node, with_tail=False)


@given(st.text("<>/ab&;![]-\"'= ", max_size=200), st.integers(1, 40))
def test_no_text_breaks_the_parser(text, window):
    _, gaps = parse(f"<a>{text}".encode(), window)
    assert all(not gap.lost for gap in gaps)
