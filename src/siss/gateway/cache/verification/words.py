"""The word lists of verification, from ``lists/``. English; what no list knows is taken for a word that matters."""

import re
from collections.abc import Iterator, Mapping
from importlib import resources
from typing import Final


def word_set(text: str) -> frozenset[str]:
    """The words of a text, as a set."""
    return frozenset(text.split())


def _lines(name: str) -> Iterator[str]:
    text = (resources.files("siss.gateway.cache.verification") / "lists" / f"{name}.txt").read_text("utf-8")
    return (line for line in text.splitlines() if not line.startswith("#"))


def _load(name: str) -> frozenset[str]:
    return word_set(" ".join(_lines(name)))


ARTICLES: Final = word_set("a an the my your our his her its their this that")
"""And their like: they stand before a noun and its adjectives."""

FUNCTION_WORDS: Final = _load("function_words")
"""Words that carry grammar or courtesy. Those of them that may change an answer all the same (negations, quantities,
directions, question words, people) are judged by rules of their own."""

NEGATIONS: Final = _load("negations")

MUST_MATCH: Final = _load("must_match")
"""Quantities, positions and times in words: a question with one of them is not the question without it."""

PHRASES: Final = tuple(
    (re.compile(rf"\b{phrase}(?!\w)", re.IGNORECASE), read_as.strip())
    for phrase, _, read_as in (line.rpartition(":") for line in _lines("phrases"))
)
"""Phrases that one word may stand for."""

PREFIXES: Final = word_set(
    "un re de dis in im ir il non mis pre post over under sub super up down out en em inter anti co auto multi semi"
    " counter fore hyper hypo mini trans off on"
)
"""What makes another word of a word when it is put before it."""

LIGHT_WORDS: Final = _load("light_words")
"""Base forms of words that may be put into a sentence without asking for something else; never replace another."""

IRREGULAR: Final[Mapping[str, str]] = {
    form: base for base, *forms in map(str.split, _lines("irregular")) for form in forms
}
"""Past forms of irregular verbs, by themselves."""

PARTICIPLES: Final = frozenset(forms[-1] for _, *forms in map(str.split, _lines("irregular")))

COURTESY: Final = _load("courtesy")
"""The same for questions and orders, in which most verbs are what is asked for."""

OPPOSITES: Final = tuple(
    (word_set(left), word_set(right)) for left, _, right in (line.partition("|") for line in _lines("opposites"))
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

AMBIGUOUS_DATES: Final = word_set("may march mar mon wed sat sun fri jan jun dec sep")
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

TENSES: Final = (
    word_set("will shall 'll wont won't gonna"),
    word_set("did was were had didn't wasn't weren't has have"),
)

OPPOSITES_IN_QUESTIONS: Final = (
    (word_set("is are am do does has have"), word_set("was were did had")),
    (word_set("this these"), word_set("that those")),
    (word_set("here"), word_set("there")),
    (word_set("my mine our ours"), word_set("your yours")),
    (word_set("each every"), word_set("any")),
)
"""Who is it, and who was it. What is told rather than asked is often reported with the other, and the same."""

MODALS: Final[Mapping[str, str]] = {
    word: group.split()[0]
    for group in ("should ought", "must need needs", "will would shall won't", "just merely")
    for word in group.split()
}
"""What makes another question of one that is answered by yes or no. Can, could, may and might add nothing to it."""

LOADED: Final = word_set("and or than both either another other same own give get take make go come")
"""Base forms of function words that a question is never asked without where it is asked with them."""

SPEAKERS: Final[Mapping[str, int]] = {
    word: person for person, words in enumerate(("i me my mine", "you your yours"), 1) for word in words.split()
}

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
