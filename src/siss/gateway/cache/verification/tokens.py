"""A question as verification sees it: literals that must be equal, names, and words in order."""

import re
from collections import Counter
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from siss.gateway.cache.verification.words import (
    AMBIGUOUS_DATES,
    FUNCTION_WORDS,
    IRREGULAR,
    MONTHS,
    MUST_MATCH,
    NEGATIONS,
    NUMBER_WORDS,
    PHRASES,
    SAME_MEANING,
    SYMBOL_UNITS,
    UNITS,
    WEEKDAYS,
)

_TOKEN: Final = re.compile(
    r"""
      (?P<quoted> "[^"\n]{1,300}" | “[^”\n]{1,300}” | «[^»\n]{1,300}»
                | \u2018[^\u2019\n]{1,300}\u2019(?!\w) | `[^`\n]{1,300}`
                | (?<![\w'])'[^'\n]{1,300}'(?!\w) )
    | (?P<place>  [A-Za-z][A-Za-z0-9+.-]*://[^\s"'<>]+ | [\w.+-]+@[\w-]+(?:\.[\w-]+)+
                | (?<![\w/])(?:~|\.{1,2})?/[\w.@%+*~:-]+(?:/[\w.@%+*~:-]*)* | \b[A-Za-z]:\\[^\s"']+
                | \b[\w-]+(?:/[\w.-]+){2,} )
    | (?P<option> (?<![\w-])--?[A-Za-z][\w-]* )
    | (?P<number> [-+]?[$€£¥]?(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d+)?(?:\s?(?:%|°[CF]?))?(?![\w.]*\d)(?![\w-]*\d) )
    | (?P<word>   [$€£¥%°#+-]?\w+(?:['\u2019.:_@+-]\w+)*(?:\+\+|\#)? )
    | (?P<symbol> (?<!\w)-(?=\s*(?:\d|\w\b)) | !(?=[\w=]) | [\[\]{}] | (?:(?!&\s)[=<>&|*+^~/\\%\$])+=? )
    """,
    re.VERBOSE,
)
_SENTENCE_END: Final = re.compile(r"(?:^|[.!?:;\n]\s*[\"'“(\[]*|^\W+)$")
_ORDINAL: Final = re.compile(r"(\d+)(?:st|nd|rd|th|s)", re.IGNORECASE)
_WITH_UNIT: Final = re.compile(r"(\d+(?:\.\d+)?)([A-Za-zµμ]+)")
_INTERJECTION: Final = re.compile(r"^\W*(?:no|yes|well|ok|okay|sure|hi|hello|hey|thanks)\s*[,!.]\s*", re.IGNORECASE)
_FRONTED: Final = re.compile(
    r"^(in|on|at|for|with|within|under|inside) ([^,?.!\n]{1,60}), ([^?!\n]+?)([?.!]*)$", re.IGNORECASE
)
"""``In nginx, how do I ...``: read with its place at the end."""

_CAMEL: Final = re.compile(r"[a-z][A-Z]|[A-Z]{2}")
_DERIVATIONS: Final = ("isation", "ization", "ation", "ion", "ment", "ness", "ly")
_NOT_DERIVED: Final = frozenset({"production", "department", "apartment", "position", "station"})
_SHORTEST_ROOT: Final = 5
_LOOK_BACK: Final = 16
"""Characters before a word that show whether a sentence begins with it."""

_EDGE: Final = ".:-+'\u2019"


@dataclass(frozen=True, slots=True)
class Reading:
    """What is in a text.

    ``literals``: numbers, identifiers with digits, quoted strings, places (paths, URLs, addresses), options and
    operators, in order. ``units``, ``dates``: canonical. ``fixed``: quantities, positions and times in words.
    ``names``: what is capitalised inside a sentence or spelt like an identifier, casefolded. ``words``: all plain
    words in order, in their base form. ``raw``: the same, casefolded, as they stand. ``content``: those of ``words``
    that carry meaning. ``plain``: the same before synonyms became one. ``marks``: all of ``raw``, in base form, that
    tells what is meant.
    """

    literals: tuple[str, ...]
    units: Counter[str]
    dates: Counter[str]
    fixed: Counter[str]
    negations: int
    names: tuple[str, ...]
    raw: tuple[str, ...]
    content: tuple[str, ...]
    plain: tuple[str, ...]
    content_set: frozenset[str]
    marks: frozenset[str]
    question: bool


