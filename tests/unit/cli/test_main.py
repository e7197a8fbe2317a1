"""How commands end: codes, one line on standard error, nothing heavy loaded for help."""

import errno
import json
import os
import shlex
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from siss.cli.backend import Backend
from siss.cli.main import main
from siss.cli.run import fail
from siss.client import AsyncClient, calls
from siss.client.call import rebuild_error
from siss.errors import InvalidQueryError, NotFoundError, UnavailableError, error_classes
from siss.search.jsonpath.compile import compile_jsonpath


@pytest.fixture
def call(monkeypatch, tmp_path, capsys):
    """Run a command in this process, in an environment of its own."""
    for name in ("SISS_API_URL", "SISS_DATABASE_URL", "SISS_CONFIG", "SISS_ROOTS"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SISS_DATA_DIR", str(tmp_path / "state"))
    monkeypatch.setattr("siss.logs.configure_logs", lambda *_args: None)

    def run(*arguments: str) -> tuple[int, str, str]:
        monkeypatch.setattr(sys, "argv", ["siss", *arguments])
        code = main()
        written = capsys.readouterr()
        return code, written.out, written.err

    from siss.cli import screen

    screen.out.cache_clear()
    screen.err.cache_clear()
    yield run
    screen.out.cache_clear()
    screen.err.cache_clear()


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["nonsense"], 2, "No such command 'nonsense'"),
        (["search", "--size", "0", "x"], 2, "--size"),
        (["search", "x"], 4, "Nothing is indexed"),
        (["stats", "--set", "prot=1"], 2, "Did you mean --set port?"),
        (["stats", "--set", "port"], 2, "expected NAME=VALUE"),
        (["index"], 2, "Which folders?"),
        (["index", "/nonexistent-folder"], 2, "does not exist"),
        (["index", ""], 2, "DIR is empty"),
        (["stats", "--data-dir", "/tmp/" + "x" * 300], 2, "cannot be looked into (File name too long)"),
        (["serve", __file__], 2, "is not a folder"),
        (["reindex", "--engine-only", "x"], 2, "leave PATH out"),
        (["upload", "/"], 2, "is a directory"),
    ],
)
def test_a_mistake_is_one_clear_line_and_a_code(call, arguments, code, message):
    found, _, error = call(*arguments)
    assert found == code
    assert message in error
    assert "Traceback" not in error


@pytest.mark.parametrize(
    ("arguments", "code", "name"),
    [
        (["search", "x", "--json"], 4, "NOT_FOUND"),
        (["search", "x", "--json", "-n", "0"], 2, "INVALID_REQUEST"),
        (["stats", "--set", "prot=1", "--json"], 2, "CONFIG"),
        (["why", "/no\udcff", "--json"], 4, "NOT_FOUND"),
    ],
)
def test_what_is_answered_as_json_fails_as_json(call, arguments, code, name):
    found, answer, error = call(*arguments)
    assert (found, error[:6]) == (code, "siss: ")
    assert json.loads(answer)["error"]["code"] == name
    answer.encode()


def test_json_that_is_searched_for_asks_for_none(call):
    assert call("search", "--", "--json")[:2] == (4, "")


def test_an_argument_that_is_no_text_is_2(call, monkeypatch):
    monkeypatch.setenv("SISS_API_URL", "http://127.0.0.1:1")
    for arguments in (["search", "a\udcff"], ["cancel", "a\udcff"], ["keys", "revoke", "a\udcff"]):
        code, _, error = call(*arguments)
        assert (code, "not UTF-8" in error) == (2, True)


def test_an_empty_state_folder_is_not_the_current_one(call, monkeypatch):
    monkeypatch.setenv("SISS_DATA_DIR", "")
    code, _, error = call("stats")
    assert (code, "SISS_DATA_DIR: it is empty" in error) == (2, True)


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize(
    ("command", "code"), [("nonsense 2>/dev/full", 2), ("nonsense 2>&-", 2), ("config --json 2>&- >&-", 0)]
)
def test_remarks_that_find_no_room_change_no_exit_code(command, code):
    command = f"exec {shlex.quote(sys.executable)} -m siss {command}"
    ended = subprocess.run(["/bin/sh", "-c", command], stdout=subprocess.PIPE, check=False)
    assert ended.returncode == code


