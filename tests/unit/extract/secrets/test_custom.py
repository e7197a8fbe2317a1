"""Rules and allow lists of the user's own."""

import pickle

import pytest

from siss.errors import ConfigError
from siss.extract.secrets.custom import NOTHING, read_baseline, read_customisation
from siss.extract.secrets.piece import Piece
from siss.extract.secrets.scan import Scanner

RULES = r"""
title = "ours"
[[rules]]
id = "acme-token"
description = "tokens of the door system"
regex = '''acme_([a-z0-9]{12})'''
entropy = 2.5
keywords = ["acme_"]

[allowlist]
regexes = ['''^zz9''']
stopwords = ["sandbox"]
rules = ["juniper-secret"]
"""


def found(text: str, rules: str = RULES) -> list[tuple[str, bytes]]:
    data = text.encode()
    scan = Scanner(read_customisation(rules)).scan(Piece.whole(data))
    return [(each.rule, each.value) for each in scan.found]


def test_a_rule_finds_its_group() -> None:
    assert found("x acme_k3j5h7g9f2d4 y") == [("acme-token", b"k3j5h7g9f2d4")]
    assert found("x acme_aaaaaaaaaaaa y") == []


def test_the_allow_list_takes_away() -> None:
    assert found("password: kX9!vb7q") == [("password", b"kX9!vb7q")]
    assert found("password: zz9!vb7q") == []
    assert found("password: kX9!Sandbox7") == []
    assert found('secret "$9$kX9vb7qLz2Rt";') == []


def test_what_gitleaks_says_of_its_own_rules_is_taken() -> None:
    rules = """
    [extend]
    useDefault = true
    disabledRules = ["juniper-secret"]
    [[allowlists]]
    regexes = ["^zz9"]
    [[allowlists]]
    stopwords = ["SANDBOX"]
    """
    assert found("password: zz9!vb7q", rules) == []
    assert found("password: kX9!Sandbox7", rules) == []
    assert found('secret "$9$kX9vb7qLz2Rt";', rules) == []
    assert found("password: kX9!vb7q", rules) == [("password", b"kX9!vb7q")]


def test_it_can_be_sent_to_a_worker() -> None:
    assert pickle.loads(pickle.dumps(read_customisation(RULES))) == read_customisation(RULES)
    assert read_customisation("") == NOTHING


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[[rules]\n", "not TOML"),
        ("[[rules]]\nregex = 'a'", "rule 1 needs an id"),
        ("[[rules]]\nid = 'a-b'", "rule 'a-b' needs a regex"),
        ("[[rules]]\nid = 'a-b'\nregex = '(a'", "rule 'a-b': the expression is not RE2"),
        ("[[rules]]\nid = 'a-b'\nregex = '(?=a)'", "rule 'a-b': the expression is not RE2"),
        ("[[rules]]\nid = 'a-b'\nregex = 'a*'", "rule 'a-b': its regex matches nothing"),
        ("[[rules]]\nid = 'a-b'\nregex = 'a'\nsecretGroup = 2", "rule 'a-b': there is no group 2"),
        ("[[rules]]\nid = 'a-b'\nregex = 'a'\nentropy = 9", "rule 'a-b': entropy"),
        ("[[rules]]\nid = 'a-b'\nregex = 'a'\nseverity = 'x'", "rule 'a-b' has 'severity'"),
        ("[[rules]]\nid = 'a'\nregex = 'a'\n[[rules]]\nid = 'a'\nregex = 'b'", "'a' stands there twice"),
        ("[allowlist]\nregexes = ['(']", "the allowlist: the expression is not RE2"),
        ("[allowlist]\nregexes = 'x'", "regexes must be a list"),
        ("rules = 3", r"\[\[rules\]\]"),
        ("extra = 3", "the file has 'extra'"),
        ("extend = 3", "extend and allowlist must be tables"),
        ("[extend]\npath = 'x'", "extend has 'path'"),
        ("[extend]\nuseDefault = false", "the built-in rules are always there"),
        ("[[allowlists]]\npaths = ['x']", "the allowlist has 'paths'"),
    ],
)
def test_what_cannot_be_used_is_named(text: str, message: str) -> None:
    with pytest.raises(ConfigError, match=message) as error:
        read_customisation(text)
    assert error.value.details["variable"] == "SISS_SECRET_RULES"


def test_a_baseline_is_a_list_of_fingerprints() -> None:
    lines = ["# known", "", "0123456789abcdef", "«secret:password:fedcba9876543210»  # old"]
    assert read_baseline(lines) == {"0123456789abcdef", "fedcba9876543210"}
    with pytest.raises(ConfigError, match="line 2"):
        read_baseline(["", "hunter2"])
