"""Keeps one root in view: scans it, follows its events or polls it, and leaves it alone while it is away."""

import asyncio
import contextlib
import time
from collections.abc import AsyncGenerator

from siss.app.ingest.availability import Waits
from siss.app.ingest.roots.scanner import RootScanner
from siss.discover.batches import WatchBatch
from siss.discover.watch import watch_root
from siss.errors import DatabaseDamagedError, NasUnavailableError, SissError, UnavailableError
from siss.logs import get_logger
from siss.model.file import WatchMode
from siss.settings import Settings

REST_SHARE = 3
"""After handling events, rest for so many times as long: at most a quarter of the time goes there."""

LONGEST_REST = 5.0
"""The longest such rest, in seconds."""

_log = get_logger(__name__)


class RootKeeper:
    """Has a root scanned whenever something in it may have changed, for as long as the service runs."""

    def __init__(self, scanner: RootScanner, settings: Settings, waits: Waits) -> None:
        self.shown = scanner.shown
        self._scanner = scanner
        self._settings = settings
        self._waits = waits
        self._going = asyncio.Event()
        self._going.set()

    def set_paused(self, paused: bool) -> None:
        """Hold back new scans, or let them go on."""
        if paused:
            self._going.clear()
        else:
            self._going.set()

    async def run(self) -> None:
        """Keep the root in view until cancelled."""
        while True:
            await self._going.wait()
            try:
                probe = await self._scanner.probe()
                if not probe.available:
                    await self._wait_until_back()
                    continue
                if self._scanner.watch_mode(probe) is WatchMode.EVENTS:
                    await self._watch()
                else:
                    await self._scan_or_leave()
                    await asyncio.sleep(self._polls_every())
            except NasUnavailableError as error:
                with contextlib.suppress(UnavailableError):
                    await self._scanner.set_away(error.message)
                await self._wait_until_back()
            except UnavailableError as error:
                await self._waits.wait_to_retry(self.shown, f"the root {self.shown} waits", error)
            except DatabaseDamagedError:
                raise
            except SissError as error:
                # One root's trouble (a name that the database refuses) leaves the others and the service alone.
                _log.exception("a root cannot be looked at; trying again", root=self.shown, error=str(error))
                await asyncio.sleep(self._settings.nas_retry)

    async def _watch(self) -> None:
        """Follow events, with a scan now and then, until the watch ends or something is mounted or unmounted."""
        scanner, context = self._scanner, self._scanner.context
        standing, probed = scanner.standing, time.monotonic()
        batches = watch_root(scanner.root.path, context.rules, context.options)
        try:
            due = time.monotonic() + self._interval()
            batch = asyncio.ensure_future(anext(batches))
            left = asyncio.ensure_future(scanner.away.wait())
            while True:
                probe_in = probed + self._settings.nas_retry - time.monotonic()
                timeout = max(min(due - time.monotonic(), scanner.racy_seconds(), probe_in), 0.0)
                done, _ = await asyncio.wait([batch, left], timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
                await self._going.wait()
                if left in done:
                    return await self._wait_until_back()
                if done:
                    found = batch.result()
                    if found.ended:
                        return await self._poll_instead(found.reason)
                    await self._look_and_rest(found)
                    batch = asyncio.ensure_future(anext(batches))
                if time.monotonic() >= due:
                    await self._scan_or_leave()
                    due = time.monotonic() + self._interval()
                if time.monotonic() >= probed + self._settings.nas_retry:
                    await scanner.probe()
                    probed = time.monotonic()
                if scanner.standing != standing:
                    return None  # events come from what is mounted, and from nothing else
                await scanner.scan_racy()
        finally:
            left.cancel()
            batch.cancel()
            with contextlib.suppress(asyncio.CancelledError, StopAsyncIteration):
                await batch
            await _close(batches)

    async def _scan_or_leave(self) -> None:
        """Scan. Raises ``NasUnavailableError`` if the root turns out to be away; it is probed from then on."""
        report = await self._scanner.scan()
        if report.outage:
            raise NasUnavailableError(report.outage, root=self.shown)

    async def _poll_instead(self, reason: str) -> None:
        """Scan and poll after events have ended, because the root is gone or a limit of the system is reached."""
        await self._scan_or_leave()
        _log.warning("a root is polled from now on", root=self.shown, reason=reason)
        await self._scanner.set_available(WatchMode.POLLING, reason)
        await asyncio.sleep(self._polls_every())

    async def _look_and_rest(self, batch: WatchBatch) -> None:
        """Scan where something changed; if that took long, as in a folder of many files, rest for a while."""
        began = time.monotonic()
        await self._look(batch)
        if not batch.everything:
            await asyncio.sleep(min(REST_SHARE * (time.monotonic() - began), LONGEST_REST))

    async def _look(self, batch: WatchBatch) -> None:
        if batch.everything:
            await self._scan_or_leave()
        else:
            await self._scanner.scan_parts(batch.folders, batch.trees)

    async def _wait_until_back(self) -> None:
        """Wait until it is time to probe again, or until a scan that somebody asked for found the root there."""
        # Not wait_for: in Python 3.11 it may swallow that this task is cancelled.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._settings.nas_retry):
                await self._scanner.back.wait()

    def _interval(self) -> float:
        return self._settings.scan_interval or 1e9

    def _polls_every(self) -> float:
        return self._interval() if self._settings.watch == "off" else self._settings.poll_interval or 1e9


async def _close(batches: AsyncGenerator[WatchBatch, None]) -> None:
    with contextlib.suppress(RuntimeError):
        await batches.aclose()
