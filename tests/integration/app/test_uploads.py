"""Uploads, labels and removal, from the request to what search finds."""

import asyncio
import io
import os
import uuid
import zipfile
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from integration.app.running import Running, running
from siss.adapters.postgres.embedded.server import EmbeddedServer
from siss.api.server import create_app
from siss.app import edits, jobs, uploads
from siss.app.files import find_file
from siss.errors import ForbiddenError, NotFoundError
from siss.model.file import FileRecord, FileStatus
from siss.model.job import Job, JobFilter, JobKind, JobState
from siss.model.principal import LOCAL, Principal, Role


@pytest.fixture(scope="module")
async def world(postgres_server: EmbeddedServer, tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Running]:
    folder = tmp_path_factory.mktemp("uploading")
    async with running(postgres_server, folder, upload_size=100_000) as made:
        await made.until(made.services.catalog.roots)
        yield made


def left(world: Running) -> list[str]:
    """Temporary names that lie about."""
    return [file.name for file in (world.uploads / ".siss-incoming").iterdir()]


async def test_an_upload_is_written_indexed_and_found_with_its_tags(world: Running):
    answer = await world.upload(
        "app.log", b"tangerine starts\n", folder="logs/web", tags=["prod", "web"], description="of the quince"
    )
    assert answer.status_code == 201, answer.text
    assert answer.headers["location"] == f"/api/v1/files/{answer.json()['id']}"
    body = answer.json()
    assert (body["path"], body["tags"]) == (str(world.uploads / "logs/web/app.log"), ["prod", "web"])
    assert (world.uploads / "logs/web/app.log").read_bytes() == b"tangerine starts\n"
    await world.until_found("tangerine tag:web", "app.log")
    await world.until_found("quince", "app.log")
    await world.until(lambda: nothing(world))
    facets = (await world.client.get("/search", params={"q": "tangerine", "facets": "tags"})).json()["facets"]["tags"]
    assert {facet["value"] for facet in facets} == {"prod", "web"}


async def test_a_name_that_is_taken(world: Running):
    assert (await world.upload("taken.txt", b"one\n")).status_code == 201
    assert (await world.upload("taken.txt", b"one\n")).status_code == 200
    refused = await world.upload("taken.txt", b"two\n")
    assert (refused.status_code, refused.json()["error"]["code"]) == (409, "CONFLICT")
    renamed = await world.upload("taken.txt", b"two\n", existing="rename")
    assert (renamed.status_code, renamed.json()["name"]) == (201, "taken (2).txt")
    await world.until_found("two", "taken (2).txt")
    first = (await world.upload("taken.txt", b"three melons\n", existing="replace")).json()
    assert (world.uploads / "taken.txt").read_bytes() == b"three melons\n"
    await world.until_found("melons", "taken.txt")
    again = await world.client.get(f"/files/{first['id']}")
    assert again.json()["versions"] == 1
    await world.until(lambda: nothing(world))


def stored(world: Running) -> list[Path]:
    """All below the root but the folder that the first upload on its way makes."""
    return sorted(path for path in world.nas.rglob("*") if path.name != ".siss-incoming")


@pytest.mark.parametrize(
    "name",
    [
        "../out.txt", "a/../../out.txt", "/etc/out.txt", "a//b.txt", "./a.txt", "a\\b.txt", "a\tb.txt", "nul\x7f.txt",
        "n" * 256, "é" * 128, "/".join("d" * 200 for _ in range(30)), " a.txt", "a.txt ", "..", "", "a\u2028b.txt",
        "\u202etxt.exe", ".git/config", "x.sisstmp", ".siss-incoming/x", ".sissignore", "/".join("d" * 80),
    ],
)  # fmt: skip
async def test_names_that_lead_elsewhere_are_refused(world: Running, name: str):
    before = stored(world)
    answer = await world.client.post("/files", content=form("f", name, b"x"), headers=FORM)
    assert answer.status_code == 400, answer.text
    assert stored(world) == before
    assert not (world.nas.parent / "out.txt").exists()
    for folder in ("../", "/etc"):
        answer = await world.client.post("/files", content=form("f", "ok.txt", b"x", folder=folder), headers=FORM)
        assert answer.status_code == 400


