"""Counting what the chunks of one content name."""

from typing import Final

from siss.extract.entities.scan import Scanner
from siss.model.entity import PART_CHUNKS, Confidence, Mentions, Name, Place, pack_places
from siss.model.mentions import PartMentions

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
        self._names: dict[Name, list[Place]] = {}
        self._confidences: dict[Name, Confidence] = {}
        self._done: dict[int, PartMentions] = {}
        self.dropped = 0

    def add(self, seq: int, start: int, text: bytes) -> None:
        """Note what a chunk names. ``start``: where it begins in the content's text, in bytes."""
        if seq // PART_CHUNKS != self._part:
            self._close_part()
            self._part = seq // PART_CHUNKS
        here: dict[Name, list[int]] = {}
        for name, first, end, confidence in self._scanner.scan(text, settings=self._settings):
            seen = here.get(name)
            if seen is None:
                here[name] = [first, end, 1]
                if confidence > self._confidences.get(name, 0):
                    self._confidences[name] = confidence
            else:
                seen[2] += 1
                if first < seen[0]:
                    seen[0], seen[1] = first, end
        for name, (first, end, count) in here.items():
            places = self._names.get(name)
            if places is None:
                if len(self._names) >= MAX_NAMES:
                    self.dropped += count
                    continue
                places = self._names[name] = []
            places.append(Place(seq, start + first, start + end, count))

    def take(self) -> dict[int, PartMentions]:
        """What was noted since the last call, by part. The part that goes on begins anew: the catalog joins them."""
        self._close_part()
        done, self._done = self._done, {}
        return done

    def _close_part(self) -> None:
        if self._names:
            confidences = self._confidences
            self._done[self._part] = PartMentions.of(
                Mentions(name, confidences[name], sum([place.count for place in places]), pack_places(places))
                for name, places in self._names.items()
            )
        self._names, self._confidences = {}, {}
