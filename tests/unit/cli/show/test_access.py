"""Keys, shown to people."""

from siss.cli.show.access import show_keys

KEY = {
    "id": "bdtEyIZ9HP0U",
    "name": "first admin",
    "role": "admin",
    "scopes": None,
    "raw": True,
    "requests_per_minute": 0,
    "state": "active",
    "last_used_at": "2026-11-23T16:43:03Z",
    "expires_at": None,
    "revoked_at": None,
    "ended_at": None,
}


def test_a_keys_id_is_in_one_piece_on_a_narrow_screen(capsys, monkeypatch):
    monkeypatch.setenv("COLUMNS", "80")
    show_keys({"items": [KEY, KEY | {"name": "a key with a long name", "scopes": ["/nas/logs/of/the/third/floor"]}]})
    shown = capsys.readouterr().out
    assert shown.count("bdtEyIZ9HP0U") == 2
    assert max(map(len, shown.splitlines())) <= 80
