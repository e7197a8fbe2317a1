"""Walk and fingerprint throughput beside bare ``os.scandir`` with stat, on a tree made for it and removed after.

python -m bench.scan_walk [FILES] [PER_FOLDER]
"""

import multiprocessing
import os
import sys
import tempfile
import time
from multiprocessing import forkserver
from pathlib import Path

from siss.app.ingest.roots.companion import ListingProcess
from siss.app.processes.wire import Limits
from siss.discover.bounds import WalkOptions
from siss.discover.changes import compare_folder
from siss.discover.ignore import IGNORE_FILE, make_rules
from siss.discover.parallel_walk import walk_in_parallel
from siss.discover.walk import walk_root
from siss.model.ids import FileId
from siss.model.ingest import KnownFile


def make_tree(folder: str, files: int, per_folder: int) -> None:
    for first in range(0, files, per_folder):
        below = f"{folder}/{first // per_folder % 40}/{first // per_folder}"
        os.makedirs(below)
        for number in range(first, min(files, first + per_folder)):
            os.close(os.open(f"{below}/server-{number:07}.log", os.O_CREAT | os.O_WRONLY))
            os.utime(f"{below}/server-{number:07}.log", (1_700_000_000, 1_700_000_000))


def bare(folder: bytes) -> int:
    count = 0
    waiting = [folder]
    while waiting:
        with os.scandir(waiting.pop()) as scan:
            for entry in scan:
                if entry.is_dir(follow_symlinks=False):
                    waiting.append(entry.path)
                else:
                    entry.stat(follow_symlinks=False)
                    count += 1
    return count


def timed(what: str, count: int, began: float) -> None:
    seconds = time.perf_counter() - began
    load = os.getloadavg()[0]
    print(f"{what:<34} {count:>8} files {seconds:6.2f} s {count / seconds:>10,.0f} files/s  load {load:.1f}")


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 200_000
    per_folder = int(sys.argv[2]) if len(sys.argv) > 2 else 50
    # As in a service, where it runs already.
    multiprocessing.get_context("forkserver").set_forkserver_preload(["siss.app.ingest.roots.companion"])
    forkserver.ensure_running()
    with tempfile.TemporaryDirectory() as folder:
        make_tree(folder, files, per_folder)
        root = os.fsencode(folder)
        for _ in range(2):
            began = time.perf_counter()
            timed("bare scandir and stat", bare(root), began)
            began = time.perf_counter()
            listings = list(walk_root(root, make_rules(), WalkOptions()))
            timed("walk and fingerprint", sum(map(len, listings)), began)
            stored = {listing.path: listing.fingerprint for listing in listings}
            began = time.perf_counter()
            same = 0
            for listing in walk_root(root, make_rules(), WalkOptions()):
                same += len(listing) if stored[listing.path] == listing.fingerprint else 0
            timed("rescan, compared by fingerprint", same, began)
            began = time.perf_counter()
            same = 0
            with ListingProcess(root, WalkOptions(), Limits(1 << 30, 60.0)) as companion:
                for listing in walk_in_parallel(root, make_rules(), WalkOptions(), companion, links={}):
                    same += len(listing) if stored[listing.path] == listing.fingerprint else 0
                timed("the same with a process beside it", same, began)
            known = {
                listing.path: [
                    KnownFile(FileId(1), file.path, file.key, file.stat, missing=False)
                    for file in listing.files(case_insensitive=False)
                ]
                for listing in listings
            }
            began = time.perf_counter()
            same = 0
            for listing in walk_root(root, make_rules(), WalkOptions()):
                changes = compare_folder(listing, known[listing.path])
                same += len(listing) - len(changes.added) - len(changes.changed) - len(changes.racy)
            timed("rescan, every file compared", same, began)
        (Path(folder) / os.fsdecode(IGNORE_FILE)).write_text("*.tmp\n/cache/\n!keep.tmp\n")
        began = time.perf_counter()
        timed("walk with a .sissignore", sum(map(len, walk_root(root, make_rules(), WalkOptions()))), began)


if __name__ == "__main__":
    main()
