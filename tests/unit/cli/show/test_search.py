"""What people read of hits."""

import pytest

from siss.cli.show.search import show_search

HIT = {
    "path": "/nas/a.log",
    "path_on_client": None,
    "relaxed": False,
    "chunk_match": {"line": 3, "text": "disk full"},
}
PAGE = {
    "total": 3,
    "total_relation": "eq",
    "relaxed": False,
    "took_ms": 1.0,
    "facets": {},
    "notes": [],
    "cursor": None,
}


@pytest.mark.parametrize(("others", "told"), [([], False), (["/nas/b.log", "/nas/c.log"], True)])
def test_a_pipe_has_one_line_for_equal_bytes_and_the_rest_is_told(capsys, others, told):
    show_search(PAGE | {"items": [HIT | {"other_paths": others}]})
    streams = capsys.readouterr()
    assert streams.out == "/nas/a.log:3: disk full\n"
    assert ("2 more with the same bytes" in streams.err) is told
