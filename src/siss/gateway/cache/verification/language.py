"""The other rules know English: what they cannot read answers only the same words in the same order."""

import re
from typing import Final

from siss.gateway.cache.verification.tokens import Reading
from siss.gateway.cache.verification.words import FUNCTION_WORDS

_NOT_LATIN: Final = re.compile(r"[\u0370-\u1cff\u2c80-\ua71f\ua800-\ufaff\uff66-\uffdc]")
"""Letters of other scripts, Greek to Hangul; Latin ones with accents are before and between them."""

_LEAST_WORDS: Final = 6
_LEAST_SHARE: Final = 0.15
"""Share of words of grammar below which a text is no English sentence."""


def differ_unread(left: Reading, right: Reading) -> bool:
    """One of the texts is not English, and they are not the same word by word."""
    return left.raw != right.raw and not (_is_readable(left) and _is_readable(right))


def _is_readable(reading: Reading) -> bool:
    words = [word for word in reading.raw if word not in reading.literals]
    if any(_NOT_LATIN.search(word) for word in words):
        return False
    return len(words) < _LEAST_WORDS or sum(word in FUNCTION_WORDS for word in words) >= _LEAST_SHARE * len(words)