FORM = {"Content-Type": "multipart/form-data; boundary=f"}


def form(boundary: str, name: str, data: bytes, **fields: str) -> bytes:
    """As no client library would write it."""
    parts = [
        f'--{boundary}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in fields.items()
    ]
    name = name.replace("\\", "\\\\").replace('"', '\\"')
    head = f'--{boundary}\r\nContent-Disposition: form-data; name="file"; filename="{name}"\r\n\r\n'
    return b"".join([*parts, head.encode(), data, f"\r\n--{boundary}--\r\n".encode()])


async def test_a_nul_and_an_injected_header_in_a_name(world: Running):
    answer = await world.client.post("/files", content=form("f", "a\0.txt", b"x"), headers=FORM)
    assert answer.status_code == 400
    for name in ("a\r\nX-Evil: 1\r\n\r\nb.txt", 'a"; filename="../b.txt'):
        answer = await world.client.post("/files", content=form("f", name, b"x"), headers=FORM)
        assert "x-evil" not in answer.headers
        assert answer.status_code in {201, 400}
    assert not (world.nas / "b.txt").exists()


async def test_links_are_never_followed(world: Running, tmp_path: Path):
    (world.uploads / "link").symlink_to(tmp_path)
    (world.uploads / "file-link.txt").symlink_to(tmp_path / "target.txt")
    assert (await world.upload("a.txt", b"x", folder="link")).status_code == 403
    assert (await world.upload("file-link.txt", b"x")).status_code == 409
    assert (await world.upload("file-link.txt", b"replaced\n", existing="replace")).status_code == 201
    assert not (world.uploads / "file-link.txt").is_symlink()
    assert not list(tmp_path.iterdir())


async def test_an_archive_stays_one_file(world: Running):
    data = io.BytesIO()
    with zipfile.ZipFile(data, "w") as archive:
        archive.writestr("../../../escaped.txt", "x")
        archive.writestr("/etc/absolute.txt", "x")
    before = {path for path in world.nas.parent.rglob("*") if "incoming" not in path.name}
    answer = await world.upload("tricks.zip", data.getvalue())
    assert answer.status_code == 201
    after = {path for path in world.nas.parent.rglob("*") if path.name in {"escaped.txt", "absolute.txt"}}
    assert not after
    assert world.uploads / "tricks.zip" not in before


async def test_what_is_too_large_leaves_nothing(world: Running):
    answer = await world.upload("large.bin", b"x" * 100_001)
    assert (answer.status_code, answer.json()["error"]["code"]) == (413, "TOO_LARGE")
    await world.until(lambda: nothing(world))
    assert not (world.uploads / "large.bin").exists()


async def nothing(world: Running) -> bool:
    return not left(world)


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"", 400), (b"--f\r\n", 400), (b"not a form", 400), (b"--f--\r\n", 400),
        (b'--f\r\nContent-Disposition: form-data; name="file"; filename="half.txt"\r\n\r\nhalf', 400),
        (b'--f\r\nContent-Disposition: form-data; name="file"\r\n\r\nno name\r\n--f--\r\n', 400),
        (b'--f\r\nContent-Disposition: form-data; name="nonsense"\r\n\r\nx\r\n--f--\r\n', 400),
        (b'--f\r\nContent-Disposition: form-data; name="tags"\r\n\r\n' + b"x" * 20_000 + b"\r\n--f--\r\n", 413),
        (b"--f\r\n" + b"X-A: b\r\n" * 500 + b"\r\n\r\n--f--\r\n", 400),
        (form("f", "a.txt", b"x", existing="maybe"), 400),
        (b'--f\r\nContent-Disposition: form-data; name="folder"\r\n\r\nx\r\n' + form("f", "a.txt", b"x", folder="y"), 400),
        (form("f", "a.txt", b"x", tags="\x01"), 400),
        (form("f", "a.txt", b"x") [:-6] + b"\r\n" + form("f", "b.txt", b"x"), 400),
    ],
)  # fmt: skip
async def test_broken_forms(world: Running, body: bytes, status: int):
    answer = await world.client.post("/files", content=body, headers=FORM)
    assert answer.status_code == status, answer.text
    await world.until(lambda: nothing(world))


