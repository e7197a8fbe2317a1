"""RFC 9535, section by section: what each query selects. Paths in the order of the answer; a number n is ``$[n]``."""

import json
from typing import Any

import pytest

from siss.model.content import Kind
from siss.search.jsonpath.compile import compile_jsonpath
from siss.search.jsonpath.evaluate import evaluate_jsonpath

Cases = list[tuple[str, list[int | str]]]

RACK = {
    "rack": {
        "server": [
            {"role": "db", "owner": "ann", "name": "alpha", "load": 8.95},
            {"role": "web", "owner": "bob", "name": "beta", "load": 12.99},
            {"role": "web", "owner": "cid", "name": "gamma", "serial": "0-553", "load": 8.99},
            {"role": "web", "owner": "dee", "name": "delta", "serial": "0-395", "load": 22.99},
        ],
        "switch": {"color": "red", "load": 399},
    }
}
OVERVIEW: Cases = [  # section 1.5
    ("$", ["$"]),
    ("$.rack.server[*].owner", [f"$['rack']['server'][{n}]['owner']" for n in range(4)]),
    ("$..owner", [f"$['rack']['server'][{n}]['owner']" for n in range(4)]),
    ("$.rack.*", ["$['rack']['server']", "$['rack']['switch']"]),
    ("$.rack..load", [*(f"$['rack']['server'][{n}]['load']" for n in range(4)), "$['rack']['switch']['load']"]),
    ("$..server[2]", ["$['rack']['server'][2]"]),
    ("$..server[2].owner", ["$['rack']['server'][2]['owner']"]),
    ("$..server[2].publisher", []),
    ("$..server[-1]", ["$['rack']['server'][3]"]),
    ("$..server[0,1]", ["$['rack']['server'][0]", "$['rack']['server'][1]"]),
    ("$..server[:2]", ["$['rack']['server'][0]", "$['rack']['server'][1]"]),
    ("$..server[?@.serial]", ["$['rack']['server'][2]", "$['rack']['server'][3]"]),
    ("$..server[?@.load<10]", ["$['rack']['server'][0]", "$['rack']['server'][2]"]),
    ("$..server[?@.load<$.rack.switch.load].name", [f"$['rack']['server'][{n}]['name']" for n in range(4)]),
    ("$['rack']['server'][0]['name']", ["$['rack']['server'][0]['name']"]),
]

NAMES = {
    "o": {"j j": {"k.k": 3}},
    "'": {"@": 2},
    '"': 4,
    "": 5,
    "☺": 6,
    "😀": 7,
    "a\\/b": 8,
    "\b\f\n\r\t": 9,
    "\u0000\u000b": 10,
    "é": 11,
    "e\u0301": 12,
    "_x1": 13,
    "\x7f": 14,
    "true": 15,
}
NAME_SELECTOR: Cases = [  # section 2.3.1
    ("$.o['j j']", ["$['o']['j j']"]),
    ("$.o['j j']['k.k']", ["$['o']['j j']['k.k']"]),
    ('$.o["j j"]["k.k"]', ["$['o']['j j']['k.k']"]),
    ("""$["'"]["@"]""", [r"$['\'']['@']"]),
    (r"$['\'']['@']", [r"$['\'']['@']"]),
    ("""$['"']""", ["""$['"']"""]),
    (r'$["\""]', ["""$['"']"""]),
    ("$['']", ["$['']"]),
    ("$.☺", ["$['☺']"]),
    ("$.😀", ["$['😀']"]),
    (r"$['\uD83D\uDE00']", ["$['😀']"]),
    (r'$["\ud83d\ude00"]', ["$['😀']"]),
    (r"$['\u263a']", ["$['☺']"]),
    (r"$['a\\\/b']", [r"$['a\\/b']"]),
    (r"$['\b\f\n\r\t']", [r"$['\b\f\n\r\t']"]),
    (r"$['\u0008\u000C\u000a\u000D\u0009']", [r"$['\b\f\n\r\t']"]),
    (r"$['\u0000\u000b']", [r"$['\u0000\u000b']"]),
    ("$.é", ["$['é']"]),
    (r"$['\u00e9']", ["$['é']"]),
    ("$['e\u0301']", ["$['e\u0301']"]),
    ("$.e\u0301", ["$['e\u0301']"]),
    ("$._x1", ["$['_x1']"]),
    ("$['\x7f']", ["$['\x7f']"]),
    ("$.true", ["$['true']"]),
    ("$['o','o']", ["$['o']", "$['o']"]),
    ("$.missing", []),
    ("$['0']", []),
    ("$.o[0]", []),
]
NAME_ON_ARRAY: Cases = [("$['a']", []), ("$['0']", []), ("$.length", []), ("$[0]['a']", ["$[0]['a']"])]