@pytest.mark.parametrize(("how", "shown"), [((), "/caf\\xe9"), (("--json",), "/caf\\u00e9")])
def test_what_a_terminal_cannot_show_is_escaped(how, shown):
    command = [sys.executable, "-m", "siss", "config", *how]
    environment = {**os.environ, "SISS_DATA_DIR": "/café", "PYTHONIOENCODING": "ascii", "PYTHONUTF8": "1"}
    ended = subprocess.run(command, env=environment, stdout=subprocess.PIPE, check=True)
    assert shown in ended.stdout.decode("ascii")


@pytest.mark.parametrize("group", ["keys", "synonyms", "searches", "webhooks"])
def test_a_list_is_shown_by_the_group_alone_and_by_its_name(call, group):
    assert call(group, "list") == call(group)


def test_the_version(call):
    assert call("--version")[:2] == (0, "siss 0.1.0\n")


@pytest.mark.parametrize("name", ["search_url", "cache_url"])
def test_a_server_that_this_version_would_not_use_is_refused(call, name: str):
    code, _, told = call("config", "--set", f"{name}=redis://10.0.0.7")
    assert code == 2
    assert "reserved for a later version" in told
    assert call("config", "--set", f"{name}=")[0] == 0


def test_config_shows_origins_and_masks_secrets(call, monkeypatch):
    monkeypatch.setenv("SISS_DATABASE_URL", "postgresql://me:hunter2@db/siss")
    code, text, _ = call("config", "--json", "--set", "port=99")
    settings = {entry["name"]: entry for entry in json.loads(text)["settings"]}
    assert (code, settings["port"]["value"], settings["port"]["origin"]) == (0, 99, "command line")
    assert settings["database_url"]["origin_name"] == "SISS_DATABASE_URL"
    assert "hunter2" not in text + call("config")[1]


def test_a_map_of_paths_may_lead_to_drives_and_urls(call, monkeypatch):
    given = "/nas=Z:\\:/b=/mnt/b:/c=smb://host/c:/d=\\\\host\\d"
    monkeypatch.setenv("SISS_PATH_MAP", given)
    settings = {entry["name"]: entry for entry in json.loads(call("config", "--json")[1])["settings"]}
    assert settings["path_map"]["value"] == {
        "/nas": "Z:\\",
        "/b": "/mnt/b",
        "/c": "smb://host/c",
        "/d": "\\\\host\\d",
    }


def test_a_dry_run_counts_and_writes_nothing(call, tmp_path):
    folder = tmp_path / "data"
    (folder / ".git").mkdir(parents=True)
    (folder / "a.txt").write_text("hello")
    code, text, _ = call("index", "--dry-run", "--json", str(folder))
    report = json.loads(text)
    assert (code, report["files"], report["bytes"], report["skipped"]) == (0, 1, 5, {"ignored": 1})
    assert not (tmp_path / "state").exists()


