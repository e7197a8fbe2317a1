"""XPath 1.0, section by section of the recommendation: what an expression selects or gives."""

import pytest

from siss.errors import InvalidQueryError
from siss.search.xpath.evaluate import compile_xpath, evaluate_xpath

RACK = b"""<?xml version="1.0"?>
<rack xmlns="urn:d" xmlns:n="urn:n" xml:lang="en" n:id="r1"><!--first--><?sort by="name"?>
<row xmlns="" k="1"><host up="yes">alpha</host><host>beta</host><port>80</port><port>443</port></row>
<row xmlns="" k="2"><n:host>gamma</n:host><host xml:lang="de-AT">delta <b>fett</b> gross</host><port>-8.5</port></row>
<n:note/><empty xmlns=""/>
</rack>"""
R = "/d:rack/row[1]"
NAMESPACES = {"d": "urn:d", "m": "urn:n"}

SETS = {  # what is selected, as the paths of its nodes
    # 2.1 to 2.3: steps, axes, node tests
    "/": ["/"],
    "/d:rack": ["/d:rack"],
    "/rack": [],
    "/*/row": ["/d:rack/row[1]", "/d:rack/row[2]"],
    "row": ["/d:rack/row[1]", "/d:rack/row[2]"],
    "//row/host[1]": [f"{R}/host[1]", "/d:rack/row[2]/host"],
    "(//row/host)[1]": [f"{R}/host[1]"],
    "//row[1]/child::*": [f"{R}/host[1]", f"{R}/host[2]", f"{R}/port[1]", f"{R}/port[2]"],
    "//m:*": ["/d:rack/row[2]/m:host", "/d:rack/m:note"],
    "//m:host": ["/d:rack/row[2]/m:host"],
    "//m:*/@*": [],
    "/*/@m:id": ["/d:rack/@m:id"],
    "//@k": ["/d:rack/row[1]/@k", "/d:rack/row[2]/@k"],
    "//@xml:lang": ["/d:rack/@xml:lang", "/d:rack/row[2]/host/@xml:lang"],
    "//row/@*[. = 2]": ["/d:rack/row[2]/@k"],
    "//attribute::up": [f"{R}/host[1]/@up"],
    "//b/ancestor::*": ["/d:rack", "/d:rack/row[2]", "/d:rack/row[2]/host"],
    "//b/ancestor::*[1]": ["/d:rack/row[2]/host"],
    "//b/ancestor::*[last()]": ["/d:rack"],
    "//b/ancestor-or-self::b": ["/d:rack/row[2]/host/b"],
    "//b/..": ["/d:rack/row[2]/host"],
    "//b/parent::host": ["/d:rack/row[2]/host"],
    "//b/parent::port": [],
    "//b/self::b": ["/d:rack/row[2]/host/b"],
    "//port/preceding-sibling::host": [f"{R}/host[1]", f"{R}/host[2]", "/d:rack/row[2]/host"],
    "//port/preceding-sibling::*[1]": [f"{R}/host[2]", f"{R}/port[1]", "/d:rack/row[2]/host"],
    "//host[1]/following-sibling::port": [f"{R}/port[1]", f"{R}/port[2]", "/d:rack/row[2]/port"],
    "//b/following::*": ["/d:rack/row[2]/port", "/d:rack/m:note", "/d:rack/empty"],
    "//b/preceding::host": [f"{R}/host[1]", f"{R}/host[2]"],
    "//b/preceding::port[1]": [f"{R}/port[2]"],
    "//row[2]/descendant::*": ["/d:rack/row[2]/m:host", "/d:rack/row[2]/host", "/d:rack/row[2]/host/b", "/d:rack/row[2]/port"],
    "//row[2]/descendant-or-self::*[@k]": ["/d:rack/row[2]"],
    "//row[2]//b": ["/d:rack/row[2]/host/b"],
    ".//b": ["/d:rack/row[2]/host/b"],
    "//comment()": ["/d:rack/comment()"],
    "//processing-instruction()": ["/d:rack/processing-instruction('sort')"],
    "//processing-instruction('sort')": ["/d:rack/processing-instruction('sort')"],
    "//processing-instruction('other')": [],
    "//host[2]/text()": [f"{R}/host[2]/text()[1]"],
    "//row[2]/host/text()": ["/d:rack/row[2]/host/text()[1]", "/d:rack/row[2]/host/b/following-sibling::text()[1]"],
    "//row[1]/node()[2]": [f"{R}/host[2]"],
    # 2.4: predicates
    "//port[2]": [f"{R}/port[2]"],
    "//port[last()]": [f"{R}/port[2]", "/d:rack/row[2]/port"],
    "//port[last() - 1]": [f"{R}/port[1]"],
    "//port[position() > 1]": [f"{R}/port[2]"],
    "//port[0]": [],
    "//port[1.5]": [],
    "//port['x']": [f"{R}/port[1]", f"{R}/port[2]", "/d:rack/row[2]/port"],
    "//port['']": [],
    "//port[. > 80][1]": [f"{R}/port[2]"],
    "//port[1][. > 80]": [],
    "//row[host[@up]]": ["/d:rack/row[1]"],
    "//row[not(host/@up)]": ["/d:rack/row[2]"],
    "//row[@k = 1 or @k = 2]": ["/d:rack/row[1]", "/d:rack/row[2]"],
    "//row[@k = 1 and host]": ["/d:rack/row[1]"],
    "//row[count(port) = 2]": ["/d:rack/row[1]"],
    "//host[. = 'beta']": [f"{R}/host[2]"],
    "//host[string-length() = 4]": [f"{R}/host[2]"],
    "//host[contains(., 'fett')]": ["/d:rack/row[2]/host"],
    "//host[contains(text(), 'fett')]": [],
    "//host[starts-with(., 'al')]": [f"{R}/host[1]"],
    "//*[local-name() = 'host']": [f"{R}/host[1]", f"{R}/host[2]", "/d:rack/row[2]/m:host", "/d:rack/row[2]/host"],
    "//*[namespace-uri() = 'urn:n']": ["/d:rack/row[2]/m:host", "/d:rack/m:note"],
    "//*[name() = 'n:host']": ["/d:rack/row[2]/m:host"],
    "//*[lang('de')]": ["/d:rack/row[2]/host", "/d:rack/row[2]/host/b"],
    "//b[lang('de-at')]": ["/d:rack/row[2]/host/b"],
    "//b[lang('en')]": [],
    "//*[not(node())]": ["/d:rack/m:note", "/d:rack/empty"],
    # 3.3: unions are in document order, and hold a node once
    "//port[1] | //host | //port[1]": [
        f"{R}/host[1]", f"{R}/host[2]", f"{R}/port[1]", "/d:rack/row[2]/host", "/d:rack/row[2]/port",
    ],
    "//b | /*": ["/d:rack", "/d:rack/row[2]/host/b"],
    "(//port | //host)[2]": [f"{R}/host[2]"],
    "(//port | //host)[last()]/b": [],
    # 3.4: a comparison with a set asks for one of its nodes
    "//row[port = 443]": ["/d:rack/row[1]"],
    "//row[port != 443]": ["/d:rack/row[1]", "/d:rack/row[2]"],
    "//row[not(port = 443)]": ["/d:rack/row[2]"],
    "//row[port < 0]": ["/d:rack/row[2]"],
    "//row[port >= 443]": ["/d:rack/row[1]"],
    "//row[443 <= port]": ["/d:rack/row[1]"],
    "//row[port > port]": ["/d:rack/row[1]"],
    "//row[nothing = nothing]": [],
    "//row[nothing = '']": [],
    "//row[nothing != '']": [],
    "//row[(nothing = 1) = false()]": ["/d:rack/row[1]", "/d:rack/row[2]"],
    "//row[host = true()]": ["/d:rack/row[1]", "/d:rack/row[2]"],
    "//row[nothing = false()]": ["/d:rack/row[1]", "/d:rack/row[2]"],
}  # fmt: skip

