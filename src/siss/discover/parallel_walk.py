"""Walks a whole root together with a companion, which lists folders at the same time on another core.

Which folders are listed, by which rules, and what a listing says is as in ``walk_root``; only the order is nobody's.
One thing depends on the order: by which of several links a folder is entered. So links to folders wait until all
that is really there was listed, and then are judged in the order in which ``walk_root`` would come to them. What the
companion cannot list, for whatever reason, is listed here, where an outage is told from a folder that is gone.

Both take the deepest of the folders that wait, so that few do. The walk never waits for its companion: when nothing
else is left, it lists what it gave away, from the other end.
"""

from collections.abc import Callable, Iterable, Iterator
from heapq import heapify, heappop, heappush
from typing import Final, NamedTuple, Protocol

from siss.discover.bounds import LinkPaths, Node, WalkOptions
from siss.discover.ignore import IgnoreRules
from siss.discover.lister import Lister
from siss.discover.listing import FolderListing

SHARE_FOLDERS: Final = 256
"""The most folders that a companion is given at once: a few milliseconds of work."""

LEAST_FOLDERS: Final = 8
"""The fewest: handing over fewer takes longer than listing them."""


class Companion(Protocol):
    """Lists folders on another core, and leaves links to folders for later."""

    @property
    def free(self) -> bool:
        """Whether it can be given folders now."""
        ...

    @property
    def busy(self) -> int:
        """How many folders it was given and has not listed yet."""
        ...

    def give(self, folders: list[Node]) -> None:
        """Have folders listed, in order. All have the same rules, and none was reached through a link."""
        ...

    def take(self) -> Iterable[tuple[Node, FolderListing | None]]:
        """The listings made since the last call; None for a folder that could not be listed."""
        ...

    def take_back(self) -> Node:
        """Take back the folder that it would list last. Only while ``busy``."""
        ...


class _Later(NamedTuple):
    """A folder that waits for its links to be judged. ``names``: its path, by which it is ordered as a walk would.

    ``walked``: the folders below it that were listed before it.
    """

    names: list[bytes]
    node: Node
    walked: frozenset[bytes] = frozenset()


def walk_in_parallel(
    root: bytes,
    rules: IgnoreRules,
    options: WalkOptions,
    companion: Companion,
    *,
    links: LinkPaths,
    should_stop: Callable[[], bool] = bool,
) -> Iterator[FolderListing]:
    """List a root as ``walk_root`` does, in any order. Raises as that does."""
    lister = Lister(root, rules, options, links, whole=True)
    waiting = [lister.top]
    later: list[_Later] = []
    while waiting or companion.busy:
        if should_stop():
            return
        # Half of what waits, and not before it has less than that.
        spare = (len(waiting) - companion.busy) // 2
        if spare >= LEAST_FOLDERS and companion.free:
            companion.give(_share(waiting, spare))
        for node, found in companion.take():
            if found is None:
                waiting.append(node)
                continue
            waiting.extend(reversed(lister.below(node, found)))
            if found.later:
                later.append(_later(node, found.subfolders))
            else:
                yield found
        if not waiting and not companion.busy:
            continue
        # It may be slow, or dead: nobody waits for it.
        node = waiting.pop() if waiting else companion.take_back()
        listing, below = lister.list_folder(node, links=False)
        waiting.extend(reversed(below))
        if listing.later:
            later.append(_later(node, listing.subfolders))
        else:
            yield listing
    yield from _list_links(lister, later, should_stop)
    lister.check_root()


def _list_links(lister: Lister, later: list[_Later], should_stop: Callable[[], bool]) -> Iterator[FolderListing]:
    """List folders that hold links to folders, and what these lead to, in the order of a walk."""
    heapify(later)
    while later:
        if should_stop():
            return
        found = heappop(later)
        listing, below = lister.list_folder(found.node)
        for node in below:
            if node.path not in found.walked:
                heappush(later, _later(node))
        yield listing


def _later(node: Node, walked: Iterable[bytes] = ()) -> _Later:
    return _Later(node.path.split(b"/"), node, frozenset(walked))


def _share(waiting: list[Node], most: int) -> list[Node]:
    """Remove and return folders from the end of those that wait, as many as have the same rules."""
    rules = waiting[-1].rules
    share: list[Node] = []
    while len(share) < min(most, SHARE_FOLDERS) and waiting[-1].rules is rules:
        share.append(waiting.pop())
    return share
