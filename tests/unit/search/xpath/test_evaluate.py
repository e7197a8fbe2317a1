import pytest
from hypothesis import given
from hypothesis import strategies as st
from lxml import etree

from growth import assert_linear
from siss.search.xpath.evaluate import compile_xpath, evaluate_xpath
from siss.search.xpath.places import Places

TEXT = """<?xml version="1.0" encoding="ISO-8859-1"?>
<a xmlns:n="urn:n" k="1">é<b>3</b>tail<!--c--><b/>
<n:c n:z="q" k='v'>t<![CDATA[<x>]]>u</n:c>
<d a="x>y">z</d></a>""".encode()
NAMESPACES = {"m": "urn:n"}


def find(expression: str, text: bytes = TEXT):
    return evaluate_xpath(compile_xpath(expression, NAMESPACES), text, limit=100)


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("//b", [("/a/b[1]", 2, "<b>3</b>"), ("/a/b[2]", 2, "<b/>")]),
        ("//@k", [("/a/@k", 2, 'k="1"'), ("/a/m:c/@k", 3, "k='v'")]),
        ("//m:c", [("/a/m:c", 3, "<n:c n:z=\"q\" k='v'>t<![CDATA[<x>]]>u</n:c>")]),
        ("//m:c/@m:z", [("/a/m:c/@m:z", 3, 'n:z="q"')]),
        ("//m:c/text()", [("/a/m:c/text()[1]", 3, "t<![CDATA[<x>]]>u")]),
        ("/a/text()[. = 'tail']", [("/a/b[1]/following-sibling::text()[1]", 2, "tail")]),
        ("/a/text()[1]", [("/a/text()[1]", 2, "é")]),
        ("//d[@a = 'x>y']", [("/a/d", 4, '<d a="x>y">z</d>')]),
        ("//c", []),
        (" / ", [("/", 1, TEXT.decode())]),
    ],
)
def test_matches_have_path_line_and_span(expression: str, wanted: list[tuple[str, int, str]]):
    matches, total, problem = find(expression)
    assert (total, problem) == (len(wanted), "")
    assert [(match.path, match.line, TEXT[match.start : match.end].decode()) for match in matches] == wanted


COLLIDING = b"""<x:a xmlns:x="urn:n" xmlns="urn:default">
<x:b xmlns:x="urn:other">1</x:b><x:b>2</x:b><y:b xmlns:y="urn:n">3</y:b><!--c--><x:b xmlns:x="urn:third">4</x:b>
<b x:at="5" at="6">7<!--d--></b></x:a>"""


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("//m:b", ["/m:a/m:b[1]", "/m:a/m:b[2]"]),
        ("/*/*", ["/m:a/x:b", "/m:a/m:b[1]", "/m:a/m:b[2]", "/m:a/*[4]", "/m:a/*[5]"]),
        ("//@*", ["/m:a/*[5]/@m:at", "/m:a/*[5]/@at"]),
        ("//text()[. > 6]", ["/m:a/*[5]/text()[1]"]),
        ("//comment()", ["/m:a/comment()", "/m:a/*[5]/comment()"]),
    ],
)
def test_paths_are_written_in_the_prefixes_of_the_question(expression: str, wanted: list[str]):
    matches, _, _ = find(expression, COLLIDING)
    assert [match.path for match in matches] == wanted
    for match in matches:
        if "x:" not in match.path:
            again, total, _ = find(match.path, COLLIDING)
            assert (total, again[0].start, again[0].end) == (1, match.start, match.end)


def test_an_attribute_is_found_whichever_of_two_prefixes_it_has():
    text = b'<a:r xmlns:a="urn:n" xmlns:b="urn:n" xmlns:o="urn:o"><a:x o:k="0" b:k="1" a:j="2"/></a:r>'
    matches, _, _ = find("//@m:*", text)
    assert [text[match.start : match.end] for match in matches] == [b'b:k="1"', b'a:j="2"']


def test_very_many_siblings_of_different_names_take_linear_time():
    def look(size: int) -> None:
        text = b"<r>" + b"".join(b"<e%d/>\n" % number for number in range(size)) + b"</r>"
        matches, total, _ = evaluate_xpath(query, text, limit=size)
        assert (total, matches[-1].path, matches[-1].line) == (size, f"/r/e{size - 1}", size)

    query = compile_xpath("/r/*", {})
    assert_linear(look, 8000)


def test_texts_behind_comments_have_their_places():
    text = b"<a>s<!--c-->t<b/>u<?p?>v</a>"
    matches, _, _ = find("//text()", text)
    assert [text[match.start : match.end] for match in matches] == [b"s", b"t", b"u", b"v"]
    assert [match.path.rpartition("/following")[0] for match in matches] == [
        "",
        "/a/comment()",
        "/a/b",
        "/a/processing-instruction('p')",
    ]


