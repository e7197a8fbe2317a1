"""Which entries of a folder are ignored, and by which rule.

Three layers, the first that has an opinion decides: the ``.sissignore`` files, deepest folder first, last line
first; the rules from the settings (``SISS_IGNORE``, relative to the root); the defaults. So ``!.git`` in a
``.sissignore`` brings back what a default leaves out. The defaults are names and beginnings of names, not patterns:
they are asked for every file. What lies in an ignored folder is not walked and cannot be brought back (as in git).
Nothing brings back the folder of uploads that are on their way: half of a file is none.
"""

import errno
import os
import re
import stat
import unicodedata
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import re2

from siss.discover.paths import shown_path
from siss.discover.patterns import Pattern, compile_line
from siss.model.coverage import Gap, Reason
from siss.model.upload import INCOMING_FOLDER
from siss.state import LOCK

IGNORE_FILE: Final = b".sissignore"
INCOMING: Final = INCOMING_FOLDER.encode()
MAX_IGNORE_BYTES: Final = 256 << 10

DEFAULT_NAMES: Final = frozenset(
    name.encode()
    for name in (
        # Version control
        ".git", ".svn", ".hg", ".bzr",
        # What a NAS keeps beside its users' files: Synology, QNAP, NetApp, ZFS, btrfs
        "@eaDir", "@tmp", "@Recycle", "@Recently-Snapshot", ".@__thumb", ".@upload_cache", "#recycle", "#snapshot",
        ".snapshot", ".snapshots", "~snapshot", ".zfs",
        # What operating systems leave behind
        "$RECYCLE.BIN", "$Recycle.Bin", "RECYCLER", "System Volume Information", "Thumbs.db", "ehthumbs.db",
        ".DS_Store", ".AppleDouble", ".LSOverride", ".fseventsd", ".Spotlight-V100", ".TemporaryItems", ".Trashes",
        ".DocumentRevisions-V100", ".apdisk", "lost+found",
    )
)  # fmt: skip
_SPECIAL_NAMES: Final = DEFAULT_NAMES | {os.fsencode(LOCK)}
DEFAULT_PREFIXES: Final = (b"._", b"~$", b".~lock.", b".Trash-", b".nfs0", b".smbdelete", b".fuse_hidden")
DEFAULT_SUFFIXES: Final = (b".swp", b".swx", b".sisstmp")
_MARKS: Final = re.compile(
    b"\0[%b]|%b"
    % (
        re.escape(bytes({prefix[0] for prefix in (IGNORE_FILE, *DEFAULT_PREFIXES)})),
        b"|".join(sorted({re.escape(suffix[:3]) for suffix in DEFAULT_SUFFIXES})),
    )
)
"""Found in a folder's names, a NUL before each, if one is the ignore file's, or begins or ends as a default says."""


@dataclass(frozen=True, slots=True)
class Rule:
    """The rule that decided. ``origin``: where it stands (``logs/.sissignore:3``, ``SISS_IGNORE:1``, ``default``)."""

    text: str
    origin: str

    @property
    def gap(self) -> Gap:
        """The line on the ledger."""
        return Gap(Reason.IGNORED, detail=f"rule {self.text} ({self.origin})")


class RuleFile:
    """The lines of one ``.sissignore``, or of the setting, compiled into one automaton.

    ``lines``: as they were given. ``base``: the folder it stands in, relative to the root. ``problems``: (line
    number, sentence) of lines that cannot match anything.
    """

    __slots__ = ("_fold", "_patterns", "_set", "base", "lines", "origin", "problems")

    def __init__(self, lines: Sequence[bytes], base: bytes, origin: str, *, fold: bool) -> None:
        """``fold``: names are compared without regard to case."""
        self.lines = lines
        self.base = base
        self.origin = origin
        self.problems: list[tuple[int, str]] = []
        self._fold = fold
        self._patterns: list[tuple[Pattern, int, str]] = []
        options = re2.Options()
        options.encoding = re2.Options.Encoding.LATIN1
        options.log_errors = False
        self._set: Any = re2.Set.SearchSet(options)
        for number, line in enumerate(lines, 1):
            compiled = compile_line(_normalise(line, fold))
            if isinstance(compiled, str):
                self.problems.append((number, compiled))
            elif compiled is not None:
                try:
                    self._set.Add(compiled.regex)
                except re2.error:
                    self.problems.append((number, "is too large"))
                else:
                    self._patterns.append((compiled, number, shown_path(line.strip())))
        if self._patterns:
            self._set.Compile()

    def __bool__(self) -> bool:
        return bool(self._patterns)

    def decide(self, path: bytes, is_folder: bool) -> tuple[bool, Rule] | None:
        """Whether the last line that matches ignores the path (relative to the root), with it; None if none does."""
        below = path[len(self.base) + 1 :] if self.base else path
        text = _normalise(below, self._fold)
        found = self._set.Match(text + b"/" if is_folder else text)
        if not found:
            return None
        pattern, number, line = self._patterns[max(found)]
        return not pattern.keeps, Rule(line, f"{self.origin}:{number}")


