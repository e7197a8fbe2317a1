r"""Wildcards inside a word: ``conf*ion``, ``c?nfig``. ``*`` is any letters and digits, ``?`` one of them.

Pasted text has such signs too (``a*b``), so such a word is also looked for as it is written. Where a sign cannot be a
wildcard (nothing before it says where in the dictionary to look, or the word is a compound: ``*tion``,
``error.*timeout``) it stays a sign of the text, and the answer says so.
"""

import re
from collections.abc import Iterator
from typing import Final

from siss.index.expand import PREFIX_LIMIT, SCAN_LIMIT, Vocabulary
from siss.index.folding import fold, is_unspaced
from siss.model.query import And, Node, Not, Or, Word

MOST_WORDS: Final = 8
"""Words with wildcards in one question: each is a walk through several dictionaries."""

_MOST_SIGNS: Final = 4
_MOST_LETTERS: Final = 64
_SHOWN: Final = 3
_SHOWN_LETTERS: Final = 40
_WILD: Final = re.compile(r"[^\W_]+(?:[*?]+[^\W_]+)+\*?")
_STARS: Final = re.compile(r"\*+")
_ONE: Final = re.compile(r"[^\W_]\?[^\W_]|[^\W_]\?[.\-]+[^\W_]")
_FRONT: Final = re.compile(r"\?[^\W_]{3,}")
_ADDRESS: Final = re.compile(r"[/=]")
_ONE_OF: Final = r"[^\W_]"


def wild_pattern(word: Word) -> str:
    """The pattern of a word with wildcards behind its first letter, folded; empty where it has none."""
    text = word.text
    if ("*" not in text and "?" not in text) or ("?" in text and _ADDRESS.search(text)):
        return ""
    ends = [at for at, letter in enumerate(text) if letter.isalnum() or letter == "*"]
    core = fold(text[ends[0] : ends[-1] + 1]) if ends else ""
    pattern = _STARS.sub("*", core + "*" * word.prefix)
    signs = pattern.count("*") + pattern.count("?")
    if signs > _MOST_SIGNS or len(pattern) > _MOST_LETTERS or any(map(is_unspaced, pattern)):
        return ""
    return pattern if _WILD.fullmatch(pattern) else ""


def wild_words(where: Node | None) -> tuple[Word, ...]:
    """The words of a question that have wildcards inside, each once."""
    return tuple(dict.fromkeys(word for word in _words(where) if wild_pattern(word)))


def wildcard_notes(where: Node | None) -> tuple[str, ...]:
    """What to tell of wildcards that were not taken as such, in sentences."""
    notes = []
    if (many := len(wild_words(where))) > MOST_WORDS:
        notes.append(
            f"{many} words have wildcards inside: they were looked for as they are written. At most {MOST_WORDS} may."
        )
    plain = dict.fromkeys(word.text for word in _words(where) if not wild_pattern(word) and _is_asked(word.text))
    if plain:
        shown = ", ".join(text[:_SHOWN_LETTERS] for text in list(plain)[:_SHOWN])
        notes.append(
            f"The wildcards in {shown} were taken as signs of the text. They can stand in words of letters and "
            "digits, behind the first (conf*ion), and anywhere in the values of name:, path:, host: and entity:."
        )
    return tuple(notes)


def wild_terms(pattern: str, vocabulary: Vocabulary) -> tuple[str, ...]:
    """Terms of a vocabulary that a pattern matches, to be marked, most frequent first."""
    matching = wild_matcher(pattern)
    head = re.split(r"[*?]", pattern, maxsplit=1)[0]
    found = (term for term, _ in vocabulary.starting_with(head, SCAN_LIMIT) if matching.fullmatch(term))
    return tuple(term for term, _ in zip(found, range(PREFIX_LIMIT), strict=False))


def wild_matcher(pattern: str) -> "re.Pattern[str]":
    """What matches a whole term, in steps that grow with its length times the pattern's.

    Between two stars the nearest place is as good as any later one, so it is never taken back (atomic groups), as in
    the standard library's ``fnmatch``.
    """
    head, *rest = ("".join(_ONE_OF if letter == "?" else letter for letter in part) for part in pattern.split("*"))
    if not rest:
        return re.compile(head)
    *middle, last = rest
    return re.compile(head + "".join(f"(?>{_ONE_OF}*?{part})" for part in middle) + f"{_ONE_OF}*{last}")


def _words(node: Node | None) -> Iterator[Word]:
    match node:
        case Word():
            yield node
        case And(nodes) | Or(nodes):
            for inner in nodes:
                yield from _words(inner)
        case Not(inner):
            yield from _words(inner)
        case _:
            return


def _is_asked(text: str) -> bool:
    """Whether a sign that is no wildcard may have been meant as one: as it is written, less is found.

    ``*.log`` and ``10.0.*`` find more, and ``search?q=x`` is an address, ``**kwargs`` code.
    """
    letters = [at for at, letter in enumerate(text) if letter.isalnum()]
    if not letters:
        return False
    first, last = letters[0], letters[-1]
    if "*" in text[first:last] or text[:first] == "*":
        return True
    return bool(_FRONT.fullmatch(text)) or (bool(_ONE.search(text)) and not _ADDRESS.search(text))
