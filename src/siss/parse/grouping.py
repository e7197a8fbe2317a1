"""Records become sections of about a KiB: small enough to pack well, large enough to be few."""

from typing import Final

from siss.model.content import Section

SECTION_BYTES: Final = 1024
LONGEST_BYTES: Final = 1 << 16
"""A record that goes on for longer is cut."""


class Grouping:
    """Collects records, by their beginnings, into sections. Keeps offsets only, never text."""

    __slots__ = ("_mask", "_start", "_time_max", "_time_min")

    def __init__(self) -> None:
        self._start: int | None = None
        self._time_min: int | None = None
        self._time_max: int | None = None
        self._mask = 0

    def begin(self, start: int, time_us: int | None = None, mask: int = 0) -> Section | None:
        """A record begins: the section before it, if that is large enough to be one."""
        done: Section | None = None
        if self._start is None:
            self._start = start
        elif start - self._start >= SECTION_BYTES:
            done = self._section(start)
            self._start, self._time_min, self._time_max, self._mask = start, None, None, 0
        if time_us is not None:
            if self._time_min is None or time_us < self._time_min:
                self._time_min = time_us
            if self._time_max is None or time_us > self._time_max:
                self._time_max = time_us
        self._mask |= mask
        return done

    @property
    def room(self) -> int:
        """A record that begins before this offset goes into the section that is open."""
        return -1 if self._start is None else self._start + SECTION_BYTES

    def join(self, time_min: int | None, time_max: int | None, mask: int) -> None:
        """What the records say that went into the section since it was begun."""
        if time_min is not None and (self._time_min is None or time_min < self._time_min):
            self._time_min = time_min
        if time_max is not None and (self._time_max is None or time_max > self._time_max):
            self._time_max = time_max
        self._mask |= mask

    def overlong(self, offset: int) -> bool:
        """Whether the section that would end here is so long that it must."""
        return self._start is not None and offset - self._start > LONGEST_BYTES

    def end(self, offset: int) -> list[Section]:
        """The text ends: the last section."""
        if self._start is None or offset <= self._start:
            return []
        done = self._section(offset)
        self._start = None
        return [done]

    def _section(self, end: int) -> Section:
        assert self._start is not None
        return Section(self._start, end, self._time_min, self._time_max, self._mask)
