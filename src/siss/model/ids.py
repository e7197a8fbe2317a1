"""Identities: integers inside, uuid7 outside, generations that never come back."""

import secrets
import time
import uuid
from typing import NewType

import uuid_utils.compat

RootId = NewType("RootId", int)
FileId = NewType("FileId", int)
ContentId = NewType("ContentId", int)
Generation = NewType("Generation", int)

CHUNK_BITS = 22
"""A chunk key is ``content_id << 22 | seq``: up to 4,194,304 chunks (16 GiB of text) a content."""


def new_public_id() -> uuid.UUID:
    """A uuid7 (RFC 9562): ordered by time, so that B-tree inserts stay local."""
    return uuid_utils.compat.uuid7()


def new_generation() -> Generation:
    """A positive 63-bit number that is never reused: 43 bits of milliseconds, 20 random bits.

    It names one indexing of one content or file, so it need only be unique for its owner. The layout is that of
    uuid7 (RFC 9562, section 5.7), cut to what a fast field of a search engine holds.
    """
    return Generation(((time.time_ns() // 1_000_000) & ((1 << 43) - 1)) << 20 | secrets.randbits(20))


def chunk_key(content_id: int, seq: int) -> int:
    """One integer for one chunk of one content."""
    return content_id << CHUNK_BITS | seq