@lru_cache(maxsize=4096)
def read_text(text: str) -> Reading:
    """Take a text apart."""
    question = "?" in text
    text = _FRONTED.sub(_put_last, _INTERJECTION.sub("", text))
    for phrase, read_as in PHRASES:
        text = phrase.sub(read_as, text)
    reader = _Reader(text)
    for found in _TOKEN.finditer(text):
        reader.take(found)
    return reader.reading(question=question)


class _Reader:
    """Takes the tokens of one text, in order."""

    def __init__(self, text: str) -> None:
        self._text = text
        self._literals: list[str] = []
        self._units: Counter[str] = Counter()
        self._dates: Counter[str] = Counter()
        self._fixed: Counter[str] = Counter()
        self._names: list[str] = []
        self._raw: list[str] = []
        self._content: list[str] = []
        self._plain: list[str] = []
        self._negations = 0
        self._after_number = False

    def take(self, found: re.Match[str]) -> None:
        """Take the next token."""
        token = found[0]
        number_before, self._after_number = self._after_number, False
        match found.lastgroup:
            case "quoted":
                self._take_literal(" ".join(token[1:-1].split()).casefold().rstrip(".,;:!?"))
            case "place" | "option":
                place = token.rstrip(".,;:!?)")
                self._take_literal(place, place.casefold())
            case "symbol":
                self._take_literal(token)
            case "number":
                self._after_number = True
                self._take_literal(_read_number(token, self._units))
            case _:
                token = token.rstrip(_EDGE) + "++" * token.endswith("++")
                if token := token.lstrip(_EDGE):
                    self._take_word(token, found.start(), number_before=number_before)

    def reading(self, *, question: bool) -> Reading:
        """What all that was taken comes to."""
        content, literals, units, dates, names = self._content, self._literals, self._units, self._dates, self._names
        marks = (*content, *literals, *self._fixed, *names, *(base_form(word) for word in (*units, *dates)))
        return Reading(
            tuple(literals),
            units,
            dates,
            self._fixed,
            self._negations,
            tuple(names),
            tuple(self._raw),
            tuple(content),
            tuple(self._plain),
            frozenset(content),
            frozenset(marks),
            question,
        )

    def _take_literal(self, literal: str, raw: str | None = None) -> None:
        self._literals.append(literal)
        self._raw.append(literal if raw is None else raw)

    def _take_word(self, token: str, at: int, *, number_before: bool) -> None:
        """A word without the punctuation around it. ``at``: where it stands in the text, with that."""
        folded = token.casefold().replace("\u2019", "'")
        if number_before and token in SYMBOL_UNITS:
            self._units[SYMBOL_UNITS[token]] += 1
            self._raw.append(SYMBOL_UNITS[token])
            return
        if any(letter.isdigit() for letter in token):
            known = len(self._literals)
            self._after_number = _read_mixed(folded, token, self._literals, self._units)
            self._raw.extend(self._literals[known:])
            return
        inside = _SENTENCE_END.search(self._text[max(0, at - _LOOK_BACK) : at]) is None
        dated = number_before or (inside and token[0].isupper())
        for part in (each.removesuffix("'s").removesuffix("'") for each in _split(folded)):
            self._take_part(part, dated=dated)
        if _is_name(token, inside):
            self._names.append(base_form(folded.removesuffix("'s")))

    def _take_part(self, part: str, *, dated: bool) -> None:
        """One of the words that hyphens join. ``dated``: one that may be a month (``may``) is one here."""
        self._raw.append(str(NUMBER_WORDS[part]) if part in NUMBER_WORDS else UNITS.get(part, part))
        if part in NEGATIONS or part.endswith("n't"):
            self._negations += 1
        elif part in UNITS:
            self._units[UNITS[part]] += 1
        elif part in NUMBER_WORDS:
            self._literals.append(str(NUMBER_WORDS[part]))
            self._after_number = True
        elif (part in MONTHS or part in WEEKDAYS) and (part not in AMBIGUOUS_DATES or dated):
            self._raw[-1] = WEEKDAYS.get(part) or f"month {MONTHS[part]}"
            self._dates[self._raw[-1]] += 1
        elif part in MUST_MATCH:
            self._fixed[part] += 1
        elif part not in FUNCTION_WORDS and part:
            self._plain.append(strip_ending(part))
            self._content.append(SAME_MEANING.get(part) or _same_meaning(self._plain[-1]))


