"""A process that lists folders beside the scan of a large root.

On a local disk a scan is the system's listing and a little of Python, so a second process nearly halves its time. On
a network mount it is waiting, so the process has several listings on their way at once. It lasts as long as the scan.
Nothing depends on it: what it does not answer for, because it was killed, hangs or may not read, the scan lists.
"""

from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import partial
from itertools import chain
from queue import SimpleQueue
from typing import Any, Final, Self

import msgspec

from siss.app.processes.pool import ProcessPool
from siss.app.processes.wire import Done, Event, Handler, Limits, Wire
from siss.discover.bounds import Node, WalkOptions
from siss.discover.ignore import IgnoreRules, RuleFile, make_rules
from siss.discover.lister import Lister
from siss.discover.listing import FolderListing, SkippedEntry
from siss.errors import NasUnavailableError
from siss.settings import Settings

LOCAL_LISTINGS: Final = 1
"""Listings that the process has on their way at once. Locally one core is used up by one."""

NETWORK_LISTINGS: Final = 8
"""The same on a network mount, where a listing is a wait of a millisecond or more."""

SHARES: Final = 2
"""Shares of folders that it has at once, so that it never waits for the next."""

_HELLO: Final = 0


class _RuleLines(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A file of rules as it was given to ``RuleFile``."""

    lines: list[bytes]
    base: bytes
    origin: str


class _Rules(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """As ``IgnoreRules``."""

    defaults: bool
    fold: bool
    files: list[_RuleLines]


class ListTask(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """Folders to list, relative to the root, and the rules that hold above them. Without any: a greeting."""

    number: int
    rules: _Rules | None = None
    folders: list[bytes] = []


def make_task(number: int, folders: Sequence[Node]) -> ListTask:
    """For folders that have the same rules."""
    rules = folders[0].rules
    files = [_RuleLines(list(file.lines), file.base, file.origin) for file in rules.files]
    return ListTask(number, _Rules(rules.defaults, rules.fold, files), [node.path for node in folders])


class Listed(msgspec.Struct, array_like=True, frozen=True, gc=False):
    """A ``FolderListing`` that did not fail, without what both ends know."""

    names: list[bytes]
    numbers: list[int]
    device: int
    listed_at_ns: int
    fingerprint: bytes
    racy: bool
    entries: list[SkippedEntry]
    subfolders: list[bytes]
    devices: dict[int, int]
    later: bool
    closed: list[bytes]
    targets: list[bytes]


Listings = list[Listed | None]
LIST_WIRE: Wire[ListTask, None, Listings] = Wire(ListTask, None, Listings)


@dataclass(frozen=True, slots=True)
class ListerConfig:
    """What a listing process is started with. ``at_once``: listings on their way at the same time."""

    root: bytes
    options: WalkOptions
    at_once: int


class FolderLister(Handler[ListTask, None, Listings]):
    """Lists folders of one root."""

    def __init__(self, config: ListerConfig) -> None:
        self._config = config
        self._rules: _Rules | None = None
        self._compiled = make_rules()
        self._threads = ThreadPoolExecutor(config.at_once) if config.at_once > 1 else None

    def __call__(self, task: ListTask, emit: Any, beat: Any) -> Listings:  # noqa: ARG002 - nothing comes in parts
        """List the folders of a task; None for each that cannot be."""
        if task.rules is not None and task.rules != self._rules:  # most often those of the task before
            self._rules, self._compiled = task.rules, _compile(task.rules)
        try:
            lister = Lister(self._config.root, self._compiled, self._config.options, {}, whole=False)
        except NasUnavailableError:
            return [None] * len(task.folders)
        nodes = map(lister.node, task.folders)
        listings: Listings = []
        for listed in (self._threads.map if self._threads else map)(partial(_list, lister), nodes):
            listings.append(listed)
            beat()
        return listings


def _compile(rules: _Rules) -> IgnoreRules:
    files = (RuleFile(file.lines, file.base, file.origin, fold=rules.fold) for file in rules.files)
    return IgnoreRules(rules.defaults, rules.fold, tuple(files))


def _list(lister: Lister, node: Node) -> Listed | None:
    try:
        found, _ = lister.list_folder(node, links=False)
    except NasUnavailableError:
        return None
    if found.failure is not None:
        return None
    return Listed(
        list(found.names),
        list(found.numbers),
        found.device,
        found.listed_at_ns,
        found.fingerprint,
        found.racy,
        list(found.entries),
        list(found.subfolders),
        dict(found.devices),
        found.later,
        list(found.closed),
        list(found.targets),
    )


def make_lister(config: ListerConfig) -> FolderLister:
    """Called once in each listing process."""
    return FolderLister(config)


class ListingProcess:
    """The process as the companion of one walk (``siss.discover.parallel_walk``). Used by one thread."""

    def __init__(self, root: bytes, options: WalkOptions, limits: Limits, *, at_once: int = LOCAL_LISTINGS) -> None:
        self._root = root
        self._given: dict[int, list[Node]] = {}
        self._busy = 0
        self._number = _HELLO
        self._ready = False
        self._lost = False
        self._answers: SimpleQueue[Sequence[Event[ListTask, None, Listings]]] = SimpleQueue()
        self._pool = ProcessPool(
            make_lister,
            ListerConfig(root, options, at_once),
            LIST_WIRE,
            1,
            limits,
            self._answers.put,
            preload=(
                "siss.app.ingest.reading.worker",
            ),  # where this is the first pool, the readers are forked from the same
            outstanding=1,
        )

    def __enter__(self) -> Self:
        self._pool.start()
        self._pool.submit([ListTask(_HELLO)])
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.stop()

    @property
    def free(self) -> bool:
        """Whether it takes folders now. One that has not begun yet is not waited for."""
        if not self._ready:
            self._ready = not self._answers.empty()
        return self._ready and not self._lost and len(self._given) < SHARES

    @property
    def busy(self) -> int:
        """How many folders it has not answered for."""
        return self._busy

    def processes(self) -> list[int]:
        """Ids of the processes that live now."""
        return self._pool.processes()

    def give(self, folders: list[Node]) -> None:
        """Have them listed, the first one first. They have the same rules, and no link led to them."""
        self._number += 1
        self._given[self._number] = folders
        self._busy += len(folders)
        self._pool.submit([make_task(self._number, folders)])

    def take(self) -> Iterable[tuple[Node, FolderListing | None]]:
        """The listings that came since the last call; None for a folder that could not be listed."""
        if self._answers.empty():
            return ()
        return chain.from_iterable([self._answered(event) for event in self._answers.get()])

    def take_back(self) -> Node:
        """Take back the last folder in its queue, to be listed here; only while ``busy`` is not 0."""
        number, folders = next(reversed(self._given.items()))
        node = folders.pop()
        self._busy -= 1
        if not folders:
            del self._given[number]
        return node

    def _answered(self, event: Event[ListTask, None, Listings]) -> Iterable[tuple[Node, FolderListing | None]]:
        folders = self._given.pop(event.task.number, [])
        self._busy -= len(folders)
        if isinstance(event, Done):
            # Without those at the end that were taken back.
            return zip(folders, map(self._listing, folders, event.result), strict=False)
        self._lost = True  # who failed once is not asked again in this walk
        return [(node, None) for node in folders]

    def _listing(self, node: Node, listed: Listed | None) -> FolderListing | None:
        if listed is None:
            return None
        return FolderListing(
            node.path,
            self._root,
            listed.names,
            listed.numbers,
            listed.device,
            listed.listed_at_ns,
            listed.fingerprint,
            listed.racy,
            listed.entries,
            listed.subfolders,
            None,
            listed.devices,
            listed.later,
            listed.closed,
            listed.targets,
        )


def companion_for(
    root: bytes, settings: Settings, *, network: bool
) -> Callable[[WalkOptions], ListingProcess] | None:
    """What begins such a process for a root. None with a limit on reading: then folders are listed one by one."""
    if settings.io_limit:
        return None
    limits = Limits(settings.worker_memory, settings.parse_timeout, settings.nice)
    at_once = NETWORK_LISTINGS if network else LOCAL_LISTINGS
    return lambda options: ListingProcess(root, options, limits, at_once=at_once)
