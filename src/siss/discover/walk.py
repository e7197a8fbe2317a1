"""Walks a root, folder by folder, depth first, by name; one listing a folder.

Nothing recurses and nothing of a folder is kept once it is yielded, so neither depth nor number of files matters.
An error costs its own entry or folder and is on the listing. If the root itself goes away or becomes another file
system while it is walked, the walk ends with ``NasUnavailableError``: whatever was not found after that is an
outage, not a deletion.

A link to a file is a file at the link's path. A link to a folder is entered if it stays in the root and does not
lead to a folder above itself. As every such folder is walked where it really is too, links only add names; so that
a farm of links cannot add more than one further name for each folder, a real folder is entered through links at
one path only, the first one (``LinkPaths``); the others are recorded as ``SYMLINK_REPEATED``.
"""

from collections.abc import Callable, Iterator

from siss.discover.bounds import LinkPaths, WalkOptions
from siss.discover.ignore import IgnoreRules
from siss.discover.lister import Lister
from siss.discover.listing import FolderListing


def walk_root(
    root: bytes,
    rules: IgnoreRules,
    options: WalkOptions,
    *,
    start: bytes = b"",
    recursive: bool = True,
    links: LinkPaths | None = None,
    should_stop: Callable[[], bool] = bool,
) -> Iterator[FolderListing]:
    """List a root, or what is in and below its folder ``start``; with ``recursive`` off, that folder only.

    ``rules``: those at the top of the root. ``links``: kept between walks by a caller that walks parts; a walk of
    the whole root begins it anew. ``should_stop`` is asked before each folder; the walk then ends early, and what
    it did not yield is not to be taken for gone.
    Raises ``NasUnavailableError`` when the root cannot be read, or stops being the folder it was.
    """
    lister = Lister(root, rules, options, {} if links is None else links, whole=not start and recursive)
    first = lister.descend(start)
    if isinstance(first, FolderListing):
        yield first
        return
    waiting = [first]
    while waiting:
        if should_stop():
            return
        listing, below = lister.list_folder(waiting.pop())
        yield listing
        if recursive and below:
            waiting.extend(reversed(below))
    lister.check_root()


def walk_folders(
    root: bytes,
    rules: IgnoreRules,
    options: WalkOptions,
    *,
    start: bytes = b"",
    links: LinkPaths | None = None,
    should_stop: Callable[[], bool] = bool,
) -> Iterator[tuple[bytes, IgnoreRules]]:
    """Each folder that ``walk_root`` lists, with the rules in it, *before* it is read; files are not looked at.

    So a watch that is put on a folder when it is yielded misses nothing that the walk does not see. Errors of
    folders are left to ``walk_root``, which records them. Raises as that does.
    """
    lister = Lister(root, rules, options, {} if links is None else links, whole=not start)
    first = lister.descend(start)
    if isinstance(first, FolderListing):
        return
    waiting = [first]
    while waiting:
        if should_stop():
            return
        node = waiting.pop()
        yield node.path, lister.rules_in(node)[0]
        waiting.extend(reversed(lister.list_folder(node, files=False)[1]))