WILD = {"o": {"j": 1, "k": 2}, "a": [5, 3]}
WILDCARD: Cases = [  # section 2.3.2
    ("$[*]", ["$['o']", "$['a']"]),
    ("$.*", ["$['o']", "$['a']"]),
    ("$.o[*]", ["$['o']['j']", "$['o']['k']"]),
    ("$.o[*, *]", ["$['o']['j']", "$['o']['k']", "$['o']['j']", "$['o']['k']"]),
    ("$.a[*]", ["$['a'][0]", "$['a'][1]"]),
    ("$.o.j.*", []),
    ("$.*.*", ["$['o']['j']", "$['o']['k']", "$['a'][0]", "$['a'][1]"]),
    ("$.*[0]", ["$['a'][0]"]),
]

INDEX: Cases = [  # section 2.3.3, on ["a", "b"]
    ("$[1]", [1]),
    ("$[-2]", [0]),
    ("$[-1]", [1]),
    ("$[0]", [0]),
    ("$[2]", []),
    ("$[-3]", []),
    ("$[9007199254740991]", []),
    ("$[-9007199254740991]", []),
    ("$[0,0]", [0, 0]),
    ("$[1,-2]", [1, 0]),
    ("$[0][0]", []),
]

LETTERS = list("abcdefg")
SLICES: Cases = [  # section 2.3.4
    ("$[1:3]", [1, 2]),
    ("$[5:]", [5, 6]),
    ("$[1:5:2]", [1, 3]),
    ("$[5:1:-2]", [5, 3]),
    ("$[::-1]", [6, 5, 4, 3, 2, 1, 0]),
    ("$[:]", list(range(7))),
    ("$[::]", list(range(7))),
    ("$[0:7:1]", list(range(7))),
    ("$[:2]", [0, 1]),
    ("$[-2:]", [5, 6]),
    ("$[:-5]", [0, 1]),
    ("$[-3:-1]", [4, 5]),
    ("$[-1:-3]", []),
    ("$[-1:-3:-1]", [6, 5]),
    ("$[::2]", [0, 2, 4, 6]),
    ("$[::-3]", [6, 3, 0]),
    ("$[3::-1]", [3, 2, 1, 0]),
    ("$[:3:-1]", [6, 5, 4]),
    ("$[1:3:0]", []),
    ("$[::0]", []),
    ("$[3:3]", []),
    ("$[5:2]", []),
    ("$[2:5:-1]", []),
    ("$[100:]", []),
    ("$[:100]", list(range(7))),
    ("$[-100:2]", [0, 1]),
    ("$[100:4:-1]", [6, 5]),
    ("$[2:-100:-1]", [2, 1, 0]),
    ("$[::9007199254740991]", [0]),
    ("$[-9007199254740991:9007199254740991]", list(range(7))),
    ("$[1 : 5 : 2]", [1, 3]),
    ("$[ 1\t:\n5\r: 2 ]", [1, 3]),
    ("$[1: :2]", [1, 3, 5]),
    ("$[:1,6:]", [0, 6]),
    ("$[0:2,1:3]", [0, 1, 1, 2]),
]