def _put_last(found: re.Match[str]) -> str:
    preposition, place, said, end = found.groups()
    return f"{said} {preposition.casefold()} {place}{end}"


def base_form(word: str) -> str:
    """A word without its commonest English endings, and the one that stands for its synonyms."""
    return SAME_MEANING.get(word) or _same_meaning(strip_ending(word))


def in_base_form(reading: Reading) -> list[str]:
    """All words as they are compared: literals as they stand, others in their base form."""
    return [word if word in reading.literals else base_form(word) for word in reading.raw]


def _same_meaning(base: str) -> str:
    return SAME_MEANING.get(base) or SAME_MEANING.get(base + "e") or _derived_from(base)


def _derived_from(base: str) -> str:
    """What a noun or adverb is made from: installation and install, deployment and deploy."""
    if base in _NOT_DERIVED:
        return base
    for suffix in _DERIVATIONS:
        if base.endswith(suffix) and len(root := base[: -len(suffix)]) >= _SHORTEST_ROOT:
            return SAME_MEANING.get(root) or SAME_MEANING.get(root + "e") or root.removesuffix("e")
    return base


def strip_ending(word: str) -> str:
    """A word without its commonest English endings."""
    base = word = IRREGULAR.get(word, word)
    if len(word) > 4 and word.endswith(("ies", "ied")):
        base = word[:-3] + "y"
    elif len(word) > 4 and word.endswith(("sses", "shes", "ches", "xes")):
        base = word[:-2]
    elif len(word) > 3 and word.endswith("s") and not word.endswith(("ss", "us", "is")):
        base = word[:-1]
    elif len(word) > 5 and word.endswith("ing"):
        base = _undouble(word[:-3])
    elif len(word) > 4 and word.endswith("ed"):
        base = _undouble(word[:-2])
    return base if len(base) < 4 else base.removesuffix("e")


def _undouble(stem: str) -> str:
    return stem[:-1] if len(stem) > 3 and stem[-1] == stem[-2] and stem[-1] not in "lsz" else stem


def _split(word: str) -> list[str]:
    """The parts of a compound with hyphens; other compounds (dotted, with underscores) stay whole."""
    return [part for part in word.split("-") if part] if "-" in word else [word]


def _is_name(token: str, inside: bool) -> bool:
    if token in {"e.g", "i.e", "a.m", "p.m"}:
        return False
    if "_" in token or "." in token or "@" in token or _CAMEL.search(token):
        return True
    return inside and token[0].isupper() and token not in {"I", "I'm", "I'd", "I've", "I'll"}


def _read_number(token: str, units: Counter[str]) -> str:
    for sign in "$€£¥%":
        if sign in token:
            units[UNITS[sign]] += 1
    if "°" in token:
        units[UNITS.get(token[token.index("°") :].casefold(), "degree")] += 1
    return "".join(letter for letter in token if letter.isdigit() or letter in ".-")


def _read_mixed(folded: str, token: str, literals: list[str], units: Counter[str]) -> bool:
    """A word with digits in it; whether a unit may follow."""
    if ordinal := _ORDINAL.fullmatch(folded):
        literals.append(ordinal[1])
        return False
    if measured := _WITH_UNIT.fullmatch(token):
        unit = SYMBOL_UNITS.get(measured[2]) or UNITS.get(measured[2].casefold())
        if unit is not None:
            literals.append(measured[1])
            units[unit] += 1
            return False
    head, _, rest = folded.partition("-")
    if head.isdigit() and rest.isalpha():  # 5-year, 10-day
        literals.append(head)
        if rest in UNITS:
            units[UNITS[rest]] += 1
        else:
            literals.append(rest)
        return False
    version = folded[1:] if folded[0] == "v" and folded[1:2].isdigit() else folded
    literals.append(version.replace(",", ""))
    return version.replace(".", "").isdigit()
