import gc
import weakref

import pytest

from siss.extract.structure.xml_fields import XmlFields
from siss.model.content import Kind
from siss.model.field import BOOLEAN, BROKEN, INTEGER, OBJECT, OPEN, PARTIAL, REPEATED, STRING
from siss.model.structure import StructureQuery
from siss.model.text import Window
from siss.search.structure import prune
from siss.search.xpath.evaluate import compile_xpath, evaluate_xpath
from unit.extract.structure.reading import fields, read, values


def test_elements_attributes_and_namespaces():
    text = '<a xmlns:n="urn:n" k="1"><b>3</b><b/><n:c n:z="q">text<d>true</d></n:c></a>'
    found = read(Kind.XML, text)
    assert fields(found) == {
        "/a": OBJECT,
        "/a/@k": INTEGER,
        "/a/b": INTEGER | STRING | REPEATED,
        "/a/{urn:n}c": OBJECT | STRING,
        "/a/{urn:n}c/@{urn:n}z": STRING,
        "/a/{urn:n}c/d": BOOLEAN,
    }
    assert values(found)["/a/b"] == ["3", ""]


def test_prefixes_that_collide_are_told_apart_by_their_namespaces():
    text = '<a><n:b xmlns:n="urn:1"/><n:b xmlns:n="urn:2"/><m:b xmlns:m="urn:1"/></a>'
    assert {"/a/{urn:1}b", "/a/{urn:2}b"} <= fields(read(Kind.XML, text)).keys()


def test_a_brace_in_a_namespace_does_not_end_it():
    text = '<a xmlns:n="urn:{b}r}ace/x"><n:c n:z="q"/></a>'
    assert list(fields(read(Kind.XML, text))) == [
        "/a",
        "/a/{urn:{b%7Dr%7Dace/x}c",
        "/a/{urn:{b%7Dr%7Dace/x}c/@{urn:{b%7Dr%7Dace/x}z",
    ]
    query = StructureQuery("xpath", "/a/n:c/@n:z", (("n", "urn:{b}r}ace/x"),))
    found = read(Kind.XML, text)
    assert found is not None
    for required in prune(query).required:
        assert any(required.matches(path) for path in found.shape.paths)


def test_what_some_parents_lack_is_partial():
    assert fields(read(Kind.XML, '<a><b x="1"/><b/><b><c/></b></a>'))["/a/b/@x"] & PARTIAL
    assert fields(read(Kind.XML, '<a><b x="1"/><b/><b><c/></b></a>'))["/a/b/c"] & PARTIAL


@pytest.mark.parametrize(
    "text",
    [
        "<a><b></a>",
        '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]><a>&b;</a>',
        '<!DOCTYPE a [<!ENTITY a "aaaa"><!ENTITY b "&#38;a;">]><a k="&b;"/>',
        '<!DOCTYPE a [<!ENTITY a "' + "a" * 257 + '">]><a k="&a;"/>',
        "<a>" * 100_000,
    ],
)
def test_hostile_documents_are_open_or_have_no_structure(text: str):
    found = read(Kind.XML, text)
    assert found is None or not found.shape.complete


@pytest.mark.parametrize(
    "text",
    [
        "<a><b></a>",
        "<a><b>",
        "<a>1 & 2</a>",
        "<a>&nbsp;</a>",
        "<a b='1' b='2'/>",
        "<a><b x='<'/></a>",
        "<a/><b/>",
        "<a><n:b/></a>",
        "<a>\x01</a>",
        "<a>&#1;</a>",
        "<a><![CDATA[</a>",
        "<a><?xml version='1.0'?></a>",
    ],
)
def test_what_no_parser_reads_is_marked(text: str):
    assert evaluate_xpath(compile_xpath("//*", {}), text.encode(), limit=0)[2].startswith("not well-formed")
    found = read(Kind.XML, text)
    assert found is None or fields(found)["/a"] & (BROKEN | OPEN) == BROKEN | OPEN


@pytest.mark.parametrize(
    "text",
    [
        "<a>\u2c2f<b\u0487/></a>",  # a letter since the fifth edition
        '<!DOCTYPE a SYSTEM "x.dtd"><a>&nbsp;<b/></a>',
        '<!DOCTYPE a [<!ENTITY e "' + "e" * 300 + '">]><a>&e;</a>',
        "<a>" * 40 + "</a>" * 40,
    ],
)
def test_what_another_parser_reads_is_not_marked(text: str):
    assert evaluate_xpath(compile_xpath("//*", {}), text.encode(), limit=0)[1:] != (0, "")
    found = read(Kind.XML, text)
    assert found is None or not fields(found)["/a"] & BROKEN


def test_documents_that_declare_entities_are_read_and_nothing_is_expanded_or_fetched():
    text = (
        '<!DOCTYPE a [<!ENTITY f SYSTEM "file:///etc/passwd"><!ENTITY i "one<x/>"><!ENTITY % p SYSTEM "http://h/p"> %p; ]>'
        "<a><b>&f;</b><b>two</b><c>&i; three</c><d>&unknown;</d><e>4</e></a>"
    )
    found = read(Kind.XML, text)
    assert fields(found) == {
        "/a": OBJECT,
        "/a/b": STRING | REPEATED,
        "/a/c": STRING,
        "/a/d": STRING,
        "/a/e": INTEGER,
    }
    assert "passwd" not in str(values(found))
    assert values(found)["/a/e"] == ["4"]


def test_depth_is_bounded():
    found = fields(read(Kind.XML, "<a><b><c><d/></c></b></a>", max_depth=2))
    assert found == {"/a": OBJECT, "/a/b": OBJECT | OPEN}


@pytest.mark.parametrize("step", [1, 3, 17])
def test_windows_make_no_difference(step: int):
    text = "<a k='1'><!-- x --><b>some <![CDATA[<text>]]></b><b/><?pi y?><c>é&amp;é</c></a>"
    assert read(Kind.XML, text, step=step) == read(Kind.XML, text)


@pytest.mark.parametrize("text", [b"<a><b/></a>", b"<a><b>", b"no element"])
def test_it_is_let_go_at_its_end_without_a_collection(text: bytes):
    gc.disable()
    try:
        fields_of = XmlFields()
        fields_of.feed(Window(0, text, 0, final=True))
        fields_of.close()
        gone = weakref.ref(fields_of)
        del fields_of
        assert gone() is None
    finally:
        gc.enable()