VALUES = {  # what is computed; nothing for what is empty, false or no number
    # 4.1 and 2.3
    "count(//port)": "3",
    "count(//nothing)": "0",
    "local-name(//m:host)": "host",
    "name(//m:host)": "n:host",
    "namespace-uri(/*)": "urn:d",
    "name(//nothing)": "",
    "local-name(//processing-instruction())": "sort",
    # 4.2
    "string(//host)": "alpha",
    "string(//row[2]/host)": "delta fett gross",
    "string(//comment())": "first",
    "string(//processing-instruction())": 'by="name"',
    "string(0)": "0",
    "string(-0)": "0",
    "string(1.0)": "1",
    "string(0.1)": "0.1",
    "string(-1.50)": "-1.5",
    "string(1 div 0)": "Infinity",
    "string(-1 div 0)": "-Infinity",
    "string(0 div 0)": "NaN",
    "string(true())": "true",
    "string(false())": "false",
    "concat('a', 1, true())": "a1true",
    "substring-before('1999/04/01', '/')": "1999",
    "substring-after('1999/04/01', '/')": "04/01",
    "substring-after('1999/04/01', '19')": "99/04/01",
    "substring-before('a', 'b')": "",
    "substring('12345', 2, 3)": "234",
    "substring('12345', 2)": "2345",
    "substring('12345', 1.5, 2.6)": "234",
    "substring('12345', 0, 3)": "12",
    "substring('12345', 0 div 0, 3)": "",
    "substring('12345', 1, 0 div 0)": "",
    "substring('12345', -42, 1 div 0)": "12345",
    "substring('12345', -1 div 0, 1 div 0)": "",
    "substring('\u00e9\U0001f600x', 2, 1)": "\U0001f600",
    "string-length('\u00e9\U0001f600')": "2",
    "string-length('')": "0",
    "normalize-space('  a \n\t b ')": "a b",
    "translate('bar', 'abc', 'AB')": "BAr",
    "translate('--aaa--', 'abc-', 'ABC')": "AAA",
    "translate('aa', 'aa', 'xy')": "xx",
    # 4.3
    "boolean('false')": "true",
    "boolean('')": "",
    "boolean(0)": "",
    "boolean(-0)": "",
    "boolean(0 div 0)": "",
    "boolean(0.1)": "true",
    "boolean(//nothing)": "",
    "not(//nothing)": "true",
    "true() and not(false())": "true",
    # 4.4
    "number('  12 ')": "12",
    "number('-.5')": "-0.5",
    "number('1.')": "1",
    "number('+1')": "",
    "number('')": "",
    "number(true())": "1",
    "number(//port)": "80",
    "sum(//port)": "514.5",
    "sum(//nothing)": "0",
    "sum(//host)": "",
    "floor(2.6)": "2",
    "floor(-2.5)": "-3",
    "ceiling(2.2)": "3",
    "ceiling(-2.5)": "-2",
    "round(2.5)": "3",
    "round(-2.5)": "-2",
    "round(-0.2)": "0",
    "round(0 div 0)": "",
    # 3.4 and 3.5
    "1 + 2 * 3": "7",
    "(1 + 2) * 3": "9",
    "7 div 2": "3.5",
    "5 mod 2": "1",
    "5 mod -2": "1",
    "-5 mod 2": "-1",
    "1.5 mod .5": "0",
    "1 - 1 - 1": "-1",
    "--1": "1",
    "1 div 3": "0.3333333333333333",
    "1 div 10000000": "0.0000001",
    "1000000 * 1000000": "1000000000000",
    "100000000000000000000 * 100": "10000000000000000000000",
    "1 div 0": "Infinity",
    "-1 div 0": "-Infinity",
    "0 div 0": "",
    "1 < 2": "true",
    "2 > 1 > 0": "true",
    "3 > 2 > 1": "",
    "'a' = 'a'": "true",
    "'1' = 1": "true",
    "'1' < '2'": "true",
    "'a' < 'b'": "",
    "true() = 'x'": "true",
    "true() = 1": "true",
    "true() > false()": "true",
    "0 div 0 = 0 div 0": "",
    "0 div 0 != 0 div 0": "true",
    "1 = 1 or 1 div 0": "true",
    "//port = 443": "true",
    "//port = //row/@k": "",
    "not(//port = 'x')": "true",
}