COMPARED = {"obj": {"x": "y"}, "arr": [2, 3]}
COMPARISONS = {  # section 2.3.5.3: what holds between the values above, what does not
    True: [
        "$.absent1 == $.absent2",
        "$.absent1 <= $.absent2",
        "$.absent1 >= $.absent2",
        "$.absent != 'g'",
        "1 <= 2",
        "'a' <= 'b'",
        "$.obj != $.arr",
        "$.obj == $.obj",
        "$.arr == $.arr",
        "$.obj != 17",
        "$.obj <= $.obj",
        "$.obj >= $.obj",
        "$.arr <= $.arr",
        "true <= true",
        "true >= true",
        "null <= null",
        "null == null",
        "$.obj.x == 'y'",
        "$.arr[0] == 2",
        "$.arr[-1] >= 3",
        "1 == 1.0",
        "1e2 == 100",
        "1E+2 == 100",
        "100e-2 == 1",
        "-0 == 0",
        "-0.0 == 0",
        "-1 < 0",
        "0.5 > 0.25",
        "9007199254740993 != 9007199254740992",
        "'' == \"\"",
        "'' < 'a'",
        "'a' < 'aa'",
        "'Z' < 'a'",
        r"'\u00e9' == 'é'",
        "'\uffff' < '\U00010000'",
        "'é' != 'e\u0301'",
        "length('😀') == 1",
        r"length('\ud83d\ude00') == 1",
        "length('e\u0301') == 2",
        "length('') == 0",
        "length($.arr) == 2",
        "length($.obj) == 1",
        "length($.absent) == $.absent",
        "length(5) == $.absent",
        "length(true) == length(null)",
        "count($..*) == 5",
        "count($.absent) == 0",
        "count($.arr[*]) == 2",
        "count($.arr[0,0]) == 2",
        "count($) == 1",
        "value($..x) == 'y'",
        "value($.arr[*]) == $.absent",
        "value($.absent) == value($.missing)",
        "length(value($..x)) == 1",
    ],
    False: [
        "$.absent == 'g'",
        "$.absent1 != $.absent2",
        "$.absent1 < $.absent2",
        "$.absent == null",
        "$.absent <= null",
        "1 > 2",
        "13 == '13'",
        "'a' > 'b'",
        "$.obj == $.arr",
        "$.obj == 17",
        "$.arr == 17",
        "$.obj < $.arr",
        "$.obj <= $.arr",
        "1 <= $.arr",
        "1 >= $.arr",
        "1 > $.arr",
        "1 < $.arr",
        "true < false",
        "true > false",
        "true == 1",
        "false == 0",
        "null == false",
        "null == 0",
        "null < 1",
        "null <= 0",
        "'' == null",
        "'1' < 2",
        "'a' == 'A'",
        "$.arr[0] == '2'",
        "$.arr[2] == $.arr[0]",
        "length($.obj.x) == 2",
        "count($.absent) == $.absent",
        "9007199254740993 == 9007199254740992",
    ],
}

