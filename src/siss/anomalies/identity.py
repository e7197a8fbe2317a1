"""The id of an anomaly: from what it is about, so that it stays when it is found again."""

import hashlib
import uuid

from siss.model.anomaly import AnomalyKind, Deviation


def identify_anomaly(file: uuid.UUID, found: Deviation) -> uuid.UUID:
    """A uuid8 (RFC 9562, section 5.8) of file, kind, field and what is unusual there.

    A file whose size is unusual has one such anomaly, whatever the size.
    """
    token = "" if found.kind is AnomalyKind.SIZE_ANOMALY else found.token
    text = "\0".join((str(file), found.kind, found.path, token)).encode("utf-8", "surrogatepass")
    number = int.from_bytes(hashlib.blake2b(text, digest_size=16).digest(), "big")
    number = number & ~(0xF << 76) | 8 << 76  # the version
    return uuid.UUID(int=number & ~(0x3 << 62) | 2 << 62)  # the variant
