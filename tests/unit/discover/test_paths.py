import os
import re
import unicodedata
from pathlib import Path

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from siss.discover.paths import comparison_key, find_raw, join_raw, join_shown, map_path, shown_path

raw_names = st.one_of(
    st.binary(min_size=1, max_size=40),
    st.text(min_size=1, max_size=20).map(lambda text: text.encode("utf-8", "surrogatepass")),
    # Names that look like escapes of other names.
    st.lists(st.sampled_from([b"\\", b"x", b"ff", b"\xff", b"5c", b"u", b"0085", b"\x0a", b"0a", b"\xc2\x85"])).map(
        b"".join
    ),
).map(lambda raw: raw.replace(b"\0", b"").replace(b"/", b"") or b"a")


def unescape(shown: str) -> bytes:
    """The inverse of ``shown_path``, up to NFC."""
    parts = re.split(r"(\\x[0-9a-f]{2}|\\u[0-9a-f]{4})", shown)
    out = b""
    for part in parts:
        if re.fullmatch(r"\\x[0-9a-f]{2}", part):
            out += bytes.fromhex(part[2:])
        elif re.fullmatch(r"\\u[0-9a-f]{4}", part):
            out += bytes.fromhex(part[2:]).decode("utf-16-be").encode()
        else:
            out += part.encode()
    return out


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        (b"logs/app.log", "logs/app.log"),
        ("cafe\u0301.txt".encode(), "caf\u00e9.txt"),
        (b"caf\xe9.txt", "caf\\xe9.txt"),
        (b"a\nb\x1b[31m", "a\\x0ab\\x1b[31m"),
        (b"back\\slash", "back\\slash"),
        (b"looks\\xe9like", "looks\\x5cxe9like"),
        (b"ends\\", "ends\\"),
        ("c1\u0085 bidi\u202e sep\u2028".encode(), "c1\\u0085 bidi\\u202e sep\\u2028"),
        ("日本/ログ.txt".encode(), "日本/ログ.txt"),
        (b"\xed\xa0\x80", "\\xed\\xa0\\x80"),
    ],
)
def test_what_is_shown(raw: bytes, shown: str) -> None:
    assert shown_path(raw) == shown


@given(raw_names)
@example(b"\\x5c")
@example(b"\\\\xff")
@example(b"\\x\xff")
def test_shown_names_tell_different_names_apart(raw: bytes) -> None:
    text = raw.decode("utf-8", "surrogateescape")
    assert unescape(shown_path(raw)) == unicodedata.normalize("NFC", text).encode("utf-8", "surrogateescape")


@given(raw_names)
def test_shown_names_are_harmless_text(raw: bytes) -> None:
    shown = shown_path(raw)
    shown.encode()
    assert not [char for char in shown if unicodedata.category(char) in {"Cc", "Cs", "Zl", "Zp"}]


@given(raw_names, raw_names, st.booleans())
def test_a_folder_and_a_name_can_be_joined_in_every_form(folder: bytes, name: bytes, folded: bool) -> None:
    whole = join_raw(folder, name)
    assert shown_path(whole) == join_shown(shown_path(folder), shown_path(name))
    assert comparison_key(whole, folded) == comparison_key(folder, folded) + b"/" + comparison_key(name, folded)


@given(raw_names, st.booleans())
def test_keys_are_stable(raw: bytes, folded: bool) -> None:
    key = comparison_key(raw, folded)
    assert comparison_key(key, folded) == key
    if not folded:
        text = raw.decode("utf-8", "surrogateescape")
        assert comparison_key(unicodedata.normalize("NFD", text).encode("utf-8", "surrogateescape"), False) == key


def test_keys_fold_case_only_where_asked() -> None:
    upper, lower = "ÄRGER.TXT".encode(), "a\u0308rger.txt".encode()
    assert comparison_key(upper, True) == comparison_key(lower, True)
    assert comparison_key(upper, False) != comparison_key(lower, False)
    assert comparison_key(b"caf\xe9", True) != comparison_key(b"caf\xc9", True)


@pytest.mark.parametrize(
    ("shown", "mapped"),
    [
        ("/volume1/data/logs/a", "/mnt/nas/logs/a"),
        ("/volume1/data", "/mnt/nas"),
        ("/volume1/database", None),
        ("/volume1/data/win/a/b", "Z:\\a\\b"),
        ("/volume1/data/win", "Z:\\"),
        ("/share/x/y", "\\\\nas\\share\\x\\y"),
        ("/web/a", "smb://nas/a"),
    ],
)
def test_mapping_to_the_users_own_mount(shown: str, mapped: str | None) -> None:
    mapping = {
        "/volume1/data": "/mnt/nas/",
        "/volume1/data/win": "Z:\\",
        "/share/": "\\\\nas\\share",
        "/web": "smb://nas",
    }
    assert map_path(shown, mapping) == mapped


def test_mapping_the_root_of_the_file_system() -> None:
    assert map_path("/a", {"/": "/mnt"}) == "/mnt/a"
    assert map_path("/mnt/a", {"/mnt": "/"}) == "/a"
    assert map_path("/mnt", {"/mnt": "/"}) == "/"


def test_a_redacted_path_can_be_opened_by_nobody() -> None:
    assert map_path("/a/x-«secret:jwt:0123456789abcdef».log", {"/a": "/mnt"}) is None


def test_a_shown_path_leads_to_the_name_on_the_disk(tmp_path: Path) -> None:
    root = os.fsencode(tmp_path)
    for raw in (b"U\xcc\x88ber/a\nb/\xff", "\u00dcber/plain".encode(), b"plain"):
        os.makedirs(root + b"/" + raw)
    assert find_raw(root, "plain") == b"plain"
    assert find_raw(root, "\u00dcber/plain") == "\u00dcber/plain".encode()
    os.rename(root + "/\u00dcber".encode(), root + b"/else")
    assert find_raw(root, "\u00dcber/a\\x0ab/\\xff") == b"U\xcc\x88ber/a\nb/\xff"
    assert find_raw(root, "no/such") == b"no/such"