NESTED = {
    "a": [3, 5, 1, 2, 4, 6, {"b": "j"}, {"b": "k"}, {"b": {}}, {"b": "kilo"}],
    "o": {"p": 1, "q": 2, "r": 3, "s": 5, "t": {"u": 6}},
    "e": "f",
}
FILTERS: Cases = [  # section 2.3.5
    ("$.a[?@.b == 'kilo']", ["$['a'][9]"]),
    ("$.a[?(@.b == 'kilo')]", ["$['a'][9]"]),
    ("$.a[?@>3.5]", ["$['a'][1]", "$['a'][4]", "$['a'][5]"]),
    ("$.a[?@.b]", [f"$['a'][{n}]" for n in (6, 7, 8, 9)]),
    ("$[?@.*]", ["$['a']", "$['o']"]),
    ("$[?@[?@.b]]", ["$['a']"]),
    ("$.o[?@<3, ?@<3]", ["$['o']['p']", "$['o']['q']", "$['o']['p']", "$['o']['q']"]),
    ('$.a[?@<2 || @.b == "k"]', ["$['a'][2]", "$['a'][7]"]),
    ('$.a[?match(@.b, "[jk]")]', ["$['a'][6]", "$['a'][7]"]),
    ('$.a[?search(@.b, "[jk]")]', ["$['a'][6]", "$['a'][7]", "$['a'][9]"]),
    ("$.o[?@>1 && @<4]", ["$['o']['q']", "$['o']['r']"]),
    ("$.o[?@.u || @.x]", ["$['o']['t']"]),
    ("$.a[?@.b == $.x]", [f"$['a'][{n}]" for n in range(6)]),
    ("$.a[?@ == @]", [f"$['a'][{n}]" for n in range(10)]),
    ("$.a[?$.e == 'f' && @ == 6]", ["$['a'][5]"]),
    ("$.o[?@ == $.a[0]]", ["$['o']['r']"]),
    ("$.e[?@]", []),
    ("$.a[?@.b == 'kilo'].b", ["$['a'][9]['b']"]),
    ("$..[?@.u == 6]", ["$['o']['t']"]),
    ("$[?@[?@ == $.o.s]]", ["$['a']", "$['o']"]),
    ("$[?count(@[?@ > $.o.r, 0]) == 4]", ["$['a']"]),
    ("$[?count(@[?@.b, ?@ == 1]) == 5]", ["$['a']"]),
    ("$[?count(@['p', 'q']) == 2]", ["$['o']"]),
    ("$[?length(@.t) == 1]", ["$['o']"]),
    ("$[?value(@[?match(@.b, 'kil.')].b) == 'kilo']", ["$['a']"]),
]

SCALARS = [0, False, "", None, 1, True, [], {}, "a", 1.0, -1]
TESTS: Cases = [  # existence tests ask for a node, whatever its value
    ("$[?@]", list(range(11))),
    ("$[?!@]", []),
    ("$[?@ && @]", list(range(11))),
    ("$[?count(@) == 1]", list(range(11))),
    ("$[?value(@) == 0]", [0]),
    ("$[?value(@) == 'a']", [8]),
    ("$[?@ == false]", [1]),
    ("$[?@ == true]", [5]),
    ("$[?@ == null]", [3]),
    ("$[?@ != null]", [0, 1, 2, 4, 5, 6, 7, 8, 9, 10]),
    ("$[?@ == 0]", [0]),
    ("$[?@ == 1]", [4, 9]),
    ("$[?@ == -1]", [10]),
    ("$[?@ < 1]", [0, 10]),
    ("$[?@ >= 0]", [0, 4, 9]),
    ("$[?@ == '']", [2]),
    ("$[?@ <= 'a']", [2, 8]),
    ("$[?length(@) == 0]", [2, 6, 7]),
    ("$[?@ == $[6]]", [6]),
    ("$[?@ == $[7]]", [7]),
    ("$[?@.*]", []),
    ("$[?!(@ == 1) && !(@ < 1)]", [1, 2, 3, 5, 6, 7, 8]),
    ("$[?true == true]", list(range(11))),
    ("$[?1 == 2 || @ == 'a']", [8]),
    ("$[?$]", list(range(11))),
    ("$[?$.a]", []),
]
MEMBERS = [{"a": 1}, {"a": None}, {"b": 2}, {"a": False, "b": 0}, {}]
MEMBER_TESTS: Cases = [
    ("$[?@.a]", [0, 1, 3]),
    ("$[?!@.a]", [2, 4]),
    ("$[?! @.a]", [2, 4]),
    ("$[?!(@.a)]", [2, 4]),
    ("$[?(!(@.a))]", [2, 4]),
    ("$[?@.a && @.b]", [3]),
    ("$[?@.a || @.b]", [0, 1, 2, 3]),
    ("$[?!@.a && @.b]", [2]),
    ("$[?!@.a || @.b]", [2, 3, 4]),
    ("$[?@.a == null]", [1]),
    ("$[?@.a != null]", [0, 2, 3, 4]),
    ("$[?@.a == @.b]", [4]),
    ("$[?@.a != @.b]", [0, 1, 2, 3]),
    ("$[?@.a <= @.b]", [4]),
    ("$[?@.b == 2 || @.a == 1 && @.b == 0]", [2]),
    ("$[?(@.b == 2 || @.a == 1) && @.a]", [0]),
    ("$[?@['a', 'b']]", [0, 1, 2, 3]),
    ("$[?@['a'] == 1]", [0]),
]
SAME = [[1], [True], [1.0], [[1]], [[True]], {"k": 1}, {"k": True}, {"k": 1.0}, {"l": 1}, {"k": 1, "l": 1}]
SAMENESS: Cases = [  # true is not 1, inside of arrays and objects neither
    ("$[?@ == $[0]]", [0, 2]),
    ("$[?@ == $[1]]", [1]),
    ("$[?@ == $[3]]", [3]),
    ("$[?@ == $[4]]", [4]),
    ("$[?@ == $[5]]", [5, 7]),
    ("$[?@ == $[6]]", [6]),
    ("$[?@ == $[9]]", [9]),
    ("$[?@ <= $[6]]", [6]),
    ("$[?@ < $[6]]", []),
]

