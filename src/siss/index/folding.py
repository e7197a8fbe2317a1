"""One spelling for what a reader takes for the same letters: no accents, no widths, no case.

Python folds, and the engine only lowers ASCII case and cuts at what is no letter or digit: so there is one rule,
here, for text, for questions and for snippets. Runs of scripts without blanks (Chinese, Japanese, Thai, ...) become
overlapping pairs (``日本語`` is ``日本 本語 語``), as Lucene's CJK analyser has them: any part of two letters or more
is then a phrase of pairs, and a single letter is the beginning of one.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from siss.possessive import compile_possessive

_NON_ASCII: Final = re.compile(r"[^\x00-\x7f]++")

_LETTERS: Final = str.maketrans(
    {
        "ß": "ss", "ẞ": "SS", "æ": "ae", "Æ": "AE", "œ": "oe", "Œ": "OE", "ø": "o", "Ø": "O", "đ": "d", "Đ": "D",
        "ð": "d", "Ð": "D", "þ": "th", "Þ": "TH", "ł": "l", "Ł": "L", "ħ": "h", "Ħ": "H", "ŧ": "t", "Ŧ": "T",
        "\u0131": "i", "ĸ": "k", "ŋ": "n", "Ŋ": "N", "\u03c2": "\u03c3",
        "\u2018": "'", "\u2019": "'", "\u2010": "-", "\u2011": "-", "\u2212": "-",
    }
)  # fmt: skip
"""Letters that Unicode does not decompose, and the punctuation that word processors put in identifiers."""

_UNSPACED: Final = (
    "\u0e00-\u0eff"  # Thai, Lao
    "\u1000-\u109f\u1780-\u17ff"  # Burmese, Khmer
    "\u3005-\u3007\u3040-\u30ff\u31f0-\u31ff"  # Kana
    "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"  # Han
)
_UNSPACED_RUN: Final = compile_possessive(f"(?:(?=[{_UNSPACED}])[^\\W_])++")
_UNSPACED_LETTER: Final = re.compile(f"[{_UNSPACED}]")
_VOICING: Final = {"\u3099": "\u3099", "\u309a": "\u309a"}


def fold_accents(text: str) -> str:
    """Compatibility forms and accents taken off; case as it was. Fast where text is ASCII."""
    return text if text.isascii() else _NON_ASCII.sub(_fold_match, text)


def fold(text: str) -> str:
    """The one spelling: ``fold_accents``, lower case.

    >>> fold("Ｃａｆé GROẞ")
    'cafe gross'
    """
    return lower(fold_accents(text))


def lower(text: str) -> str:
    """Lower case letter by letter, as the engine has it: Python alone makes the last sigma of a word another one."""
    lowered = text.lower()
    return lowered if lowered.isascii() else lowered.replace("\u03c2", "\u03c3")


def spread(text: str) -> str:
    """Folded text with runs of unspaced scripts as pairs between blanks.

    >>> spread("日本語log")
    ' 日本 本語 語 log'
    """
    return text if text.isascii() or not _UNSPACED_LETTER.search(text) else _UNSPACED_RUN.sub(_pairs, text)


def is_unspaced(letter: str) -> bool:
    """Whether a letter is of a script that is written without blanks."""
    return _UNSPACED_LETTER.match(letter) is not None


def _fold_match(match: "re.Match[str]") -> str:
    run = match[0]
    return _fold_run(run) if len(run) <= 32 else _fold_uncached(run)


def _fold_uncached(run: str) -> str:
    apart = unicodedata.normalize("NFKD", run)
    kept = "".join(
        letter for letter in apart if unicodedata.category(letter)[0] != "M" or letter in _VOICING
    )  # marks are read as accents in every script: both sides of a question lose them alike
    return unicodedata.normalize("NFC", kept).translate(_LETTERS)


_fold_run = lru_cache(maxsize=8192)(_fold_uncached)


def _pairs(match: "re.Match[str]") -> str:
    run = match[0]
    pairs = [run[at : at + 2] for at in range(len(run))]
    return f" {' '.join(pairs)} "
