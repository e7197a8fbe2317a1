"""How a text is taken apart, and that any text can be."""

import itertools
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from growth import assert_linear
from siss.gateway.cache.verification.edits import is_request
from siss.gateway.cache.verification.evidence import RETOLD, REWORDED, needed_similarity
from siss.gateway.cache.verification.rules import differ_in_negation
from siss.gateway.cache.verification.tokens import read_text
from siss.gateway.cache.verification.voice import flipped_verbs
from siss.gateway.cache.verify import FAR, find_difference, find_doubt


@pytest.mark.parametrize(
    ("text", "literals"),
    [
        ("order 4711 of 2024", ["4711", "2024"]),
        ("1,000,000 rows", ["1000000"]),
        ("v2.1 and 2.1", ["2.1", "2.1"]),
        ("-5 or 5", ["-5", "5"]),
        ("the 3rd of 10", ["3", "10"]),
        ("two of twenty", ["2", "20"]),
        ("open /etc/hosts now", ["/etc/hosts"]),
        ("run `ls -la` twice", ["ls -la"]),
        ('say "Hello  World"', ["hello world"]),
        ("see https://example.com/a?b=1.", ["https://example.com/a?b=1"]),
        ("host db-prod-01.example.com", ["db-prod-01.example.com"]),
        ("with --force", ["--force"]),
    ],
)
def test_literals(text, literals):
    assert list(read_text(text).literals) == literals


@pytest.mark.parametrize(
    ("text", "units"),
    [
        ("5 GB", ["gb"]),
        ("5gb", ["gb"]),
        ("five gigabytes", ["gb"]),
        ("$5", ["$"]),
        ("5 %", ["%"]),
        ("20 \u00b0C", ["celsius"]),
        ("10ms", ["ms"]),
    ],
)
def test_units(text, units):
    assert list(read_text(text).units.elements()) == units


def test_dates_names_and_negations():
    reading = read_text("Why didn't Alice not call on Monday, 3 May? She may march.")
    assert reading.dates == Counter({"mon": 1, "month 5": 1})
    assert reading.names == ("alic", "monday", "may")
    assert reading.negations == 2


@pytest.mark.parametrize(
    ("text", "asks"),
    [
        ("How do I restart it", True),
        ("Please tell me how to restart it", True),
        ("is it on?", True),
        ("Delete the share", True),
        ("when does it run", True),
        ("When it is set to true, files are deleted.", False),
        ("The method, which is used by many, deletes files.", False),
        ("In the morning it runs.", False),
    ],
)
def test_what_asks_or_orders(text, asks):
    assert is_request(read_text(text)) is asks


@pytest.mark.parametrize(
    ("passive", "active", "flips"),
    [
        ("A file is included in the folder", "The folder includes a file", (1, 0)),
        ("Is the folder included in a file?", "Does the folder include a file?", (0, 1)),
        ("Was Bob promoted by Alice?", "Did Alice promote Bob?", (1, 0)),
        ("Was Alice promoted by Bob?", "Did Alice promote Bob?", (0, 1)),
        ("The file was read", "The file was written", (0, 0)),
        ("Is it possible that Alice promoted Bob?", "Did Alice promote Bob?", (0, 0)),
    ],
)
def test_the_passive(passive, active, flips):
    assert flipped_verbs(read_text(passive), read_text(active)) == flips
    assert flipped_verbs(read_text(active), read_text(passive)) == flips


@pytest.mark.parametrize(
    ("left", "right", "differ"),
    [
        ("It is optional", "It is not mandatory", False),
        ("It is optional", "It is mandatory", False),  # polarity's business
        ("It is optional", "It is not optional", True),
        ("The enabled rule is not safe", "The disabled rule is safe", True),
        ("Nobody is not in", "All are in", True),
    ],
)
def test_a_negated_opposite_is_no_negation(left, right, differ):
    assert differ_in_negation(read_text(left), read_text(right)) is differ


def test_more_words_need_nearer_vectors():
    base = read_text("alpha beta gamma delta epsilon zeta eta theta")
    one = read_text("alpha beta gamma delta epsilon zeta eta iota")
    many = read_text("alpha beta gamma delta epsilon kappa lambda omicron")
    assert needed_similarity(base, base, 0.8) == 0.8
    assert needed_similarity(base, one, 0.8) == pytest.approx(0.8 + 0.2 * REWORDED)
    assert needed_similarity(base, many, 0.8) == pytest.approx(0.8 + 0.2 * RETOLD)


def test_too_little_similarity_has_a_name():
    left = "The nightly tape library run keeps reports about errors and warnings."
    right = "Reports about warnings and mistakes stay with the nightly run of a tape library."
    assert find_difference(left, right) == ""
    assert find_doubt(left, right, 0.99, 0.8) == ""
    assert find_doubt(left, right, 0.81, 0.8) == FAR


_PIECES = (
    "how is the a of not no 5 GB 3.1 'x' /etc/x -v Alice Bob by from to was copied copy mount unmount May mon first two "
    "\u2019s ? ! , in"
)
_texts = st.text(max_size=120) | st.lists(st.sampled_from(_PIECES.split()), max_size=20).map(" ".join)


@given(_texts, _texts)
def test_any_two_texts_can_be_compared_either_way_round(left, right):
    assert bool(find_difference(left, right)) == bool(find_difference(right, left))
    assert find_difference(left, left) == ""


@pytest.mark.parametrize(
    "piece",
    [
        "a",
        "a-",
        "-a",
        "/a",
        "a.",
        "1,",
        "'",
        '"a',
        "`",
        "a'",
        "1a",
        "\u00b0",
        "a@",
        "a/",
        "((",
        "in a, ",
        "is not ",
        "A:\\",
    ],
)
def test_hostile_texts_take_linear_time(piece):
    """The semantic tier takes 2,000 characters."""
    text, ends = piece * 2000, itertools.count()  # each text is new: what was read before is remembered
    assert_linear(lambda length: find_difference(text[:length], f"{text[: length - 1]}{next(ends)}"), 2000)
