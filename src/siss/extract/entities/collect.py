"""Counting what the chunks of one content name."""

from typing import Any, Final

from siss.extract.entities.findings import TO_THE_END
from siss.extract.entities.scan import Scanner
from siss.model.entity import PART_CHUNKS, Confidence, Name, pack_numbers, pack_place
from siss.model.mentions import SEPARATOR, PartMentions

MAX_NAMES: Final = 50_000
"""Different names in one part of a content (4 MiB of text): more than that are data, as in a list of addresses."""


class EntityCollector:
    """Takes the chunks of one content in order, and gives mentions by part, for the catalog.

    ``settings``: the content is a file of settings, so its keys are names too. ``dropped`` counts mentions of names
    beyond ``MAX_NAMES`` in a part: the ledger says so.
    """

    def __init__(self, scanner: Scanner, *, settings: bool = False) -> None:
        self._scanner = scanner
        self._settings = settings
        self._part = 0
        self._names: dict[Name, tuple[list[Confidence], list[int]]] = {}
        self._done: dict[int, PartMentions] = {}
        self.dropped = 0

    def add(self, seq: int, start: int, text: bytes) -> None:
        """Note what a chunk names. ``start``: where it begins in the content's text, in bytes."""
        if seq // PART_CHUNKS != self._part:
            self._close_part()
            self._part = seq // PART_CHUNKS
        here: dict[Name, list[Any]] = {}
        for begin, stop, findings in self._scanner.scan(text, settings=self._settings):
            for name, first, last, confidence in findings:
                if (seen := here.get(name)) is None:
                    here[name] = [confidence, begin + first, stop if last == TO_THE_END else begin + last, 1]
                    continue
                seen[3] += 1
                if begin + first < seen[1]:
                    seen[1], seen[2] = begin + first, stop if last == TO_THE_END else begin + last
        names = self._names
        for name, (confidence, first, end, count) in here.items():
            if (known := names.get(name)) is not None:
                known[1].extend((seq, start + first, end - first, count))
                known[0][0] = max(known[0][0], confidence)
            elif len(names) < MAX_NAMES:
                names[name] = [confidence], [seq, start + first, end - first, count]
            else:
                self.dropped += count

    def take(self) -> dict[int, PartMentions]:
        """What was noted since the last call, by part. The part that goes on begins anew: the catalog joins them."""
        self._close_part()
        done, self._done = self._done, {}
        return done

    def _close_part(self) -> None:
        if self._names:
            names, noted = list(self._names), list(self._names.values())
            self._done[self._part] = PartMentions(
                [name.id for name in names],
                bytes([name.type.code for name in names]),
                SEPARATOR.join([name.value for name in names]),
                bytes([confidence for (confidence,), _ in noted]),
                [places[3] if len(places) == 4 else sum(places[3::4]) for _, places in noted],
                [pack_place(*places) if len(places) == 4 else pack_numbers(places) for _, places in noted],
            )
        self._names = {}
