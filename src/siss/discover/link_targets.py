"""Remembers where links lead, since a change there is no event in the folder of the link."""

import os
from collections.abc import Collection, Iterable

from siss.discover.folder_map import FolderMap

_MOST_LINKS = 40
"""How many links in a row are followed: the kernel's limit, ``path_resolution(7)``."""


class LinkTargets:
    """The folders that hold links, by the folders that hold their targets, or would if these existed."""

    def __init__(self) -> None:
        self._targets: dict[bytes, frozenset[bytes]] = {}
        self._holders = FolderMap[set[bytes]]()

    def note(self, folder: bytes, targets: Iterable[bytes]) -> None:
        """Replace what is known of a folder's links by their present ``targets``, as relative paths."""
        before, now = self._targets.get(folder, frozenset()), frozenset(targets) - {folder}
        if before == now:
            return
        for target in before - now:
            holders = (self._holders.pop(target) or set()) - {folder}
            if holders:
                self._holders[target] = holders
        for target in now - before:
            self._holders[target] = (self._holders.get(target) or set()) | {folder}
        if now:
            self._targets[folder] = now
        else:
            del self._targets[folder]

    def holders(self, folders: Iterable[bytes], trees: Iterable[bytes]) -> set[bytes]:
        """The folders with links into these folders, or to anything in or below these trees."""
        found: set[bytes] = set()
        if not self._targets:
            return found
        for folder in folders:
            found |= self._holders.get(folder) or set()
        for tree in trees:
            for target in self._holders.below(tree):
                found |= self._holders.get(target) or set()
        return found


def leads_onto(folder: bytes, name: bytes, places: Collection[bytes]) -> bool:
    """Whether an entry leads, through links, to one of these places or below it. None of them is touched.

    ``folder``: absolute, links resolved; ``places``: likewise (a set, for speed).
    """
    real, ahead, links = folder.rstrip(b"/"), [name], 0
    while ahead:
        step = ahead.pop()
        if step in {b"", b"."}:
            continue
        if step == b"..":
            real = real.rpartition(b"/")[0]
            continue
        path = real + b"/" + step
        if path in places:
            return True
        try:
            target = os.readlink(path)
        except OSError:
            real = path
            continue
        links += 1
        if links > _MOST_LINKS:
            return False
        if target.startswith(b"/"):
            real = b""
        ahead += reversed(target.split(b"/"))
    return False


def follow_by_name(link: bytes) -> set[bytes]:
    """The real folders in which a link, and each link that it leads to, names something, whether it exists or not.

    ``link``: an absolute path.
    """
    found: set[bytes] = set()
    for _ in range(_MOST_LINKS):
        try:
            target = os.readlink(link)
        except OSError:
            break
        folder, name = os.path.split(os.path.join(os.path.dirname(link), target))
        real = os.path.realpath(folder)
        found.add(real)
        link = real.rstrip(b"/") + b"/" + name
    return found