async def test_other_kinds_of_bodies(world: Running):
    assert (await world.client.post("/files", json={})).status_code == 415
    packed = {**FORM, "Content-Encoding": "gzip"}
    assert (await world.client.post("/files", content=b"\x1f\x8b", headers=packed)).status_code == 415
    assert (await world.client.post("/search", content=b"\x1f\x8b", headers=packed)).status_code == 415


async def test_a_client_that_is_slow_or_goes_is_given_up(world: Running):
    async def slow() -> AsyncIterator[bytes]:
        yield form("f", "slow.txt", b"x" * 100)[:90]
        await asyncio.sleep(0.8)
        yield b"late"

    dripped = 0

    async def drips() -> AsyncIterator[bytes]:
        nonlocal dripped
        yield form("f", "slow.txt", b"x" * 100)[:90]
        while dripped < 200:
            dripped += 1
            await asyncio.sleep(0.1)
            yield b"x"

    settings = world.services.settings.model_copy(update={"body_timeout": 0.5})
    transport = httpx.ASGITransport(create_app(replace(world.services, settings=settings)))
    async with httpx.AsyncClient(transport=transport, base_url="http://localhost/api/v1") as client:
        answer = await client.post("/files", content=slow(), headers=FORM)
        assert (answer.status_code, answer.json()["error"]["code"]) == (408, "REQUEST_TIMEOUT")
        assert (await client.post("/files", content=drips(), headers=FORM)).status_code == 408
        assert dripped < 200, "it did not wait for the end"
        assert (await client.post("/ingest/scan", content=slow())).status_code == 408
    await world.until(lambda: nothing(world))


