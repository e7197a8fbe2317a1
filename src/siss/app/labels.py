"""Tags and descriptions that people give files."""

import unicodedata
from collections.abc import Callable, Sequence
from typing import Final

from siss.errors import InvalidRequestError

MOST_TAGS: Final = 50
MOST_TAG: Final = 64
MOST_DESCRIPTION: Final = 4000


def check_tags(tags: Sequence[str], redact: Callable[[str], str]) -> tuple[str, ...]:
    """Tags without repetitions, in order. Raises ``InvalidRequestError``."""
    found = []
    for tag in tags:
        text = unicodedata.normalize("NFC", tag).strip()
        if not 0 < len(text) <= MOST_TAG or not text.isprintable():
            raise InvalidRequestError(f"A tag has 1 to {MOST_TAG} characters that can be seen.", field="tags")
        found.append(_without_secret(text, "tags", redact))
    if len(set(found)) > MOST_TAGS:
        raise InvalidRequestError(f"A file has at most {MOST_TAGS} tags.", field="tags")
    return tuple(sorted(set(found)))


def check_description(description: str, redact: Callable[[str], str]) -> str:
    """A description; empty: none. Raises ``InvalidRequestError``."""
    text = unicodedata.normalize("NFC", description).strip()
    if len(text) > MOST_DESCRIPTION:
        raise InvalidRequestError(f"A description has at most {MOST_DESCRIPTION:,} characters.", field="description")
    if any(unicodedata.category(letter) in {"Cc", "Cs"} and letter not in "\n\t" for letter in text):
        raise InvalidRequestError("A description has characters that can be seen.", field="description")
    return _without_secret(text, "description", redact)


def _without_secret(text: str, field: str, redact: Callable[[str], str]) -> str:
    """They are found by search and stored as they are: what looks like a credential must not be one."""
    if redact(text) != text:
        raise InvalidRequestError("It holds what looks like a credential: leave that out.", field=field)
    return text