REFUSED = [
    "", "/ /", "//", "a/", "a//", "/a/", "a b", "a[", "a[]", "a]", "a[1", "[1]", "@", "@@a", "a@b", "a::b", "child::",
    "foo::a", "child:a", "a:", ":a", "a::", "..a", "../", "...", ". .", "a[.][", "(", "()", "(a", "a)", "a()", "text(1)",
    "text('x')", "comment('x')", "node(1)", "processing-instruction(x)", "processing-instruction(1)",
    "processing-instruction('a', 'b')", "1 2", "1 +", "+ 1", "1 = ", "= 1", "a ! b", "a !== b", "a == b", "a => b",
    "a && b", "a || b", "a | ", "| a", "a | 1 +", "a and", "and b or", "'a", '"a', "'a\"", "1.2.3", "1e3", "$a", "$",
    "a#b", "a$b", "{a}", "a{1}", "a;b", "`a`", "unknown()", "count()", "count(a, b)", "last(1)", "position(1)", "not()",
    "true(1)", "concat('a')", "concat()", "contains('a')", "substring('a')", "substring('a', 1, 2, 3)", "translate('a', 'b')",
    "starts-with('a')", "string(1, 2)", "sum()", "id()", "lang()", "floor()", "round(1, 2)", "count(a", "count(a,)",
    "count(,a)", "ends-with('a', 'b')", "matches('a', 'b')", "a/1", "a/'x'", "a/(b)", "a/count(b)", "if (a) then b else c",
    "for $x in a return $x", "a union b", "a eq b", "x:a", "x:*", "@x:a", "m:", "*:a", "a/..[1]", ".[1]", "//.[b]",
]  # fmt: skip


@pytest.mark.parametrize(("expression", "wanted"), SETS.items())
def test_what_an_expression_selects(expression: str, wanted: list[str]):
    matches, total, problem = evaluate_xpath(compile_xpath(expression, NAMESPACES), RACK, limit=100)
    assert problem == ""
    assert [match.path for match in matches] == wanted
    assert total == len(wanted)


@pytest.mark.parametrize(("expression", "wanted"), VALUES.items())
def test_what_an_expression_gives(expression: str, wanted: str):
    matches, _, problem = evaluate_xpath(compile_xpath(expression, NAMESPACES), RACK, limit=100)
    assert problem == ""
    assert "".join(match.value for match in matches) == wanted


@pytest.mark.parametrize("expression", REFUSED)
def test_what_is_no_expression_is_refused_with_its_place(expression: str):
    with pytest.raises(InvalidQueryError) as raised:
        compile_xpath(expression, NAMESPACES)
    position = raised.value.details["position"]
    assert isinstance(position, int)
    assert 1 <= position <= len(expression) + 1
    assert raised.value.details["expected"]