async def test_the_same_key_gives_the_same_answer(world: Running):
    first = await world.upload("once.txt", b"once\n", key="k-1")
    again = await world.upload("once.txt", b"once\n", key="k-1")
    assert (first.status_code, again.status_code, first.content) == (201, 201, again.content)
    other = await world.upload("once.txt", b"twice\n", key="k-1")
    assert (other.status_code, other.json()["error"]["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    files, headers = [("file", ("once.txt", b"once\n"))], {"Idempotency-Key": "k-1"}
    batch = await world.client.post("/files/batch", files=files, headers=headers)
    assert (batch.status_code, batch.json()["error"]["code"]) == (422, "IDEMPOTENCY_KEY_REUSED")
    assert (await world.upload("taken-by-nobody/../x", b"", key="k-2")).status_code == 400
    both = await asyncio.gather(*(world.upload("race.txt", b"race\n", key="k-3") for _ in range(5)))
    assert {answer.status_code for answer in both} <= {201, 409}
    assert sum(answer.status_code == 201 for answer in both) >= 1
    await world.until(lambda: nothing(world))


async def test_a_batch_is_a_job_that_says_what_became_of_each(world: Running):
    assert (await world.upload("there.txt", b"there\n")).status_code == 201
    files = [("file", (f"batch/{n}.txt", b"pomelo %d\n" % n)) for n in range(5)]
    files.append(("file", ("there.txt", b"other\n")))
    answer = await world.client.post("/files/batch", files=files, data={"tags": ["bulk"]})
    assert answer.status_code == 202, answer.text

    async def done() -> dict[str, object] | None:
        job = (await world.client.get(f"/jobs/{answer.json()['id']}")).json()
        return job if job["state"] == "done" else None

    job = await world.until(done)
    assert (job["result"]["taken"], job["result"]["refused"]) == (5, 1)
    assert job["result"]["files"][-1]["code"] == "CONFLICT"
    await world.until_found("pomelo tag:bulk", *(f"{n}.txt" for n in range(5)))
    await world.until(lambda: nothing(world))
    listed = (await world.client.get("/jobs", params={"kind": "upload", "size": 1})).json()
    assert listed["items"][0]["id"] == answer.json()["id"]


async def test_a_batch_that_is_done_again_changes_nothing(world: Running):
    staged = await world.services.uploads.receive(pieces(b"again\n"))  # type: ignore[union-attr]
    arguments = {
        "existing": "fail",
        "tags": None,
        "description": None,
        "files": [{"staged": staged.name, "size": 6, "sha256": staged.sha256.hex(), "path": "again.txt"}],
    }
    # Not submitted: the service that runs beside would do it, too.
    job = Job(uuid.uuid4(), JobKind.UPLOAD, JobState.RUNNING, arguments, "local", datetime.now(UTC))
    first = await uploads.place_batch(world.services, job)
    again = await uploads.place_batch(world.services, job)
    assert (first["taken"], again["taken"]) == (1, 1)
    assert (world.uploads / "again.txt").read_bytes() == b"again\n"


async def pieces(*given: bytes) -> AsyncIterator[bytes]:
    for piece in given:
        yield piece


async def test_tags_and_description_are_changed_and_found_at_once(world: Running):
    made = (await world.upload("labels.txt", b"papaya\n", tags=["old"])).json()
    await world.until_found("papaya tag:old", "labels.txt")
    url = f"/files/{made['id']}"
    answer = await world.client.patch(url, json={"tags": ["new", "new", "b"], "description": "durian notes"})
    assert (answer.status_code, answer.json()["tags"]) == (200, ["b", "new"])
    await world.until_found("durian tag:new", "labels.txt")
    await world.until_found("papaya tag:old")
    assert (await world.client.patch(url, json={"description": ""})).json()["description"] is None
    for body in ({}, {"tags": [""]}, {"tags": ["x" * 65]}, {"description": "\0"}, {"tags": "x"}, {"name": "x"}):
        assert (await world.client.patch(url, json=body)).status_code == 400, body
    secret = {"description": "password = AKIAQ3EGRZLV7TVTPNWX"}
    refused = await world.client.patch(url, json=secret)
    assert refused.status_code == 400
    assert "AKIA" not in refused.text
    assert (await world.client.patch(f"/files/{uuid.uuid4()}", json={"tags": []})).status_code == 404


async def test_a_change_between_looking_and_writing_is_noticed(world: Running, monkeypatch: pytest.MonkeyPatch):
    """``If-Match`` holds for the transaction that changes the file, not only for a look before it."""
    made = (await world.upload("raced.txt", b"jackfruit\n")).json()
    url = f"/files/{made['id']}"
    os.utime(world.uploads / "raced.txt", (1e9, 1e9))  # a file that is young is read once more meanwhile

    async def is_old() -> bool:
        file = (await world.client.get(url)).json()
        return (file["status"], file["modified_at"][:4]) == ("indexed", "2001")

    await world.until(is_old)
    for change in (
        lambda given: world.client.patch(url, json={"tags": ["mine"]}, headers=given),
        lambda given: world.client.delete(url, headers=given),
    ):
        given = {"If-Match": (await world.client.get(url)).headers["etag"]}
        with monkeypatch.context() as patch:

            async def find(*arguments: Any, **more: Any) -> FileRecord:
                found = await find_file(*arguments, **more)
                patch.undo()
                answer = await world.client.patch(url, json={"tags": [f"theirs-{uuid.uuid4()}"]})
                assert answer.status_code == 200
                return found

            patch.setattr(edits, "find_file", find)
            refused = await change(given)
        assert (refused.status_code, refused.json()["error"]["code"]) == (412, "PRECONDITION_FAILED")
        now = (await world.client.get(url)).json()
        assert (now["tags"][0][:7], now["status"]) == ("theirs-", "indexed")
        given = {"If-Match": (await world.client.get(url)).headers["etag"]}
        done = await change(given)
        assert done.status_code == 200
        assert done.headers["etag"] == (await world.client.get(url)).headers["etag"] != given["If-Match"]


async def test_a_removed_file_stays_out_until_it_is_restored(world: Running):
    made = (await world.upload("gone.txt", b"rambutan\n")).json()
    await world.until_found("rambutan", "gone.txt")
    url = f"/files/{made['id']}"
    gone = (await world.client.delete(url)).json()
    assert (gone["status"], gone["removed_by"]) == ("deleted", "local")
    assert (world.uploads / "gone.txt").exists()
    await world.until_found("rambutan")
    assert (await world.client.delete(url)).status_code == 200  # again
    assert (await world.client.patch(url, json={"tags": []})).status_code == 409
    unread = await world.client.get(f"{url}/content")
    assert (unread.status_code, "taken out of the index" in unread.text) == (404, True)
    # Scans leave it out, whether it stays, changes or moves.
    for change in (lambda: None, lambda: (world.uploads / "gone.txt").write_text("rambutan again\n")):
        change()
        await scan(world)
        assert await world.names("rambutan") == []
    (world.uploads / "gone.txt").rename(world.uploads / "gone-elsewhere.txt")
    await scan(world)
    assert await world.names("rambutan") == []
    restored = await world.client.post(f"{url}/restore")
    assert restored.status_code == 200
    await world.until_found("rambutan", "gone-elsewhere.txt")
    assert (await world.client.get(url)).json()["removed_at"] is None
    assert (await world.client.post(f"{url}/restore")).status_code == 200


async def scan(world: Running) -> None:
    job = (await world.client.post("/ingest/scan", json={})).json()

    async def done() -> bool:
        return (await world.client.get(f"/jobs/{job['id']}")).json()["state"] == "done"

    await world.until(done)

    async def idle() -> bool:
        status = (await world.client.get("/ingest/status")).json()
        return not (await world.services.ingest.count_pending())[0] and not status["in_flight"]

    await world.until(idle)


@pytest.mark.parametrize("order", ["folder first", "file first"])
async def test_a_scope_is_asked_when_the_folder_is_known(world: Running, monkeypatch: pytest.MonkeyPatch, order: str):
    scoped = Principal("key:theirs", Role.EDITOR, (str(world.uploads / "theirs"),))
    monkeypatch.setattr("siss.api.routes.uploads.principal_of", lambda _request: scoped)
    name = order.replace(" ", "-") + ".txt"
    for folder, status in (("theirs", 201), ("ours", 403)):
        file = form("f", name, b"x").removesuffix(b"--f--\r\n")
        field = f'--f\r\nContent-Disposition: form-data; name="folder"\r\n\r\n{folder}\r\n'.encode()
        parts = [field, file] if order == "folder first" else [file, field]
        answer = await world.client.post("/files", content=b"".join([*parts, b"--f--\r\n"]), headers=FORM)
        assert answer.status_code == status, answer.text
    await world.until(lambda: nothing(world))


async def test_who_may_what(world: Running):
    made = (await world.upload("roles.txt", b"salak\n")).json()
    ident = uuid.UUID(made["id"])
    reader = Principal("key:reader", Role.READER)
    elsewhere = Principal("key:other", Role.EDITOR, (str(world.uploads / "theirs"),))
    services = world.services
    with pytest.raises(ForbiddenError):
        await edits.change_labels(services, reader, ident, ["x"], None)
    with pytest.raises(ForbiddenError):
        await edits.remove_file(services, reader, ident)
    with pytest.raises(ForbiddenError):
        uploads.check_wish(services, reader, uploads.Wish())
    with pytest.raises(NotFoundError):
        await edits.remove_file(services, elsewhere, ident)
    place = await uploads.find_place(services)
    with pytest.raises(ForbiddenError):
        uploads.check_target(services, elsewhere, place, "ours", "a.txt")
    assert uploads.check_target(services, elsewhere, place, "theirs", "a.txt") == "theirs/a.txt"
    await scan(world)
    await scan(world)
    assert (await jobs.list_jobs(services, elsewhere, JobFilter(), None, 10)).items == ()
    page = await jobs.list_jobs(services, LOCAL, JobFilter(), None, 1)
    following = await jobs.list_jobs(services, LOCAL, JobFilter(), page.cursor, 1)
    assert page.items[0].id > following.items[0].id
    with pytest.raises(ForbiddenError):
        await jobs.cancel_job(services, reader, page.items[0].id)
    file = await find_file(services, LOCAL, ident)
    assert file.status is not FileStatus.DELETED
