"""Which file a path means."""

import posixpath

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.relate.references import candidate_paths, is_included, judge_reference, possible_names, tail_of, unambiguous

PARTS = st.text("ab.c-_ é", min_size=1, max_size=4).filter(lambda part: part not in {".", ".."})
PATHS = st.lists(PARTS, min_size=1, max_size=6).map(lambda parts: "/" + "/".join(parts))


@pytest.mark.parametrize(
    ("path", "naming", "file", "sure"),
    [
        ("/etc/nginx/nginx.conf", "/nas/a.log", "/etc/nginx/nginx.conf", 1.0),
        ("/etc/nginx/nginx.conf", "/nas/a.log", "/nas/web01/etc/nginx/nginx.conf", 0.7),
        ("/etc/nginx/nginx.conf", "/nas/a.log", "/nas/web01/etc/nginx/nginx.conf.bak", 0),
        ("/etc/nginx/mime.types", "/nas/web01/etc/nginx/nginx.conf", "/nas/web01/etc/nginx/mime.types", 0.9),
        ("/etc/nginx/mime.types", "/nas/web01/etc/nginx/nginx.conf", "/nas/web02/etc/nginx/mime.types", 0.7),
        ("/nginx.conf", "/nas/a.log", "/nas/nginx.conf", 0),
        ("nginx/nginx.conf", "/nas/a.log", "/nas/x/xnginx/nginx.conf", 0),
        ("app.toml", "/nas/api/Dockerfile", "/nas/api/app.toml", 0.9),
        ("app.toml", "/nas/api/Dockerfile", "/nas/web/app.toml", 0),
        ("./setup.cfg", "/nas/scripts/run.sh", "/nas/scripts/setup.cfg", 0.9),
        ("../conf/app.json", "/nas/scripts/run.sh", "/nas/conf/app.json", 0.9),
        ("../conf/app.json", "/nas/scripts/run.sh", "/nas/other/conf/app.json", 0),
        ("conf/app.json", "/nas/run.sh", "/nas/conf/app.json", 0.9),
        ("conf/app.json", "/nas/run.sh", "/nas/other/conf/app.json", 0.7),
        ("~/.ssh/config", "/nas/a", "/nas/home/alice/.ssh/config", 0.7),
        (r"C:\logs\app.log", "/nas/a", "/nas/logs/app.log", 0.9),
        (r"\\nas01\share\app.log", "/x/a", "/nas/share/app.log", 0.7),
        ("/", "/nas/a", "/nas/b", 0),
        ("", "/nas/a", "/nas/b", 0),
    ],
)
def test_a_path_means_a_file(path: str, naming: str, file: str, sure: float):
    assert judge_reference(path, naming, file) == sure
    at, tails = candidate_paths(path, naming)
    assert (sure > 0) <= (file in at or tail_of(file) in tails)


@given(PATHS)
def test_every_name_that_is_tried_means_the_file(file: str):
    folder = posixpath.dirname(file)
    places = [posixpath.normpath(posixpath.join(folder, place, "naming")) for place in (".", "..", "x", "../x")]
    for name in possible_names(file):
        assert any(judge_reference(name, naming, file) for naming in places), name


def test_folders_that_are_read_as_a_whole():
    folders = (
        "/etc/nginx/conf.d",
        "sites-enabled",
        "app.service.d",
        "/etc/nginx",
        "/var/log",
        "build",
        "/etc/cron.daily",
    )
    assert [is_included(folder) for folder in folders] == [True, True, True, False, False, False, False]


def test_a_file_may_be_named_by_its_bare_name_beside_it():
    assert {"app.toml", "./app.toml", "api/app.toml"} <= set(possible_names("/nas/api/app.toml"))


def test_an_exact_path_rules_out_all_others():
    assert unambiguous([("/a/b", 1.0), ("/x/a/b", 0.7)]) == {"/a/b": 1.0}
    assert unambiguous([("/x/a/b", 0.7), ("/y/a/b", 0.7), ("/z", 0.0)]) == {"/x/a/b": 0.35, "/y/a/b": 0.35}
    assert unambiguous([]) == {}