TEXTS = [
    "abc",
    "a.c",
    "a\nc",
    "a\rc",
    "a\u2028c",
    "a\U00010101c",
    "xabcx",
    "A1_",
    1,
    None,
    ["abc"],
    "a-c",
    "aab",
    "^a$",
]
PATTERNS: Cases = [  # sections 2.4.6 and 2.4.7; patterns by RFC 9485
    ("$[?match(@, 'a.c')]", [0, 1, 4, 5, 11]),
    (r"$[?match(@, 'a\\.c')]", [1]),
    ("$[?match(@, 'a[.]c')]", [1]),
    ("$[?match(@, 'a[^b]c')]", [1, 2, 3, 4, 5, 11]),
    ("$[?match(@, 'a[.\\\\-]c')]", [1, 11]),
    ("$[?match(@, 'a[a-z]c')]", [0]),
    ("$[?match(@, 'a[b-]c')]", [0, 11]),
    (r"$[?match(@, 'a\\nc')]", [2]),
    (r"$[?match(@, '\\p{Lu}\\p{Nd}_')]", [7]),
    (r"$[?match(@, '\\P{L}.*')]", [13]),
    (r"$[?match(@, '[\\p{L}]{3}')]", [0, 12]),
    ("$[?match(@, 'a{2}b')]", [12]),
    ("$[?match(@, 'a{1,}b+c?')]", [0, 12]),
    ("$[?match(@, 'a{0,2}bc')]", [0]),
    ("$[?match(@, 'abc|aab')]", [0, 12]),
    ("$[?match(@, '(a|b)*c?')]", [0, 12]),
    ("$[?match(@, 'b')]", []),
    ("$[?search(@, 'b')]", [0, 6, 12]),
    ("$[?search(@, '')]", [0, 1, 2, 3, 4, 5, 6, 7, 11, 12, 13]),
    ("$[?match(@, '')]", []),
    ("$[?match(@, '.*')]", [0, 1, 4, 5, 6, 7, 11, 12, 13]),
    ("$[?match(@, $[0])]", [0]),
    ("$[?match(@, 1)]", []),
    ("$[?match(1, '1')]", []),
    ("$[?match('abc', @)]", [0, 1]),
    # What RFC 9485 does not know matches nothing.
    (r"$[?match(@, '\\d+')]", []),
    (r"$[?search(@, '\\w')]", []),
    (r"$[?search(@, '\\bxabc')]", []),
    ("$[?search(@, '(?:a)')]", []),
    ("$[?search(@, '(?i)ABC')]", []),
    ("$[?search(@, 'a*?')]", []),
    (r"$[?search(@, '(a)\\1')]", []),
    ("$[?search(@, '[a-z-[b]]')]", []),
    ("$[?search(@, '[[:alpha:]]')]", []),
    (r"$[?search(@, '\\p{IsBasicLatin}')]", []),
    ("$[?search(@, '(a')]", []),
    ("$[?search(@, '[')]", []),
    ("$[?search(@, 'a{3,2}')]", []),
    ("$[?!match(@, 'a.*')]", [2, 3, 6, 7, 8, 9, 10, 13]),
]

