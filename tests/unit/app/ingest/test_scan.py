import asyncio
import os
from pathlib import Path
from unittest.mock import AsyncMock

from growth import assert_linear
from siss.app.ingest.roots.context import RootContext
from siss.app.ingest.roots.scan import Scan
from siss.discover.bounds import WalkOptions
from siss.discover.folder_map import FolderMap
from siss.discover.ignore import make_rules
from siss.model.file import Root, RootState, WatchMode
from siss.model.ids import RootId


def test_many_mounts_that_are_away_with_many_folders_cost_a_scan_what_they_are(tmp_path: Path) -> None:
    """Homes that are mounted on demand, for one, of whose server nothing is heard."""
    root = Root(RootId(1), os.fsencode(tmp_path), str(tmp_path), False, RootState.AVAILABLE, WatchMode.EVENTS)
    catalog = AsyncMock()
    catalog.files_in_folders.return_value = {}
    catalog.record_folders.return_value = 0

    def scan(count: int) -> None:
        away = {b"%d" % number: "away" for number in range(count)}
        known = FolderMap((b"%d/logs" % number, b"x") for number in range(count))
        context = RootContext(root, make_rules(), WalkOptions(away=away), known, mounts_away=lambda: away)
        report = asyncio.run(Scan(context, catalog, lambda _: None).whole(outage_fraction=0.5))
        assert (report.missing, report.outage) == (0, "")

    assert_linear(scan, 2400)
    catalog.mark_missing.assert_not_called()
