"""Text from local state, bytes from the NAS."""

import asyncio
import errno
import os
import threading
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.api.ranges import Version, disposition, select_range
from siss.api.server import build_api
from siss.app import raw as raw_module
from siss.app.raw import NasReader
from siss.errors import DatabaseUnavailableError, NasUnavailableError, RangeError
from siss.model.coverage import Gap, Reason
from siss.model.file import RootState, SkippedPath
from siss.model.principal import LOCAL
from unit.api.conftest import TEXT, WHEN


async def test_the_text_comes_from_local_state_though_the_nas_is_away(world):
    world.change_root(state=RootState.AWAY)
    response = await world.client.get(f"{world.url}/content")
    assert response.content == TEXT
    assert response.headers["content-type"] == "text/plain; charset=utf-8"
    assert "sandbox" in response.headers["content-security-policy"]


async def test_parts_of_the_text_by_offset_and_length(world):
    response = await world.client.get(f"{world.url}/content?offset=11&length=6")
    assert (response.content, response.headers["x-text-range"]) == (b"second", f"11-17/{len(TEXT)}")
    beyond = await world.client.get(f"{world.url}/content?offset=9999")
    assert (beyond.status_code, beyond.content) == (200, b"")


async def test_a_text_that_cannot_be_read_is_503(world, monkeypatch):
    """The file was found, and then the database went."""

    async def away(*_given):
        raise DatabaseUnavailableError("PostgreSQL does not answer", retry_after=2)

    monkeypatch.setattr(world.services.texts, "read", away)
    response = await world.client.get(f"{world.url}/content")
    assert (response.status_code, response.headers["retry-after"]) == (503, "2")
    assert response.json()["error"]["code"] == "DATABASE_UNAVAILABLE"


async def test_a_file_without_text_says_why(world):
    world.change(content_id=None, text_bytes=0, size=10)
    response = await world.client.get(f"{world.url}/content")
    assert response.status_code == 404
    assert "guessed" in response.json()["error"]["message"]


@pytest.mark.parametrize("size", [0, 3, 20])
async def test_what_was_read_whole_and_holds_nothing_is_an_empty_text(world, size):
    """An empty file, a byte order mark, what gzip makes of nothing."""
    world.change(text_bytes=0, size=size, kind="empty", extent="whole")
    response = await world.client.get(f"{world.url}/content")
    assert (response.status_code, response.content) == (200, b"")


async def test_a_download_is_an_attachment_with_its_own_name_and_hash(world):
    response = await world.client.get(f"{world.url}/download")
    assert response.content == TEXT
    assert response.headers["etag"] == f'"{world.file.sha256.hex()}"'
    assert response.headers["content-disposition"] == (
        "attachment; filename=\"gr__e & more.txt\"; filename*=UTF-8''gr%C3%BC%C3%9Fe%20%26%20more.txt"
    )
    assert response.headers["content-length"] == str(len(TEXT))
    assert response.headers["accept-ranges"] == "bytes"
    head = await world.client.head(f"{world.url}/download")
    assert (head.content, head.headers["content-length"]) == (b"", str(len(TEXT)))


async def test_parts_of_a_download_are_of_one_state_of_the_file(world):
    """``If-Match`` and ``If-Unmodified-Since``: who fetches a file in parts is told where it became another."""
    url = f"{world.url}/download"
    whole = await world.client.get(url)
    tag, date, long_ago = whole.headers["etag"], whole.headers["last-modified"], "Mon, 01 Jan 2001 00:00:00 GMT"
    for headers, status in (
        ({"If-Match": tag}, 206),
        ({"If-Match": f'"other", {tag}'}, 206),
        ({"If-Match": "*"}, 206),
        ({"If-Match": '"other"'}, 412),
        ({"If-Match": f"W/{tag}"}, 412),
        ({"If-Unmodified-Since": date}, 206),
        ({"If-Unmodified-Since": long_ago}, 412),
        ({"If-Unmodified-Since": long_ago, "If-Match": tag}, 206),
        ({"If-Unmodified-Since": "some day"}, 206),
    ):
        answer = await world.client.get(url, headers={"Range": "bytes=0-1", **headers})
        assert answer.status_code == status, headers