TREE = {"o": {"j": 1, "k": 2}, "a": [5, 3, [{"j": 4}, {"k": 6}]]}
DESCENDANTS: Cases = [  # section 2.5.2: parents before what is in them, elements in their order
    ("$..j", ["$['o']['j']", "$['a'][2][0]['j']"]),
    ("$..[0]", ["$['a'][0]", "$['a'][2][0]"]),
    (
        "$..*",
        [
            "$['o']", "$['a']", "$['o']['j']", "$['o']['k']", "$['a'][0]", "$['a'][1]", "$['a'][2]", "$['a'][2][0]",
            "$['a'][2][1]", "$['a'][2][0]['j']", "$['a'][2][1]['k']",
        ],
    ),
    ("$..o", ["$['o']"]),
    ("$.o..[*, *]", ["$['o']['j']", "$['o']['k']", "$['o']['j']", "$['o']['k']"]),
    ("$.a..[0, 1]", ["$['a'][0]", "$['a'][1]", "$['a'][2][0]", "$['a'][2][1]"]),
    ("$..['j','k']", ["$['o']['j']", "$['o']['k']", "$['a'][2][0]['j']", "$['a'][2][1]['k']"]),
    ("$..a..j", ["$['a'][2][0]['j']"]),
    ("$..[1:]", ["$['a'][1]", "$['a'][2]", "$['a'][2][1]"]),
    ("$..[?@.j]", ["$['o']", "$['a'][2][0]"]),
    ("$..[?@ == 6]", ["$['a'][2][1]['k']"]),
    ("$..[*]..k", ["$['o']['k']", "$['a'][2][1]['k']", "$['a'][2][1]['k']", "$['a'][2][1]['k']"]),
    ("$.o.j..*", []),
]  # fmt: skip
SEGMENTS: Cases = [  # section 2.5.1, on ["a" ... "g"]
    ("$[0, 3]", [0, 3]),
    ("$[0:2, 5]", [0, 1, 5]),
    ("$[0, 0]", [0, 0]),
    ("$[5, 0:2]", [5, 0, 1]),
    ("$['a', 0]", [0]),
    ("$[*, 0]", [0, 1, 2, 3, 4, 5, 6, 0]),
    ("$[?@ == 'c', 2]", [2, 2]),
]
NULLS: Cases = [  # section 2.6: null is a value, not an absence
    ("$.a", ["$['a']"]),
    ("$.a[0]", []),
    ("$.a.d", []),
    ("$.b[0]", ["$['b'][0]"]),
    ("$.b[*]", ["$['b'][0]"]),
    ("$.b[?@]", ["$['b'][0]"]),
    ("$.b[?@==null]", ["$['b'][0]"]),
    ("$.c[?@.d==null]", []),
    ("$.null", ["$['null']"]),
]
BLANKS: Cases = [  # where white space may stand
    ("$ .a", ["$['a']"]),
    ("$\n.a", ["$['a']"]),
    ("$.a [0]", ["$['a'][0]"]),
    ("$.a\t[0]", ["$['a'][0]"]),
    ("$ ..b", ["$['a'][0]['b']"]),
    ("$[ 'a' ]", ["$['a']"]),
    ("$['a'\r\n,\t'c']", ["$['a']", "$['c']"]),
    ("$.a[ ? @.b ]", ["$['a'][0]"]),
    ("$.a[?@ .b]", ["$['a'][0]"]),
    ("$.a[?@.b==1]", ["$['a'][0]"]),
    ("$.a[?@.b\n==\t1]", ["$['a'][0]"]),
    ("$.a[?@.b&&@.b]", ["$['a'][0]"]),
    ("$.a[?@.b \n&& \t@.b]", ["$['a'][0]"]),
    ("$.a[?@.b \n|| \t@.c]", ["$['a'][0]"]),
    ("$.a[?( @.b )]", ["$['a'][0]"]),
    ("$.a[?! ( @.c )]", ["$['a'][0]"]),
    ("$.a[?count( @.* )==1]", ["$['a'][0]"]),
    ("$.a[?match( 'x' , 'x' )]", ["$['a'][0]"]),
    ("$.a[0] .b", ["$['a'][0]['b']"]),
]

