"""Rights, and spellings of paths."""

import pytest

from siss.app.coverage import spellings
from siss.app.operate import status_for
from siss.app.rights import require_everything, require_raw, require_role
from siss.errors import ForbiddenError
from siss.model.principal import LOCAL, Principal, Role
from siss.model.stats import IngestStatus

READER = Principal("r", Role.READER, ("/nas/a",))


def test_roles_include_the_ones_below():
    require_role(LOCAL, Role.EDITOR, "It")
    require_role(Principal("e", Role.EDITOR), Role.READER, "It")
    with pytest.raises(ForbiddenError, match="It needs the role editor; r is reader"):
        require_role(READER, Role.EDITOR, "It")


def test_whole_index_deeds_need_the_whole_index():
    require_everything(LOCAL, "It")
    for require in (lambda: require_everything(READER, "It"), lambda: require_raw(READER)):
        with pytest.raises(ForbiddenError):
            require()


def test_a_scoped_principal_learns_nothing_of_others_files():
    status = IngestStatus("indexing", pending=7, current=("/nas/b/secret.txt",), indexed=9)
    assert status_for(status, READER) == IngestStatus("indexing")
    assert status_for(status, LOCAL) is status


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("/nas/a/x", ["/nas/a/x"]),
        ("/mnt/n/x/", ["/mnt/n/x", "/nas/a/x"]),
        ("/mnt/nx", ["/mnt/nx"]),
        ("Z:\\x\\y", ["Z:\\x\\y", "/nas/b/x/y"]),
        ("u\u0308", ["ü"]),
        ("/nas/a\nb\u202e", ["/nas/a\nb\u202e", "/nas/a\\x0ab\\u202e"]),
        ("/nas/a\\x0ab", ["/nas/a\\x0ab"]),
        ("/nas/\u00a0\\x0ab", ["/nas/\u00a0\\x0ab", "/nas/\u00a0\\x5cx0ab"]),
    ],
)
def test_paths_as_clients_spell_them(given, found):
    assert spellings(given, {"/nas/a": "/mnt/n", "/nas/b": "Z:\\"}) == found
