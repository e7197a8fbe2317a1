"""Files, chunks, coverage, versions, why."""

import uuid
from dataclasses import replace

from siss.api.models.coverage import FileCoverage, PathCoverage
from siss.api.models.files import ChunkList, FileDetail, FilePage, VersionList
from siss.api.models.shape import Span
from siss.model.coverage import Gap, Reason
from siss.model.file import RootState, SkippedPath
from siss.model.ids import FileId
from siss.model.stats import IngestStatus


async def test_a_file_has_the_documented_shape(world):
    body = (await world.client.get(world.url)).json()
    found = FileDetail.model_validate_json((await world.client.get(world.url)).content)
    assert found.path == str(world.path)
    assert body["path_on_client"] == "Z:\\data\\grüße & more.txt"
    assert body["coverage"] == {
        "extent": "whole", "source_bytes": 38, "read_bytes": 38, "gaps": 1, "reasons": ["encoding_guessed"],
    }  # fmt: skip
    assert body["versions"] == 1
    assert body["other_paths"] == []
    assert (await world.client.get(body["download_url"])).status_code == 200


async def test_lists_page_by_cursor_until_the_end_and_nothing_comes_twice(world):
    world.catalog.records = [
        replace(world.file, id=FileId(n), public_id=uuid.uuid4(), shown=f"/r/{n:02}") for n in range(7)
    ]
    seen, cursor = [], None
    while True:
        params = {"size": 3, **({"cursor": cursor} if cursor else {})}
        page = FilePage.model_validate_json((await world.client.get("/api/v1/files", params=params)).content)
        assert page.total == 7
        seen += [item.path for item in page.items]
        cursor = page.cursor
        if cursor is None:
            break
    assert seen == [f"/r/{n:02}" for n in range(7)]


async def test_a_cursor_of_another_list_or_of_nobody_is_refused(world):
    world.catalog.records = [replace(world.file, id=FileId(n), shown=f"/r/{n}") for n in range(3)]
    cursor = (await world.client.get("/api/v1/files", params={"size": 1})).json()["cursor"]
    for params in (
        {"cursor": cursor, "sort": "size"},
        {"cursor": cursor, "mime": "text/x"},
        {"cursor": "!!"},
        {"cursor": "YQ"},
    ):
        response = await world.client.get("/api/v1/files", params=params)
        assert response.status_code == 400, params
        assert response.json()["error"]["details"]["field"] == "cursor"


async def test_chunks_have_places_levels_and_previews(world):
    page = ChunkList.model_validate_json((await world.client.get(f"{world.url}/chunks?size=1")).content)
    assert (page.total, page.after, page.items[0].preview) == (2, 0, "first line\n")
    rest = ChunkList.model_validate_json((await world.client.get(f"{world.url}/chunks?after=0")).content)
    assert rest.after is None
    assert rest.items[0].levels == ["error"]
    assert rest.items[0].preview == "second <line> with ümlaut\n"


async def test_coverage_and_versions_have_the_documented_shapes(world):
    world.catalog.gap_lines = [Gap(Reason.PARSE_ERROR, 3, 9, "record 2", "at byte 3")]
    found = FileCoverage.model_validate_json((await world.client.get(f"{world.url}/coverage")).content)
    assert found.gaps[0].sentence.endswith("indexed as plain text. (at byte 3)")
    assert found.gaps[0].span == Span(start=3, end=9)
    VersionList.model_validate_json((await world.client.get(f"{world.url}/versions")).content)


async def test_why_finds_a_file_by_our_path_and_by_the_clients(world):
    for path in (str(world.path), "Z:\\data\\grüße & more.txt", f"{world.path}/"):
        body = (await world.client.get("/api/v1/coverage", params={"path": path})).json()
        assert (body["known"], body["path"]) == ("file", str(world.path)), path
        PathCoverage.model_validate(body)


async def test_why_tells_what_was_skipped(world):
    path = f"{world.catalog.root.shown}/.git"
    world.catalog.skipped_paths[path] = SkippedPath(path, Gap(Reason.IGNORED, detail="default rule .git"))
    body = (await world.client.get("/api/v1/coverage", params={"path": path})).json()
    PathCoverage.model_validate(body)
    assert body["skipped"]["sentence"] == "An ignore rule names it. (default rule .git)"


async def test_why_counts_what_is_lacking_in_a_folder(world):
    root = world.catalog.root.shown
    response = await world.client.get("/api/v1/coverage", params={"path": root})
    body = response.json()
    assert body["known"] == "folder"
    folder = body["folder"]
    assert folder["files"] == folder["whole"] + folder["partial"] + folder["none"] > 0
    assert len(folder["lacking"]) == folder["partial"] + folder["none"]


async def test_why_counts_what_was_not_taken_in_a_folder_and_knows_an_empty_one(world):
    root = world.catalog.root.shown
    for name in ("sub/pipe", "sub/a.tmp", "sub/b.tmp"):
        reason = Reason.IGNORED if name.endswith("tmp") else Reason.SPECIAL_FILE
        world.catalog.skipped_paths[f"{root}/{name}"] = SkippedPath(f"{root}/{name}", Gap(reason))
    world.catalog.folders.add(f"{root}/empty")
    for path, skipped in ((f"{root}/sub", {"ignored": 2, "special_file": 1}), (f"{root}/empty", {})):
        body = (await world.client.get("/api/v1/coverage", params={"path": path})).json()
        PathCoverage.model_validate(body)
        assert (body["known"], body["folder"]["files"], body["folder"]["skipped"]) == ("folder", 0, skipped)


async def test_why_says_what_is_known_of_an_unknown_path(world):
    async def ask(path: str) -> str:
        response = await world.client.get("/api/v1/coverage", params={"path": path})
        assert response.status_code == 404
        return response.json()["error"]["message"]

    inside = f"{world.catalog.root.shown}/nothing"
    assert "in no folder that is indexed" in await ask("/elsewhere")
    assert "was not there when" in await ask(inside)
    await world.services.ingest_state.write_status(IngestStatus("idle"))
    assert "has not been seen yet" in await ask(inside)
    world.change_root(state=RootState.AWAY, reason="stale handle")
    assert "cannot be read now (stale handle)" in await ask(inside)


async def test_an_unknown_id_is_404_and_a_malformed_one_400(world):
    assert (await world.client.get(f"/api/v1/files/{uuid.uuid4()}")).status_code == 404
    response = await world.client.get("/api/v1/files/42")
    assert response.status_code == 400
    assert response.json()["error"]["details"]["field"] == "id"