def test_a_dry_run_takes_the_roots_that_a_real_one_takes(call, tmp_path, monkeypatch):
    """Each once, the folder for uploads too, with the rules of a folder that takes names of any case for one."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "a.txt").write_text("hello")
    (folder / "CACHE.txt").write_text("ignored")
    (tmp_path / "link").symlink_to(folder)
    monkeypatch.setenv("SISS_CASE_INSENSITIVE", "yes")
    monkeypatch.setenv("SISS_IGNORE", "cache.txt")
    monkeypatch.setenv("SISS_UPLOAD_ROOT", str(folder / "uploads"))
    answer = json.loads(call("index", "--dry-run", "--json", str(folder), str(tmp_path / "link"))[1])
    assert (answer["files"], answer["skipped"]) == (1, {"ignored": 1})
    monkeypatch.setenv("SISS_UPLOAD_ROOT", str(tmp_path / "uploads"))
    answer = json.loads(call("index", "--dry-run", "--json", str(folder))[1])
    assert [(root["path"], root["files"]) for root in answer["roots"]] == [
        (str(folder), 1),
        (str(tmp_path / "uploads"), 0),
    ]
    (tmp_path / "uploads").mkdir()
    (tmp_path / "uploads/b.txt").write_text("hello")
    assert json.loads(call("index", "--dry-run", "--json", str(folder))[1])["files"] == 2
    assert call("index", "--dry-run", str(tmp_path), str(folder))[0] == 2


def test_the_state_folder_is_no_root_and_nothing_is_made_in_it(call, tmp_path):
    state = tmp_path / "state"
    state.mkdir()
    code, _, error = call("index", str(state))
    assert code == 2
    assert "state folder" in error
    assert not list(state.iterdir())


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="Linux has it")
@pytest.mark.parametrize("how", [(), ("--json",)])
def test_an_answer_that_finds_no_room_is_no_empty_answer(how):
    with Path("/dev/full").open("w") as full:
        arguments = [sys.executable, "-m", "siss", "config", *how]
        ended = subprocess.run(arguments, stdout=full, stderr=subprocess.PIPE, text=True, check=False)
    assert (ended.returncode, "Traceback" in ended.stderr) == (7, False)
    assert "No space left" in ended.stderr


def test_shared_memory_that_cannot_be_written_is_named(call, monkeypatch):
    def refuse(*_given, **_more):
        raise OSError(errno.EROFS, "Read-only file system", "/dev/shm/pym-1-x")

    monkeypatch.setattr("siss.cli.main.build_app", lambda: refuse)
    code, _, error = call("doctor")
    assert (code, "/dev/shm/ cannot be written: Read-only file system" in error) == (3, True)


@pytest.mark.skipif(sys.platform != "linux", reason="what may be mapped is counted as Linux does")
@pytest.mark.parametrize("megabytes", [150, 1200])
@pytest.mark.parametrize("command", ["index", "serve"])
def test_too_little_address_space_is_told_in_one_line(tmp_path, command, megabytes):
    """``ulimit -v``: libraries that could not be mapped ended in a traceback, or in an abort of the C library."""
    limited = f'ulimit -v {megabytes * 1000}; exec "$@"'
    arguments = ["sh", "-c", limited, "sh", sys.executable, "-m", "siss", command, str(tmp_path)]
    environment = {**os.environ, "SISS_DATA_DIR": str(tmp_path / "state"), "SISS_PORT": "0"}
    ended = subprocess.run(arguments, capture_output=True, text=True, env=environment, timeout=60, check=False)
    assert (ended.returncode, "Traceback" in ended.stderr) == (3, False)
    assert f"ulimit -v {megabytes * 1000}" in ended.stderr


@pytest.mark.parametrize(
    "error",
    [
        ImportError("libpq.so.5: failed to map segment from shared object"),
        RuntimeError("can't start new thread"),
        MemoryError(),
        OSError(errno.ENOMEM, "Cannot allocate memory"),
    ],
)
def test_what_dies_of_a_limit_to_its_address_space_names_it(call, monkeypatch, error):
    def die(*_given, **_more):
        raise error

    monkeypatch.setattr("siss.cli.main.build_app", lambda: die)
    monkeypatch.setattr("siss.cli.main.address_space", lambda: 300 << 20)
    code, _, told = call("stats")
    assert (code, "limited to 300 MiB" in told) == (3, True)
    monkeypatch.setattr("siss.cli.main.address_space", lambda: None)
    with pytest.raises(type(error)):
        call("stats")


def test_a_service_that_is_not_there_is_7(call, monkeypatch):
    monkeypatch.setenv("SISS_API_URL", "http://127.0.0.1:9")
    code, _, error = call("stats")
    assert code == 7
    assert "http://127.0.0.1:9 cannot be reached" in error


@pytest.mark.parametrize("url", ["nonsense", "ftp://127.0.0.1:9"])
def test_what_is_no_url_of_a_service_is_2(call, monkeypatch, url):
    monkeypatch.setenv("SISS_API_URL", url)
    code, _, error = call("stats")
    assert (code, "is not the URL of a service" in error) == (2, True)


def test_help_loads_nothing_heavy():
    script = (
        "import sys; sys.argv = ['siss', '--help']; from siss.cli.main import main; main(); "
        "print(sorted({'fastapi', 'httpx', 'pydantic', 'psycopg', 'tantivy', 'structlog'} & set(sys.modules)))"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    assert ended.stdout.endswith("[]\n")
    assert "search" in ended.stdout


def test_ctrl_c_ends_quietly_with_130(call, monkeypatch):
    async def interrupted(*_args, **_options):
        raise KeyboardInterrupt

    monkeypatch.setattr("siss.cli.backend._owner_address", interrupted)
    assert call("stats") == (130, "", "")


@pytest.mark.usefixtures("call")
def test_a_query_is_pointed_into_where_it_is_wrong(capsys):
    with pytest.raises(InvalidQueryError) as raised:
        compile_jsonpath("$.database[invalid")
    assert fail(raised.value) == 2
    *_, shown, arrow = capsys.readouterr().err.splitlines()
    assert shown[arrow.index("^") :] == "invalid"


@pytest.mark.parametrize("cls", error_classes())
def test_errors_cross_http_as_they_are(cls):
    body = {"error": {"code": cls.kind.code, "message": "why", "details": {"position": 3}}}
    error = rebuild_error(body, "somewhere")
    assert (error.kind, error.message, error.details) == (cls.kind, "why", {"position": 3})


async def test_a_backend_raises_what_the_service_raised():
    answers = {
        "/api/v1/jobs/a": httpx.Response(
            400, json={"error": {"code": "INVALID_QUERY", "message": "m", "details": {}}}
        ),
        "/api/v1/jobs/b": httpx.Response(404, json={"error": {"code": "NOT_FOUND", "message": "m", "details": {}}}),
        "/api/v1/jobs/c": httpx.Response(502, text="<html>bad gateway</html>"),
        "/api/v1/jobs/d": httpx.Response(500, json=["other"]),
    }
    transport = httpx.MockTransport(lambda request: answers[request.url.path])
    async with AsyncClient("http://x", transport=transport) as client:
        backend = Backend(client, local=False)
        for ident, cls in (
            ("a", InvalidQueryError),
            ("b", NotFoundError),
            ("c", UnavailableError),
            ("d", UnavailableError),
        ):
            with pytest.raises(cls):
                await backend.ask(calls.get_job(ident))


async def test_a_list_is_asked_for_to_its_last_page():
    asked: list[str] = []

    def answer(request: httpx.Request) -> httpx.Response:
        asked.append(request.url.query.decode())
        return httpx.Response(200, json={"items": [len(asked)], "cursor": "next" if len(asked) < 3 else None})

    async with AsyncClient("http://x", transport=httpx.MockTransport(answer)) as client:
        found = await Backend(client, local=False).all_pages(lambda cursor: calls.get_keys(cursor=cursor))
    assert found == {"items": [1, 2, 3], "cursor": None}  # the shape of a page, of which none follows
    assert asked == ["", "cursor=next", "cursor=next"]


def test_paths_are_asked_for_as_they_are_shown(tmp_path, monkeypatch):
    from siss.cli.ask import spellings

    (tmp_path / "real").mkdir()
    (tmp_path / "link").symlink_to("real")
    monkeypatch.chdir(tmp_path)
    here = str(Path(tmp_path).resolve())
    assert spellings("link/x.log") == [f"{here}/link/x.log", f"{here}/real/x.log"]
    assert spellings("Z:\\data\\x") == ["Z:\\data\\x"]
    assert spellings("/a/\udcff") == ["/a/\\xff"]