@dataclass(frozen=True, slots=True)
class IgnoreRules:
    """The rules that hold in one folder. ``files``: the settings' first, then each ``.sissignore`` on the way."""

    defaults: bool
    fold: bool
    files: tuple[RuleFile, ...] = ()

    def below(self, folder: bytes, data: bytes) -> "tuple[IgnoreRules, RuleFile]":
        """The rules in a folder that has a ``.sissignore`` with these bytes, and that file's."""
        origin = shown_path(folder + b"/" + IGNORE_FILE if folder else IGNORE_FILE)
        lines = [line.removesuffix(b"\r") for line in data.removeprefix(b"\xef\xbb\xbf").split(b"\n")]
        rules = RuleFile(lines, folder, origin, fold=self.fold)
        files = (*self.files, rules) if rules else self.files
        return IgnoreRules(self.defaults, self.fold, files), rules

    def find(self, folder: bytes, name: bytes, is_folder: bool) -> Rule | None:
        """The rule that ignores an entry of a folder, or None."""
        if name == INCOMING:
            return Rule(INCOMING_FOLDER, "always")
        if self.files:
            path = folder + b"/" + name if folder else name
            for rules in reversed(self.files):
                decision = rules.decide(path, is_folder)
                if decision is not None:
                    ignored, rule = decision
                    return rule if ignored else None
        return default_rule(name) if self.defaults else None


def make_rules(extra: Sequence[str] = (), *, defaults: bool = True, fold: bool = False) -> IgnoreRules:
    """The rules at the top of a root: ``SISS_IGNORE`` and, where wanted, the defaults."""
    lines = [os.fsencode(line) for line in extra]
    rules = RuleFile(lines, b"", "SISS_IGNORE", fold=fold)
    return IgnoreRules(defaults, fold, (rules,) if rules else ())


def may_be_special(names: Sequence[bytes]) -> bool:
    """Whether one of a folder's names may be the ignore file's, a default's or a state folder's.

    Asked of every folder, so roughly.
    """
    return bool(_MARKS.search(b"\0" + b"\0".join(names))) or not _SPECIAL_NAMES.isdisjoint(names)


def default_rule(name: bytes) -> Rule | None:
    """The default that names an entry."""
    if name in DEFAULT_NAMES:
        return Rule(shown_path(name), "default")
    for prefix in DEFAULT_PREFIXES:
        if name.startswith(prefix):
            return Rule(prefix.decode() + "*", "default")
    for suffix in DEFAULT_SUFFIXES:
        if name.endswith(suffix):
            return Rule("*" + suffix.decode(), "default")
    return None


def read_rules(path: bytes) -> bytes | Gap | None:
    """The bytes of a ``.sissignore``, None where there is none, or why they cannot be used.

    Opened without following links and without blocking: whoever writes into the folder must not be able to make a
    scan wait, or read elsewhere.
    """
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        try:
            info = os.fstat(handle)
            if not stat.S_ISREG(info.st_mode):
                return Gap(Reason.SPECIAL_FILE, detail="its rules are not applied: not an ordinary file", lost=False)
            data = os.read(handle, MAX_IGNORE_BYTES + 1)
        finally:
            os.close(handle)
    except OSError as error:
        if error.errno in {errno.ENOENT, errno.ENOTDIR}:
            return None
        if error.errno == errno.ELOOP:
            return Gap(Reason.SYMLINK_NOT_FOLLOWED, detail="its rules are not applied: it is a link", lost=False)
        denied = error.errno in {errno.EACCES, errno.EPERM}
        reason = Reason.PERMISSION_DENIED if denied else Reason.READ_ERROR
        return Gap(reason, detail=f"its rules are not applied: {os.strerror(error.errno or 0)}", lost=False)
    if len(data) > MAX_IGNORE_BYTES:
        return Gap(Reason.OVERSIZED, detail=f"its rules are not applied: over {MAX_IGNORE_BYTES:,} bytes", lost=False)
    if b"\0" in data:
        return Gap(Reason.BINARY, detail="its rules are not applied: not UTF-8 text", lost=False)
    return data


def _normalise(raw: bytes, fold: bool) -> bytes:
    """Names and rules alike: NFC, lower case where the root folds case; bytes that are not UTF-8 stay."""
    if raw.isascii():
        return raw.lower() if fold else raw
    text = unicodedata.normalize("NFC", raw.decode("utf-8", "surrogateescape"))
    return (text.casefold() if fold else text).encode("utf-8", "surrogateescape")
