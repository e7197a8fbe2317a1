from collections.abc import Sequence
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from siss.discover.changes import compare_folder
from siss.discover.listing import Failure, FolderListing, SkippedEntry, fingerprint
from siss.discover.paths import comparison_key, join_raw
from siss.model.coverage import Gap, Reason
from siss.model.file import FileStat
from siss.model.ids import FileId
from siss.model.ingest import KnownFile

NOW = 1_800_000_000_000_000_000
SECOND = 1_000_000_000
OLD = NOW - 3600 * SECOND


def stat(size: int = 1, mtime_ns: int = OLD, inode: int = 1, device: int = 7) -> FileStat:
    return FileStat(size, mtime_ns, inode, device)


def listing(
    files: dict[bytes, FileStat],
    path: bytes = b"logs",
    failure: Failure | None = None,
    entries: Sequence[SkippedEntry] = (),
) -> FolderListing:
    names = sorted(files)
    numbers = [number for name in names for number in (files[name].size, files[name].mtime_ns, files[name].inode)]
    return FolderListing(
        path, b"/nas", names, numbers, 7, NOW, fingerprint(names, numbers, entries), False, entries, (), failure
    )


def known(number: int, name: bytes, at: FileStat, *, missing: bool = False, folded: bool = False) -> KnownFile:
    path = join_raw(b"logs", name)
    return KnownFile(FileId(number), path, comparison_key(path, folded), at, missing)


def test_every_kind_of_change() -> None:
    seen = listing(
        {
            b"same": stat(inode=1),
            b"new": stat(inode=2),
            b"grown": stat(size=9, inode=3),
            b"touched": stat(mtime_ns=OLD + 1, inode=4),
            b"replaced": stat(inode=55),
            b"back": stat(inode=6),
            b"back-changed": stat(size=2, inode=7),
        }
    )
    changes = compare_folder(
        seen,
        [
            known(1, b"same", stat(inode=1)),
            known(3, b"grown", stat(inode=3)),
            known(4, b"touched", stat(inode=4)),
            known(5, b"replaced", stat(inode=5)),
            known(6, b"back", stat(inode=6), missing=True),
            known(7, b"back-changed", stat(inode=7), missing=True),
            known(8, b"gone", stat(inode=8)),
            known(9, b"still-gone", stat(inode=9), missing=True),
        ],
    )
    assert [file.path for file in changes.added] == [b"logs/new"]
    assert [file.shown for file in changes.added] == ["logs/new"]
    assert {number for number, _ in changes.changed} == {3, 4, 5, 7}
    assert dict(changes.changed)[FileId(3)] == stat(size=9, inode=3)
    assert changes.returned == [6]
    assert [file.id for file in changes.vanished] == [8]
    assert changes.renamed == []
    assert changes.racy == []


def test_another_device_is_no_change() -> None:
    changes = compare_folder(listing({b"a": stat()}), [known(1, b"a", stat(device=99))])
    assert changes == compare_folder(listing({b"a": stat()}), [known(1, b"a", stat())])
    assert not changes.changed


def test_young_files_are_looked_at_again_and_future_ones_are_not() -> None:
    times = {b"young": NOW - SECOND, b"now": NOW, b"next": NOW + SECOND, b"future": NOW + 60 * SECOND, b"old": OLD}
    files = {name: stat(mtime_ns=time) for name, time in times.items()}
    seen = listing(files)
    known_files = [known(number, name, at) for number, (name, at) in enumerate(files.items())]
    assert {number for number, _ in compare_folder(seen, known_files).racy} == {0, 1, 2}
    later = compare_folder(seen, known_files, since_ns=OLD + SECOND)
    assert {number for number, _ in later.racy} == {0, 1, 2, 4}


def test_nothing_vanishes_from_a_folder_that_could_not_be_read() -> None:
    files = [known(1, b"a", stat())]
    for failure in (Failure.DENIED, Failure.BROKEN):
        assert compare_folder(listing({}, failure=failure), files).vanished == []
    assert compare_folder(listing({}, failure=Failure.GONE), files).vanished == files
    assert compare_folder(listing({}), files).vanished == files


def test_what_could_not_be_looked_at_stays_known() -> None:
    entries = [
        SkippedEntry(b"unsure", Gap(Reason.READ_ERROR), unsure=True),
        SkippedEntry(b"ignored", Gap(Reason.IGNORED)),
    ]
    files = [known(1, b"unsure", stat()), known(2, b"ignored", stat())]
    assert compare_folder(listing({}, entries=entries), files).vanished == [files[1]]


def test_another_spelling_is_the_same_file() -> None:
    seen = listing({b"readme.TXT": stat(), "caf\u00e9".encode(): stat(inode=2, size=5)})
    files = [
        known(1, b"README.txt", stat(), folded=True),
        known(2, "cafe\u0301".encode(), stat(inode=2), folded=True),
    ]
    changes = compare_folder(seen, files, case_insensitive=True)
    assert [(number, file.path) for number, file in changes.renamed] == [
        (2, "logs/caf\u00e9".encode()),
        (1, b"logs/readme.TXT"),
    ]
    assert [number for number, _ in changes.changed] == [2]
    assert changes.added == []
    assert changes.vanished == []


def test_case_matters_where_it_does() -> None:
    changes = compare_folder(listing({b"readme": stat()}), [known(1, b"README", stat())])
    assert len(changes.added) == len(changes.vanished) == 1


def test_two_spellings_at_once_are_a_conflict_and_no_rename() -> None:
    seen = listing({b"a": stat(), b"A": stat(inode=2)})
    changes = compare_folder(seen, [known(1, b"a", stat(), folded=True)], case_insensitive=True)
    assert [file.path for file in changes.added] == [b"logs/A"]
    assert not changes.renamed
    changes = compare_folder(
        listing({b"ab": stat(), b"AB": stat()}), [known(1, b"Ab", stat(), folded=True)], case_insensitive=True
    )
    assert len(changes.added) == 2
    assert [file.id for file in changes.vanished] == [1]


names = st.sampled_from([b"a", b"A", b"b", b"\xff", "é".encode(), "e\u0301".encode()])
stats = st.builds(
    stat, size=st.integers(0, 2), inode=st.integers(1, 3), mtime_ns=st.sampled_from([OLD, NOW, NOW * 2])
)


@given(st.dictionaries(names, stats), st.dictionaries(names, st.tuples(stats, st.booleans())), st.booleans())
def test_applying_the_changes_gives_the_listing(
    files: dict[bytes, FileStat], before: dict[bytes, tuple[FileStat, bool]], folded: bool
) -> None:
    known_files = [
        known(number, name, at, missing=missing, folded=folded)
        for number, (name, (at, missing)) in enumerate(before.items())
    ]
    changes = compare_folder(listing(files), known_files, case_insensitive=folded)
    after = {file.id: file for file in known_files}
    for number, at in changes.changed:
        after[number] = replace(after[number], stat=at, missing=False)
    for number in changes.returned:
        after[number] = replace(after[number], missing=False)
    for number, seen in changes.renamed:
        after[number] = replace(after[number], path=seen.path)
    for file in changes.vanished:
        after[file.id] = replace(after[file.id], missing=True)
    found = {file.path: file.stat for file in after.values() if not file.missing}
    found.update((file.path, file.stat) for file in changes.added)
    assert found == {b"logs/" + name: at for name, at in files.items()}
    assert sum(not file.missing for file in after.values()) + len(changes.added) == len(files)
