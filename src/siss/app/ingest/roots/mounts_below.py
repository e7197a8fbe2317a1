"""The file systems mounted below one root: that one of them is away is an outage of its files, not their deletion."""

import asyncio
from collections.abc import Callable, Collection, Iterable, Mapping
from typing import Final

from siss.discover.mount import Away, find_away
from siss.discover.paths import absolute_path, shown_path
from siss.logs import get_logger
from siss.model.file import Root
from siss.ports.scan_catalog import ScanCatalog

_NONE: Final[Mapping[bytes, Away]] = {}

_log = get_logger(__name__)


class MountsBelow:
    """Remembers where below a root file systems with files were mounted, and tells which of them are away.

    ``present``: relative paths where one was mounted as of the last ``look``.
    """

    def __init__(self, root: Root, catalog: ScanCatalog, timeout: float) -> None:
        """``timeout``: seconds that all of them together have to answer."""
        self.present: frozenset[bytes] = frozenset()
        self._root = root
        self._catalog = catalog
        self._timeout = timeout
        self._away = _NONE
        self._filled: frozenset[bytes] = frozenset()
        self._given_up: frozenset[bytes] = frozenset()
        self._stored: dict[bytes, bool] | None = None

    @property
    def away(self) -> dict[bytes, str]:
        """Why each that is away is so, as of the last ``look``."""
        return _reasons(self._away.items())

    async def look(self, mounted: Collection[bytes]) -> None:
        """Look which are away. ``mounted``: relative paths where something is mounted, as a probe of the root found.

        Raises ``DatabaseUnavailableError``.
        """
        filled = await self._catalog.mounts_with_files(self._root.id)
        found = await asyncio.to_thread(find_away, self._root.path, filled, self._timeout)
        found = {path: away for path, away in found.items() if path not in self._given_up}
        for path in sorted(found.keys() - self._away.keys()):
            _log.warning("a mount below a root is away", mount=self._show(path), reason=found[path].reason)
        for path in sorted(self._away.keys() - found.keys()):
            _log.info("a mount below a root is no longer away", mount=self._show(path))
        self._filled = frozenset(filled) - self._given_up
        self._away, self.present = found, frozenset(mounted).difference(found)

    def look_again(self) -> dict[bytes, str]:
        """Which of those that the last ``look`` knew are away by now, and why. Blocks, ``timeout`` at the most."""
        found = find_away(self._root.path, self._filled | self.present, self._timeout)
        return _reasons((path, away) for path, away in found.items() if not away.emptied or path in self._filled)

    async def remember(self) -> None:
        """Record where file systems are or were mounted. To be called before their files are recorded.

        Raises ``DatabaseUnavailableError``.
        """
        known = {path: path in self._away for path in sorted(self._filled | self.present | self._given_up)}
        if known != self._stored:
            await self._catalog.set_mounts(self._root.id, known)
            self._stored = known

    async def note_links(self, leads_into: Callable[[bytes], bool]) -> None:
        """Record, after a scan of the whole root, into which of them links lead: they may be reached so alone.

        Raises ``DatabaseUnavailableError``.
        """
        if self._stored:
            await self._catalog.link_mounts(
                self._root.id, [path for path in sorted(self.present) if leads_into(path)]
            )

    def give_up(self) -> None:
        """Take those for unmounted on purpose where nothing is mounted, or what is mounted is empty.

        So they are taken until ``give_up_no_more``, whatever others look for meanwhile.
        """
        self._given_up |= {path for path, away in self._away.items() if away.unmounted or away.emptied}
        self._away = {path: away for path, away in self._away.items() if path not in self._given_up}
        self._filled -= self._given_up

    def give_up_no_more(self) -> None:
        """Protect again what is known of those that were given up; where nothing is, they are forgotten."""
        self._given_up = frozenset()

    def _show(self, path: bytes) -> str:
        return shown_path(absolute_path(self._root.path, path))


def _reasons(found: Iterable[tuple[bytes, Away]]) -> dict[bytes, str]:
    return {path: away.reason for path, away in found}
