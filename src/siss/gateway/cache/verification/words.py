"""The word lists of verification, from ``lists/``. English; what no list knows is taken for a word that matters."""

from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Final


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


def _lines(name: str) -> Iterator[str]:
    text = (resources.files("siss.gateway.cache.verification") / "lists" / f"{name}.txt").read_text("utf-8")
    return (line for line in text.splitlines() if not line.startswith("#"))


def _load(name: str) -> frozenset[str]:
    return _words(" ".join(_lines(name)))


FUNCTION_WORDS: Final = _load("function_words")
"""Words that carry grammar or courtesy. Those of them that may change an answer all the same (negations, quantities,
directions, question words, people) are judged by rules of their own."""

NEGATIONS: Final = _load("negations")

MUST_MATCH: Final = _load("must_match")
"""Quantities, positions and times in words: a question with one of them is not the question without it."""

LIGHT_WORDS: Final = _load("light_words")
"""Base forms of words that may be put into a sentence without asking for something else; never replace another."""

OPPOSITES: Final = tuple(
    (_words(left), _words(right)) for left, _, right in (line.partition("|") for line in _lines("opposites"))
)

SAME_MEANING: Final[Mapping[str, str]] = {
    word: line.split()[0] for line in _lines("synonyms") for word in line.split()
}
"""Words that may stand for each other in a question that is otherwise the same, by the first of their group."""

NUMBER_WORDS: Final[Mapping[str, int]] = {  # without "one", which is a pronoun more often than a number
    word: number
    for number, word in enumerate(
        "zero - two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "  # noqa: SIM905
        "seventeen eighteen nineteen twenty".split()
    )
    if word != "-"
} | {
    "thirty": 30,
    "forty": 40,
    "fifty": 50,
    "sixty": 60,
    "seventy": 70,
    "eighty": 80,
    "ninety": 90,
    "hundred": 100,
    "thousand": 1000,
    "million": 1_000_000,
    "billion": 1_000_000_000,
    "trillion": 1_000_000_000_000,
    "dozen": 12,
}

MONTHS: Final[Mapping[str, int]] = {
    name: number
    for number, names in enumerate(
        (
            "january jan",
            "february feb",
            "march mar",
            "april apr",
            "may",
            "june jun",
            "july jul",
            "august aug",
            "september sep sept",
            "october oct",
            "november nov",
            "december dec",
        ),
        1,
    )
    for name in names.split()
}

WEEKDAYS: Final[Mapping[str, str]] = {
    name: day
    for day, names in {
        "mon": "monday mon mondays",
        "tue": "tuesday tue tues tuesdays",
        "wed": "wednesday wed wednesdays",
        "thu": "thursday thu thurs thursdays",
        "fri": "friday fri fridays",
        "sat": "saturday saturdays",
        "sun": "sunday sundays",
    }.items()
    for name in names.split()
}

AMBIGUOUS_DATES: Final = _words("may march mar mon wed sat sun fri jan jun dec sep")
"""Also a verb, a noun or a name: a date only beside a number, or capitalised inside a sentence."""

UNITS: Final[Mapping[str, str]] = {
    name: unit for unit, _, names in (line.partition(": ") for line in _lines("units")) for name in names.split()
}

SYMBOL_UNITS: Final[Mapping[str, str]] = {
    **{symbol: symbol for symbol in ("m", "s", "g", "b", "k", "l", "v", "w", "a", "c", "f", "x", "t", "in")},
    "M": "mega",
    "K": "k",
    "B": "byte",
    "G": "giga",
    "T": "tera",
    "Kb": "kbit",
    "Mb": "mbit",
    "Gb": "gbit",
    "mW": "milliwatt",
    "mHz": "millihertz",
    "C": "celsius",
    "F": "fahrenheit",
    "d": "d",
    "y": "year",
}
"""Units only right behind a number, where case tells them apart."""

TENSES: Final = (_words("will shall 'll wont won't gonna"), _words("did was were had didn't wasn't weren't"))

DIRECTIONS: Final[Mapping[str, str]] = {
    "from": "away",
    "to": "toward",
    "into": "toward",
    "onto": "toward",
    "toward": "toward",
    "towards": "toward",
    "off": "away",
    "than": "than",
    "by": "by",
    "via": "via",
    "before": "before",
    "after": "after",
    "without": "without",
    "against": "against",
    "over": "over",
    "under": "under",
    "between": "between",
}

QUESTION_WORDS: Final[Mapping[str, str]] = {
    "who": "who",
    "whom": "who",
    "whose": "whose",
    "when": "when",
    "where": "where",
    "why": "why",
    "how": "how",
    "what": "what",
    "which": "what",
}

PEOPLE: Final[Mapping[str, str]] = {
    word: group.split()[0]
    for group in ("he him his himself", "she her hers herself", "they themselves", "we us our ours")
    for word in group.split()
}
"""Who is spoken of, by pronouns."""
