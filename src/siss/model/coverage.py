"""The coverage ledger: what of a file was indexed, what not, and why."""

from enum import StrEnum
from typing import Final

import msgspec


class Extent(StrEnum):
    """How much of a file can be found by its content."""

    WHOLE = "whole"
    PARTIAL = "partial"
    NONE = "none"


class Reason(StrEnum):
    """Why something is not indexed, or not as it stands in the file. The texts are in ``REASONS``."""

    BINARY = "binary"
    ARCHIVE = "archive_members_unread"
    OVERSIZED = "oversized"
    DECOMPRESSION_LIMIT = "decompression_limit"
    DECOMPRESSION_ERROR = "decompression_error"
    PARSE_ERROR = "parse_error"
    DEPTH_LIMIT = "depth_limit"
    FIELDS_LIMIT = "fields_limit"
    ENTITIES_REFUSED = "entities_refused"
    ENCODING_ERRORS = "encoding_errors"
    ENCODING_GUESSED = "encoding_guessed"
    NUL_BYTES = "nul_bytes"
    BAD_RECORDS = "bad_records"
    STILL_WRITTEN = "still_written"
    CHANGED_WHILE_READ = "changed_while_read"
    PERMISSION_DENIED = "permission_denied"
    READ_ERROR = "read_error"
    PARSER_TIMEOUT = "parser_timeout"
    PARSER_MEMORY = "parser_memory"
    PARSER_CRASH = "parser_crash"
    REFUSED_BY_DATABASE = "refused_by_database"
    CASE_CONFLICT = "case_conflict"
    BIT_ROT = "bit_rot"
    IGNORED = "ignored"
    SYMLINK_CYCLE = "symlink_cycle"
    SYMLINK_REPEATED = "symlink_repeated"
    SYMLINK_LEAVES_ROOT = "symlink_leaves_root"
    SYMLINK_BROKEN = "symlink_broken"
    SYMLINK_NOT_FOLLOWED = "symlink_not_followed"
    SPECIAL_FILE = "special_file"
    OTHER_FILESYSTEM = "other_filesystem"
    MOUNT_AWAY = "mount_away"
    STATE_FOLDER = "state_folder"
    CRITICAL_SECRET = "critical_secret"  # noqa: S105 - a reason, no password


LIMITS: Final = (
    Reason.OVERSIZED,
    Reason.DECOMPRESSION_LIMIT,
    Reason.DEPTH_LIMIT,
    Reason.PARSER_TIMEOUT,
    Reason.PARSER_MEMORY,
)
"""Reasons that settings give: what they concern may be read where these are others."""


UNREADABLE: Final = frozenset({Reason.PERMISSION_DENIED, Reason.READ_ERROR, Reason.MOUNT_AWAY})
"""Something is there and cannot be looked at: what is known of it stays. They may end without a trace in size, mtime
or inode."""


class Gap(msgspec.Struct, frozen=True, gc=False):
    """One line of the ledger.

    ``start`` and ``end`` are half-open byte offsets in the source (of the decompressed stream for a compressed
    file), None where the reason concerns the whole file. ``item`` names an archive member, a record, a field;
    ``detail`` is a sentence for people. ``lost`` says whether text is missing from the index because of it: an
    encoding that was guessed loses nothing.
    """

    reason: Reason
    start: int | None = None
    end: int | None = None
    item: str | None = None
    detail: str = ""
    lost: bool = True


REASONS: dict[Reason, str] = {
    Reason.BINARY: "The bytes are not text; name, size and path are searchable.",
    Reason.ARCHIVE: "The names of the archive's members are searchable, their contents are not read.",
    Reason.OVERSIZED: "Larger than SISS_MAX_FILE_SIZE and not line-structured; name, size and path are searchable.",
    Reason.DECOMPRESSION_LIMIT: "The compressed stream expands beyond the limit; what came before it is indexed.",
    Reason.DECOMPRESSION_ERROR: "The compressed stream is damaged; what came before the damage is indexed.",
    Reason.PARSE_ERROR: "Not well-formed; what could not be taken apart is indexed as plain text.",
    Reason.DEPTH_LIMIT: "Nested deeper than the limit; the text is indexed, structure below the limit is not.",
    Reason.FIELDS_LIMIT: "Not all fields or entities were drawn from it; the text is indexed.",
    Reason.ENTITIES_REFUSED: "XML entities and external references are never expanded; the text is indexed as is.",
    Reason.ENCODING_ERRORS: "Bytes that are invalid in the file's encoding are shown as U+FFFD.",
    Reason.ENCODING_GUESSED: "The encoding is not declared and was guessed from the bytes.",
    Reason.NUL_BYTES: "NUL bytes in text are shown as U+2400, a long run of them as one.",
    Reason.BAD_RECORDS: "Some records do not parse; their text is indexed as it stands.",
    Reason.STILL_WRITTEN: "The file is still being written; its last, unfinished line waits.",
    Reason.CHANGED_WHILE_READ: "The file changed while it was read; it is queued again.",
    Reason.PERMISSION_DENIED: "The user that runs SISS may not read it.",
    Reason.READ_ERROR: "The file system reported an error.",
    Reason.PARSER_TIMEOUT: "Reading took longer than SISS_PARSE_TIMEOUT and was ended.",
    Reason.PARSER_MEMORY: "Reading needed more than SISS_WORKER_MEMORY and was ended.",
    Reason.PARSER_CRASH: "The reading process died on this file.",
    Reason.REFUSED_BY_DATABASE: "The database refused what was read.",
    Reason.CASE_CONFLICT: "Another name in this folder differs only in case; both are kept apart.",
    Reason.BIT_ROT: "Its bytes changed though nobody wrote it; what was indexed is searched.",
    Reason.IGNORED: "An ignore rule names it.",
    Reason.SYMLINK_CYCLE: "The link leads back to a folder above itself.",
    Reason.SYMLINK_REPEATED: "Another link leads to the same folder; its files are found there.",
    Reason.SYMLINK_LEAVES_ROOT: "The link leads out of the root.",
    Reason.SYMLINK_BROKEN: "The link leads nowhere.",
    Reason.SYMLINK_NOT_FOLLOWED: "Links are not followed (SISS_FOLLOW_SYMLINKS).",
    Reason.SPECIAL_FILE: "A socket, pipe or device.",
    Reason.OTHER_FILESYSTEM: "Another file system is mounted here (SISS_ONE_FILESYSTEM).",
    Reason.MOUNT_AWAY: "Another file system was mounted here and is away; what is known of its files stays.",
    Reason.STATE_FOLDER: "SISS keeps its own state here.",
    Reason.CRITICAL_SECRET: "Hidden: a critical secret stands in it. It is in no answer unless an admin asks.",
}
