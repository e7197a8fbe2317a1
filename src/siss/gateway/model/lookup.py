"""What the cache says to a question, and what it needs back when the host has answered."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from siss.gateway.model.reply import Reply


class Tier(StrEnum):
    """Where an answer was looked for."""

    EXACT = "exact"
    SEMANTIC = "semantic"


class Reason(StrEnum):
    """Why a question was not answered from the cache, or a reply not kept: the ``reason`` label of the metrics."""

    NONE = ""
    # the question
    OFF = "off"
    NO_STORE = "no-store"
    NO_CACHE = "no-cache"
    TOOLS = "tools"
    TEMPERATURE = "temperature"
    REMOTE_IMAGE = "remote-image"
    INELIGIBLE = "ineligible"
    # the lookup
    ABSENT = "absent"
    EXPIRED = "expired"
    MAX_AGE = "max-age"
    BELOW_THRESHOLD = "below-threshold"
    VERIFICATION = "verification"
    RERANKER = "reranker"
    NO_EMBEDDER = "no-embedder"
    SHADOW = "shadow"
    ERROR = "error"
    # the reply
    FAILED = "failed"
    INCOMPLETE = "incomplete"
    OWN_SCHEMA = "own-schema"
    TOO_LARGE = "too-large"
    NOT_KEPT = "not-kept"


BYPASSES = frozenset({Reason.OFF, Reason.NO_STORE, Reason.TOOLS, Reason.TEMPERATURE, Reason.REMOTE_IMAGE})
"""Reasons for which the cache is neither asked nor filled: ``X-Siss-Cache: bypass``."""


@dataclass(frozen=True, slots=True, eq=False)
class Ticket:
    """What ``lookup`` found out about a question, to be given back with the reply, so that nothing is done twice.

    ``key``: the exact tier's key (32 bytes): equal keys are the same question, so single flight goes by it. The rest
    is the cache's own: the vector of the question (criterion 6: embedded once), and what shadow mode would have said.
    """

    key: bytes
    storable: bool
    semantic: Any = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Hit:
    """An answer from the cache.

    ``similarity``: cosine of the two questions, 1.0 in the exact tier. ``stale``: older than the time to live, but
    within ``stale_while_revalidate``: serve it and ask the host in the background; store with ``ticket``.
    """

    tier: Tier
    reply: Reply
    age_seconds: float
    ticket: Ticket
    similarity: float = 1.0
    stale: bool = False


@dataclass(frozen=True, slots=True)
class Miss:
    """No answer: ask the host, then ``store`` with ``ticket``.

    ``stale``: an answer within ``stale_if_error``, to be served only where the host fails.
    """

    reason: Reason
    ticket: Ticket
    stale: Hit | None = None

    @property
    def bypass(self) -> bool:
        """Whether the cache keeps out of this question altogether."""
        return self.reason in BYPASSES


Lookup = Hit | Miss
