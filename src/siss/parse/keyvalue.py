"""Settings, ``key=value`` a line: an entry goes with the comments above it and the lines that go on with it."""

from collections.abc import Iterable

from siss.model.content import Section
from siss.model.text import Window
from siss.parse.grouping import Grouping


class KeyValueParser:
    """Sections of whole entries."""

    def __init__(self) -> None:
        self._grouping = Grouping()
        self._end = 0
        self._commented = False
        self._continued = False
        self._mid_line = False

    def feed(self, window: Window) -> Iterable[Section]:
        """The sections that are complete with this window."""
        sections: list[Section] = []
        at = window.start
        for line in window.data.splitlines(keepends=True):
            goes_on = self._mid_line or self._continued or line[:1] in b" \t"
            if (not goes_on and not self._commented) or self._grouping.overlong(at):
                done = self._grouping.begin(at)
                if done is not None:
                    sections.append(done)
            bare = line.strip()
            if not self._mid_line:
                self._commented = bare[:1] in {b"#", b";", b"!"}
            # An even number of backslashes is text (java.util.Properties).
            self._continued = (len(bare) - len(bare.rstrip(b"\\"))) % 2 == 1 and not self._commented
            self._mid_line = not line.endswith((b"\n", b"\r"))
            at += len(line)
        self._end = window.end
        return sections

    def close(self) -> Iterable[Section]:
        """The last section."""
        return self._grouping.end(self._end)
