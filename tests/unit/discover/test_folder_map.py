from hypothesis import given
from hypothesis import strategies as st

from siss.discover.folder_map import FolderMap

PATHS = st.lists(st.sampled_from([b"", b"a", b"b", b"ab", b"a/x", b"a/x/y", b"a/xy", b"b/x/y/z", b"a-", b"a/x/y/z"]))


def is_below(path: bytes, folder: bytes) -> bool:
    return not folder or path == folder or path.startswith(folder + b"/")


@given(PATHS, PATHS)
def test_it_knows_what_a_dict_knows_and_what_is_below_each(added: list[bytes], removed: list[bytes]) -> None:
    plain: dict[bytes, int] = {}
    found = FolderMap[int]()
    for number, path in enumerate(added):
        plain[path] = found[path] = number
    for path in removed:
        assert found.pop(path) == plain.pop(path, None)
    assert dict(found.items()) == plain
    assert len(found) == len(plain)
    for folder in {b"", b"c", *added, *removed}:
        assert found.get(folder) == plain.get(folder)
        assert (folder in found) == (folder in plain)
        assert sorted(found.below(folder)) == sorted(path for path in plain if is_below(path, folder))
        assert found.children(folder) == sorted(path for path in plain if path and path.rpartition(b"/")[0] == folder)


def test_what_is_forgotten_leaves_nothing_behind() -> None:
    found = FolderMap((path, 1) for path in (b"a/b/c", b"a/b"))
    found.pop(b"a/b/c")
    found.pop(b"a/b")
    found[b"z"] = 2
    assert list(found.below(b"")) == [b"z"]
    assert found._inside == {b"": {b"z"}}
