"""Secrets that were found in a content: what may be said of them, which is never the value."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final

MARK_BEGINS: Final = "«secret:"
"""What the text begins with that stands for a secret (``siss.extract.secrets.fingerprint``)."""


class SecretSeverity(StrEnum):
    """``critical`` hides the file; only rules with a measured precision of 0.99 are."""

    CRITICAL = "critical"
    HIGH = "high"


@dataclass(frozen=True, slots=True)
class SecretFinding:
    """One place where a secret stood, and where its fingerprint stands now.

    ``fingerprint``: 16 hex digits, keyed with the database's key: equal for equal values, however they were escaped;
    ``start``/``end``: half-open byte offsets in the redacted text; ``source_start``/``source_end``: the same in the
    (decompressed) file; ``line``: of its first character, from 1; ``accepted``: a baseline names it, so that it is
    redacted but raises no alarm.
    """

    rule: str
    severity: SecretSeverity
    fingerprint: str
    line: int
    start: int
    end: int
    source_start: int
    source_end: int
    accepted: bool = False

    @property
    def hides(self) -> bool:
        """Whether the content stays out of every answer because of it."""
        return self.severity is SecretSeverity.CRITICAL and not self.accepted
