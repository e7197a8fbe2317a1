"""Secrets in a question: nothing before a word says what it is, so it is told by its letters alone.

Only what no person would call a thing is one: letters of both cases and digits without any words. Whether the index
knows it plays no part: who may read what was asked could try out guesses otherwise.
"""

import re
from collections.abc import Callable
from typing import Final

from siss.extract.secrets.values import is_placeholder, is_random, is_reference

LEAST: Final = 12
"""Characters; shorter ones are names of things too often."""

_WORD: Final = re.compile(r"[^\s\"'`()\[\]{}=&:,;|<>\u00ab\u00bb*]{12,512}")


def replace_asked(text: str, mark: Callable[[str], str]) -> str:
    """The text with what ``mark`` makes of each such word in its place."""

    def told(found: re.Match[str]) -> str:
        word = found[0]
        mixed = any(map(str.islower, word)) and any(map(str.isupper, word)) and any(map(str.isdigit, word))
        drawn = mixed and is_random(word, least=LEAST) and not is_placeholder(word) and not is_reference(word)
        return mark(word) if drawn else word

    return _WORD.sub(told, text)
