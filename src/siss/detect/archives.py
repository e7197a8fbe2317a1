"""Archives: the names of their members, never their contents."""

from collections.abc import Iterable
from typing import BinaryIO

from siss.model.text import Ledger


def list_members(
    mime: str, blocks: Iterable[bytes], file: BinaryIO | None, ledger: Ledger, *, limit: int
) -> list[str]:
    """At most ``limit`` member names of an archive, hostile ones escaped.

    ``mime`` as ``sniff`` found it. A tar is read from ``blocks`` (the decompressed stream from its start); a zip
    from ``file``, which must be seekable (its position is put back), None where the zip is itself compressed. ``blocks`` may be left
    unread. Notes ``Reason.ARCHIVE``; never raises for what is in the archive.
    """
    raise NotImplementedError
