"""The folders of a root that are watched on Linux, and what an event in one of them means."""

import errno
import os
from collections.abc import Callable
from typing import Final

from siss.discover import inotify
from siss.discover.batches import MAX_PLACES, Pending, topmost
from siss.discover.bounds import LinkPaths, WalkOptions
from siss.discover.folder_map import FolderMap
from siss.discover.ignore import IGNORE_FILE, IgnoreRules
from siss.discover.inotify import Event, Inotify
from siss.discover.paths import absolute_path, join_raw
from siss.discover.walk import walk_folders

_APPEARED: Final = inotify.IN_CREATE | inotify.IN_MOVED_TO
_DISAPPEARED: Final = inotify.IN_DELETE | inotify.IN_MOVED_FROM
_ROOT_LEFT: Final = inotify.IN_DELETE_SELF | inotify.IN_MOVE_SELF | inotify.IN_UNMOUNT
_NOT_WATCHABLE: Final = {errno.ENOENT, errno.ENOTDIR, errno.EACCES, errno.EPERM, errno.ENAMETOOLONG, errno.ELOOP}


class WatchedTree:
    """One watch a folder, kept in step with the folders that ``walk_root`` lists; not for two threads at once.

    ``unwatched``: folders that appeared and have to be covered; ``gone``: the root is not where it was. Changes
    are noted in ``pending``. A folder that links lead to as well has one watch and several paths.
    """

    def __init__(self, root: bytes, rules: IgnoreRules, options: WalkOptions, pending: Pending) -> None:
        """Raises ``OSError`` where the system has no room for another watcher."""
        self.unwatched: set[bytes] = {b""}
        self.gone = False
        self._root = root
        self._rules = rules
        self._options = options
        self._pending = pending
        self._links: LinkPaths = {}
        self._watches = FolderMap[int]()
        self._folders: dict[int, dict[bytes, IgnoreRules]] = {}
        self._inotify = Inotify()

    def fileno(self) -> int:
        """The descriptor that is readable when ``drain`` has something to do."""
        return self._inotify.fileno()

    def close(self) -> None:
        """Watch nothing any more."""
        self._inotify.close()

    def cover(self, should_stop: Callable[[], bool]) -> None:
        """Watch the folders that appeared, and those below them.

        Raises ``OSError`` where a limit is reached, ``NasUnavailableError`` where the root is away.
        """
        waiting = topmost(self.unwatched) if len(self.unwatched) <= MAX_PLACES else [b""]
        self.unwatched.clear()
        for start in waiting:
            before = set(self._watches.below(start))
            for path, rules in walk_folders(
                self._root, self._rules, self._options, start=start, links=self._links, should_stop=should_stop
            ):
                self._watch(path, rules)
                before.discard(path)
            if not should_stop():
                # Ignored by now, or moved away while events were lost.
                for path in before:
                    self._forget(path)

    def drain(self) -> None:
        """Take the events that wait, one buffer full at the most."""
        for event in self._inotify.read():
            self._take(event)

    def _watch(self, path: bytes, rules: IgnoreRules) -> None:
        try:
            watch = self._inotify.add(absolute_path(self._root, path))
        except OSError as error:
            if error.errno not in _NOT_WATCHABLE:
                raise
            return
        if (before := self._watches.get(path)) is not None and before != watch:
            self._forget(path)
        self._watches[path] = watch
        self._folders.setdefault(watch, {})[path] = rules

    def _forget(self, path: bytes) -> None:
        watch = self._watches.pop(path)
        if watch is None:
            return
        paths = self._folders.get(watch, {})
        paths.pop(path, None)
        if not paths:
            self._folders.pop(watch, None)
            self._inotify.remove(watch)

    def _forget_below(self, folder: bytes) -> None:
        if folder in self._watches:
            for path in list(self._watches.below(folder)):
                self._forget(path)

    def _take(self, event: Event) -> None:
        if event.mask & inotify.IN_Q_OVERFLOW:
            self._pending.everything("more events than the kernel keeps")
            self.unwatched.add(b"")
            return
        folders = self._folders.get(event.watch)
        if folders is None:
            return
        if event.mask & _ROOT_LEFT and b"" in folders:
            self.gone = True
            self._pending.everything("the root is gone")
        elif event.mask & inotify.IN_IGNORED:
            for path in tuple(folders):
                self._watches.pop(path)
            del self._folders[event.watch]
        elif event.mask & inotify.IN_UNMOUNT:
            # A scan of all tells an outage from a deletion.
            self._pending.everything("a file system below the root went away")
        elif not event.name:
            for path in folders:
                (self._pending.trees if event.mask & _ROOT_LEFT else self._pending.folders).add(path)
        else:
            for path, rules in tuple(folders.items()):
                self._take_named(path, rules, event)

    def _take_named(self, folder: bytes, rules: IgnoreRules, event: Event) -> None:
        """An event of one entry of a folder, by one of the folder's paths."""
        mask, name = event.mask, event.name
        is_folder = bool(mask & inotify.IN_ISDIR)
        if not is_folder and not mask & (_APPEARED | _DISAPPEARED) and folder in self._pending.folders:
            return
        if rules.find(folder, name, is_folder):
            return
        path = join_raw(folder, name)
        if not is_folder and name == IGNORE_FILE:
            self._pending.trees.add(folder)
            self.unwatched.add(folder)
            return
        if mask & _APPEARED and (is_folder or os.path.islink(absolute_path(self._root, path))):
            self._pending.trees.add(path)
            self.unwatched.add(path)
        elif mask & _DISAPPEARED and (is_folder or path in self._watches):
            self._pending.trees.add(path)
            self._forget_below(path)
        elif is_folder and path not in self._watches:
            # A folder that could not be watched may be open to us now (chmod).
            self._pending.trees.add(path)
            self.unwatched.add(path)
        self._pending.folders.add(folder)
