"""The rules of lines in groups: one RE2 pass proposes places for a group, its exact expressions decide there."""

import re
from typing import Final

from siss.extract.secrets.candidate import Candidate
from siss.extract.secrets.commands import COMMANDS
from siss.extract.secrets.foreign import FOREIGN
from siss.extract.secrets.judges import Line
from siss.extract.secrets.lines import LINES
from siss.extract.secrets.logged import LOGGED
from siss.extract.secrets.notes import NOTES
from siss.extract.secrets.routers import ROUTERS


class Forms:
    """A group of rules as one detector."""

    def __init__(self, lines: tuple[Line, ...]) -> None:
        self.proposal = rb"|".join(b"(?:" + line.proposal + b")" for line in lines)
        self._exact = tuple((line, re.compile(line.exact)) for line in lines)

    def classify(self, data: bytes, start: int, end: int) -> Candidate | None:  # noqa: ARG002 - one form for all detectors
        """The secret at a proposed place, if a rule takes one out."""
        for line, exact in self._exact:
            found = exact.match(data, start)
            if found is None:
                continue
            group = line.group or found.lastindex or 0
            if b"\xc2\xabsecret:" in found[group]:
                return None
            value = line.judge(data, found, found[group])
            if value is not None:
                return Candidate(line.rule, *found.span(group), value)
        return None


FORMS: Final = (Forms(ROUTERS), Forms((*LINES, *LOGGED, *FOREIGN)), Forms((*COMMANDS, *NOTES)))