GROUPS: list[tuple[str, Any, Cases]] = [
    ("overview", RACK, OVERVIEW),
    ("names", NAMES, NAME_SELECTOR),
    ("names-array", [{"a": 1}], NAME_ON_ARRAY),
    ("wildcard", WILD, WILDCARD),
    ("wildcard-scalar", 1, [("$.*", []), ("$[*]", []), ("$..*", []), ("$", ["$"])]),
    ("index", ["a", "b"], INDEX),
    ("index-object", {"0": 1, "-1": 2}, [("$[0]", []), ("$[-1]", []), ("$[:]", []), ("$['-1']", ["$['-1']"])]),
    ("slices", LETTERS, SLICES),
    ("slices-text", "abc", [("$[0]", []), ("$[:]", [])]),
    ("filters", NESTED, FILTERS),
    ("tests", SCALARS, TESTS),
    ("member-tests", MEMBERS, MEMBER_TESTS),
    ("sameness", SAME, SAMENESS),
    ("patterns", TEXTS, PATTERNS),
    ("descendants", TREE, DESCENDANTS),
    ("segments", LETTERS, SEGMENTS),
    ("nulls", {"a": None, "b": [None], "c": [{}], "null": 1}, NULLS),
    ("blanks", {"a": [{"b": 1}], "c": 2}, BLANKS),
]


def paths(query: str, document: Any) -> list[str]:
    matches, total, problem = evaluate_jsonpath(
        compile_jsonpath(query), json.dumps(document).encode(), Kind.JSON, limit=100
    )
    assert (len(matches), problem) == (total, "")
    return [match.path for match in matches]


@pytest.mark.parametrize(
    ("document", "query", "wanted"),
    [
        pytest.param(document, query, wanted, id=f"{section}-{number}")
        for section, document, cases in GROUPS
        for number, (query, wanted) in enumerate(cases)
    ],
)
def test_what_a_query_selects(document: Any, query: str, wanted: list[int | str]):
    assert paths(query, document) == [f"$[{path}]" if isinstance(path, int) else path for path in wanted]


@pytest.mark.parametrize(
    ("condition", "wanted"),
    [
        pytest.param(condition, wanted, id=f"{wanted}-{number}")
        for wanted, conditions in COMPARISONS.items()
        for number, condition in enumerate(conditions)
    ],
)
def test_what_holds(condition: str, wanted: bool):
    assert bool(paths(f"$[?{condition}]", COMPARED)) is wanted
    assert bool(paths(f"$[?!({condition})]", COMPARED)) is not wanted


@pytest.mark.parametrize(("document", "cases"), [pytest.param(*group[1:], id=group[0]) for group in GROUPS])
def test_a_normalized_path_selects_its_one_node(document: Any, cases: Cases):
    for path in {path for _, wanted in cases for path in wanted if isinstance(path, str)}:
        assert paths(path, document) == [path]
