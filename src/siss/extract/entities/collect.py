"""Counting what the chunks of one content name."""

from typing import Final

from siss.extract.entities.columns import Columns
from siss.extract.entities.findings import TO_THE_END, Told
from siss.extract.entities.scan import Scanner
from siss.model.entity import PART_CHUNKS, EntityId, Name, pack_numbers, pack_place
from siss.model.mentions import SEPARATOR, PartMentions

MAX_NAMES: Final = 50_000
"""Different names in one part of a content (4 MiB of text): more than that are data, as in a list of addresses."""


SCAN_BYTES: Final = 256 << 10
"""Text that is scanned at once: each alternation goes through all of it before the next (``Scanner.scan``)."""


class EntityCollector:
    """Takes the chunks of one content in order, and gives mentions by part, for the catalog.

    ``settings``: the content is a file of settings, so its keys are names too. ``columns``: what those of a table
    name, as its first line has it, wherever reading began.
    """

    def __init__(self, scanner: Scanner, *, settings: bool = False, columns: Columns | None = None) -> None:
        self._scanner = scanner
        self._settings = settings
        self._columns = columns
        self._waiting: list[tuple[int, int, bytes]] = []
        """Chunks that are not scanned yet: number, start and text."""
        self._size = 0
        self._part = 0
        self._names: list[Name] = []
        self._noted: dict[EntityId, list[int]] = {}
        """In the same order: confidence, and then chunk, start, length and count of each place."""
        self._done: dict[int, PartMentions] = {}
        self._dropped = 0

    @property
    def dropped(self) -> int:
        """Mentions of names beyond ``MAX_NAMES``, of what was added so far."""
        self._scan()
        return self._dropped

    def add(self, seq: int, start: int, text: bytes) -> None:
        """Note what a chunk names. ``start``: where it begins in the content's text, in bytes."""
        if seq // PART_CHUNKS != self._part:
            self._close_part()
            self._part = seq // PART_CHUNKS
        self._waiting.append((seq, start, text))
        self._size += len(text)
        if self._size >= SCAN_BYTES:
            self._scan()

    def _scan(self) -> None:
        waiting, self._waiting, self._size = self._waiting, [], 0
        if not waiting:
            return
        columns = [self._columns if start else None for _, start, _ in waiting]  # its head is in the first chunk
        scanned = self._scanner.scan([text for _, _, text in waiting], settings=self._settings, columns=columns)
        for (seq, start, _), told in zip(waiting, scanned, strict=True):
            self._note(seq, start, told)

    def _note(self, seq: int, start: int, told: list[Told]) -> None:
        noted = self._noted
        for begin, stop, findings, count in told:
            for name, key, first, last, confidence in findings:
                at, length = start + begin + first, (stop - begin if last == TO_THE_END else last) - first
                if (known := noted.get(key)) is None:
                    if len(noted) < MAX_NAMES:
                        noted[key] = [confidence, seq, at, length, count]
                        self._names.append(name)
                    else:
                        self._dropped += count
                elif known[-4] != seq:
                    known.extend((seq, at, length, count))
                    known[0] = max(known[0], confidence)
                else:
                    known[-1] += count
                    if at < known[-3]:
                        known[-3], known[-2] = at, length

    def take(self) -> dict[int, PartMentions]:
        """What was noted since the last call, by part. The part that goes on begins anew: the catalog joins them."""
        self._close_part()
        done, self._done = self._done, {}
        return done

    def _close_part(self) -> None:
        self._scan()
        if self._names:
            names, noted = self._names, list(self._noted.values())
            self._done[self._part] = PartMentions(
                list(self._noted),
                bytes([name.type.code for name in names]),
                SEPARATOR.join([name.value for name in names]),
                bytes([known[0] for known in noted]),
                [known[4] if len(known) == 5 else sum(known[4::4]) for known in noted],
                [pack_place(*known[1:]) if len(known) == 5 else pack_numbers(known[1:]) for known in noted],
            )
        self._names, self._noted = [], {}