async def test_ranges_and_conditions(world):
    url = f"{world.url}/download"
    part = await world.client.get(url, headers={"Range": "bytes=6-9"})
    assert (part.status_code, part.content) == (206, TEXT[6:10])
    assert part.headers["content-range"] == f"bytes 6-9/{len(TEXT)}"
    assert (await world.client.get(url, headers={"Range": "bytes=-5"})).content == TEXT[-5:]
    beyond = await world.client.get(url, headers={"Range": "bytes=99-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{len(TEXT)}")
    assert beyond.json()["error"]["code"] == "RANGE_NOT_SATISFIABLE"
    tag = part.headers["etag"]
    assert (await world.client.get(url, headers={"If-None-Match": f'"x", {tag}'})).status_code == 304
    since = part.headers["last-modified"]
    assert (await world.client.get(url, headers={"If-Modified-Since": since})).status_code == 304
    kept = await world.client.get(url, headers={"Range": "bytes=0-1", "If-Range": tag})
    changed = await world.client.get(url, headers={"Range": "bytes=0-1", "If-Range": '"other"'})
    assert (kept.status_code, changed.status_code) == (206, 200)


async def test_a_changed_file_is_sent_as_it_is_now_under_a_weak_tag(world):
    world.path.write_bytes(b"new bytes")
    response = await world.client.get(f"{world.url}/download")
    assert response.content == b"new bytes"
    assert response.headers["etag"].startswith('W/"')
    again = await world.client.get(
        f"{world.url}/download", headers={"Range": "bytes=0-1", "If-Range": response.headers["etag"]}
    )
    assert again.status_code == 200


async def test_a_nas_that_is_away_is_503_with_retry_after(world):
    world.change_root(state=RootState.AWAY, reason="no route")
    response = await world.client.get(f"{world.url}/download")
    assert (response.status_code, response.headers["retry-after"]) == (503, "30")
    assert response.json()["error"]["code"] == "NAS_UNAVAILABLE"
    assert (await world.client.get(world.url)).status_code == 200


async def test_a_file_of_a_share_below_the_root_that_is_away_is_503(world):
    (world.path.parent / "other").touch()
    world.path.unlink()
    folder = str(world.path.parent)
    world.catalog.skipped_paths[folder] = SkippedPath(folder, Gap(Reason.MOUNT_AWAY, detail="nothing is mounted"))
    response = await world.client.get(f"{world.url}/download")
    assert (response.status_code, response.headers["retry-after"]) == (503, "30")
    assert f"{folder}: nothing is mounted" in response.json()["error"]["message"]


async def test_a_vanished_file_is_404(world):
    (world.path.parent / "other").touch()
    world.path.unlink()
    assert (await world.client.get(f"{world.url}/content?raw=true")).status_code == 404


async def test_a_link_swapped_in_that_leaves_the_root_is_refused(world, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("root:x:0:0")
    world.path.unlink()
    world.path.symlink_to(secret)
    response = await world.client.get(f"{world.url}/download")
    assert response.status_code == 403
    assert b"root:x" not in response.content


async def test_a_folder_swapped_for_a_link_that_leaves_the_root_is_refused(world, tmp_path):
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "f").write_text("secret")
    inside = tmp_path / "root" / "sub"
    inside.symlink_to(outside)
    world.catalog.raw_paths[5] = os.fsencode(inside / "f")
    assert (await world.client.get(f"{world.url}/download")).status_code == 403


async def test_a_link_inside_the_root_is_followed(world):
    real = world.path.rename(world.path.with_name("real"))
    world.path.symlink_to(real)
    assert (await world.client.get(f"{world.url}/download")).content == TEXT


async def test_a_pipe_in_the_place_of_a_file_does_not_block(world):
    world.path.unlink()
    os.mkfifo(world.path)
    assert (await asyncio.wait_for(world.client.get(f"{world.url}/download"), 60)).status_code == 403


async def test_a_hung_mount_costs_its_own_requests_only(world, monkeypatch):
    release = threading.Event()
    real_open = raw_module.open_inside

    def hang(path: bytes, root: bytes):
        release.wait(120)
        return real_open(path, root)

    monkeypatch.setattr(raw_module, "open_inside", hang)
    reader = NasReader(0.05)
    try:
        for _ in range(raw_module.THREADS_PER_ROOT):
            with pytest.raises(NasUnavailableError, match="no answer within"):
                await reader.open(world.services, LOCAL, world.file)
        with pytest.raises(NasUnavailableError, match="have not come back"):
            await reader.open(world.services, LOCAL, world.file)
        assert (await world.client.get(f"{world.url}/content")).content == TEXT
    finally:
        release.set()
    lane = next(iter(reader._lanes.values()))
    async with asyncio.timeout(60):
        while lane.busy:
            await asyncio.sleep(0.01)
    monkeypatch.setattr(raw_module, "open_inside", real_open)
    raw = await reader.open(world.services, LOCAL, world.file)
    assert b"".join([part async for part in reader.read(raw, 0, len(TEXT))]) == TEXT


async def test_a_file_cut_off_while_it_is_read_breaks_the_answer(world):
    reader = NasReader(60)
    raw = await reader.open(world.services, LOCAL, world.file)
    world.path.write_bytes(b"short")
    with pytest.raises(NasUnavailableError, match="cut off"):
        async for _ in reader.read(raw, 0, len(TEXT)):
            pass


async def test_bytes_that_cannot_be_read_are_503(world, monkeypatch):
    """The NAS went away between opening a file and reading it."""

    def away(*_given):
        raise OSError(errno.ESTALE, "stale")

    monkeypatch.setattr(raw_module.os, "pread", away)
    response = await world.client.get(f"{world.url}/download")
    assert (response.status_code, response.json()["error"]["code"]) == (503, "NAS_UNAVAILABLE")


async def test_raw_needs_its_right(world):
    from siss.errors import ForbiddenError

    with pytest.raises(ForbiddenError, match="right 'raw'"):
        await NasReader(1).open(world.services, replace(LOCAL, raw=False), world.file)


async def test_what_raw_content_may_be_is_documented(world):
    documented = build_api().openapi()["paths"]["/api/v1/files/{id}/content"]["get"]["responses"]
    for text_bytes, kind in ((world.file.text_bytes, "text/plain"), (0, "application/octet-stream")):
        world.change(text_bytes=text_bytes)
        whole = await world.client.get(f"{world.url}/content?raw=true")
        part = await world.client.get(f"{world.url}/content?raw=true", headers={"Range": "bytes=0-3"})
        for status, answer in ((200, whole), (206, part)):
            assert answer.status_code == status
            assert answer.headers["content-type"].partition(";")[0] == kind
            assert kind in documented[str(status)]["content"]


async def test_raw_content_is_never_run_by_a_browser(world):
    world.change(mime="text/html")
    response = await world.client.get(f"{world.url}/content?raw=true")
    assert response.headers["content-type"].startswith("text/plain")
    assert response.headers["x-content-type-options"] == "nosniff"


VERSION = Version('"tag"', WHEN)


@given(st.integers(0, 50), st.one_of(st.none(), st.integers(0, 60)), st.one_of(st.none(), st.integers(0, 60)))
def test_a_range_lies_in_the_file(size, first, last):
    header = f"bytes={'' if first is None else first}-{'' if last is None else last}"
    try:
        chosen = select_range({"range": header}, size, VERSION)
    except RangeError:
        assert first is None or first >= size
        return
    assert 0 <= chosen.start <= chosen.end <= size
    if chosen.status == 206:
        assert chosen.start < chosen.end
        assert chosen.start == (first if first is not None else max(0, size - last))


@given(st.text(max_size=40))
def test_a_file_name_cannot_leave_its_header(name):
    header = disposition("attachment", name)
    header.encode("ascii")
    assert "\r" not in header
    assert "\n" not in header
    assert header.split("filename*")[0].count('"') == 2


async def test_a_root_that_was_unmounted_is_away_though_nobody_noticed_yet(world):
    world.path.unlink()
    response = await world.client.get(f"{world.url}/download")
    assert (response.status_code, response.json()["error"]["code"]) == (503, "NAS_UNAVAILABLE")
    world.path.parent.rmdir()
    assert (await world.client.get(f"{world.url}/download")).status_code == 503
