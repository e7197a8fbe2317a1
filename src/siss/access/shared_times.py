"""Numbers by name in memory that several processes share: how far ahead each caller's requests are."""

import hashlib
from collections.abc import Iterator, MutableMapping, MutableSequence
from typing import Final

PLACES: Final = 1 << 16
"""512 KiB. Two of a thousand names share a place, and so a rate, with a probability of 1 in 130 for each."""


class SharedTimes(MutableMapping[str, float]):
    """A mapping of a fixed size that forgets nothing and knows no names: absent ones are 0.

    Two processes that write the same place at once leave one of the two values: a request too many, nothing worse.
    """

    def __init__(self, places: MutableSequence[float]) -> None:
        self._places = places

    def _place(self, name: str) -> int:
        digest = hashlib.blake2b(name.encode("utf-8", "replace"), digest_size=8).digest()
        return int.from_bytes(digest, "big") % len(self._places)

    def __getitem__(self, name: str) -> float:
        return self._places[self._place(name)]

    def __setitem__(self, name: str, value: float) -> None:
        self._places[self._place(name)] = value

    def __delitem__(self, name: str) -> None:
        self._places[self._place(name)] = 0.0

    def __iter__(self) -> Iterator[str]:
        return iter(())

    def __len__(self) -> int:
        return 0