def test_a_few_of_very_many_elements_are_found_without_looking_at_all(monkeypatch: pytest.MonkeyPatch):
    text = b"<a>" + b"<b/>" * 5000 + b"</a>"
    seen = 0

    def count(self: Places, number: int) -> None:
        nonlocal seen
        seen += 1
        start_of(self, str(number), {})

    start_of = Places._start
    monkeypatch.setattr(Places, "_start", lambda self, name, _: count(self, name))
    matches, total, _ = evaluate_xpath(compile_xpath("//b", {}), text, limit=2)
    assert ([match.path for match in matches], total, seen) == (["/a/b[1]", "/a/b[2]"], 5000, 3)


REMARKS = b"""<?xml version="1.0"?><!--before-->
<!DOCTYPE a [<!--declared--><?declared x?>]>
<?style a?>
<a><!--in - side--><b/><?do it?></a>
<!--<after/>-->"""


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("//comment()", [(1, "<!--before-->"), (4, "<!--in - side-->"), (5, "<!--<after/>-->")]),
        ("//processing-instruction()", [(3, "<?style a?>"), (4, "<?do it?>")]),
        ("/a/node()", [(4, "<!--in - side-->"), (4, "<b/>"), (4, "<?do it?>")]),
    ],
)
def test_comments_and_instructions_have_their_places(expression: str, wanted: list[tuple[int, str]]):
    matches, total, problem = find(expression, REMARKS)
    assert (total, problem) == (len(wanted), "")
    assert [(match.line, REMARKS[match.start : match.end].decode()) for match in matches] == wanted


@pytest.mark.parametrize(
    ("expression", "wanted"),
    [
        ("count(//b)", ["2"]),
        ("string(//d)", ["z"]),
        ("boolean(//d)", ["true"]),
        ("boolean(//q)", []),
        ("//q = 1", []),
        ("1 div 0", ["Infinity"]),
        ("number('x')", []),
        ("string(//q)", []),
    ],
)
def test_what_is_no_set_of_nodes_matches_once_or_not(expression: str, wanted: list[str]):
    matches, total, _ = find(expression)
    assert ([match.value for match in matches], total) == (wanted, len(wanted))
    assert all(match.start is None for match in matches)


@pytest.mark.parametrize(
    "text",
    [
        b'<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;<b/></a>',
        b'<!DOCTYPE a [<!ENTITY x "<b/><b/>">]><a>&x;<b/></a>',
        b'<!DOCTYPE a [<!ENTITY x "y"><!ENTITY z "&x;&x;&x;">]><a t="&z;"><b/></a>',
    ],
)
def test_entities_are_not_expanded_and_spans_still_right(text: bytes):
    matches, total, _ = find("//b", text)
    assert total == 1
    assert text[matches[0].start : matches[0].end] == b"<b/>"
    assert "root:" not in str(find("string(/)", text))


def test_what_is_nested_too_deeply_is_said():
    assert find("//a", b"<a>" * 300 + b"</a>" * 300) == ([], 0, "nested deeper than 256 levels")


@pytest.mark.parametrize("text", [b"", b"<a>", b"nonsense", b"<a>" * 200])
def test_what_is_no_xml_is_said(text: bytes):
    matches, total, problem = find("//a", text)
    assert (matches, total) == ([], 0)
    assert problem.startswith("not well-formed XML")


@st.composite
def elements(draw: st.DrawFn, depth: int = 3) -> str:
    name = draw(st.sampled_from(["a", "b", "c", "n:a"]))
    attributes = "".join(
        f' {key}="{draw(st.sampled_from(["1", "x", "a>b"]))}"' for key in draw(st.sets(st.sampled_from("kl")))
    )
    parts = st.sampled_from(["", "1", "é", "<!-- <a/> -->", "<![CDATA[<b>]]>", "<?p <a> ?>", "\n"])
    children = draw(st.lists(elements(depth - 1), max_size=3)) if depth else []
    inner = "".join(draw(parts) + child for child in children) + draw(parts)
    end = f">{inner}</{name} >" if inner or draw(st.booleans()) else " />"
    return f'<{name} xmlns:n="urn:n"{attributes}{end}'


@given(elements())
def test_every_span_parses_to_its_element(text: str):
    data = text.encode()
    root = etree.fromstring(data, etree.XMLParser(resolve_entities=False))
    matches, total, _ = find("//*", data)
    nodes = list(root.iter(etree.Element))
    assert total == len(nodes)
    for node, match in zip(nodes, matches, strict=False):
        again = etree.fromstring(data[match.start : match.end])
        assert etree.tostring(again, with_tail=False, method="c14n") == etree.tostring(
            node, with_tail=False, method="c14n"
        )
