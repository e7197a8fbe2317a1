"""The criteria of the design that are about the path of a request, each by its number."""

import ast
import asyncio
import json
import math
import os
import signal
import sqlite3
import subprocess
import sys
from pathlib import Path

import httpx
import pytest

from integration.gateway.answering import (
    answering,
    command,
    load_config_text,
    running,
    write_config,
)
from integration.gateway.hosting import begin_stream, hosting, send, stall, write_stream
from siss.errors import ConfigError
from siss.gateway import wiring
from siss.gateway.lifecycle.activity import Activity, Reaper
from siss.gateway.model.policy import CachePolicy

SOURCE = Path(__file__).parents[3] / "src" / "siss"
KILLS = int(os.environ.get("SISS_TEST_KILLS", "3"))

SEMANTIC = """
[routes.ask]
models = ["stella"]
[routes.ask.cache]
semantic = "on"
threshold = 0.8
[cache.embedder]
model = "embedding"
"""


async def test_criterion_01_requests_and_an_open_stream_keep_the_instance_up(tmp_path, monkeypatch):
    """On a clock that goes when the test says so; the reaper looks at it again and again."""
    now, looks = 0.0, 0

    async def sleep(_seconds):
        nonlocal looks
        looks += 1
        await asyncio.sleep(0.01)

    async def looked():
        async with asyncio.timeout(60):
            seen = looks
            while looks < seen + 2:
                await asyncio.sleep(0.01)

    monkeypatch.setattr(wiring, "Activity", lambda _: Activity(lambda: now))
    monkeypatch.setattr(wiring, "Reaper", lambda activity, limit, stop: Reaper(activity, limit, stop, sleep))
    mark = tmp_path / "stopped"
    more = f'[lifecycle]\nprovider = "command"\nenable_instance_stop = true\nidle_timeout = 3\ncommand = ["touch", "{mark}"]'
    async with hosting() as host, answering(write_config(host, more=more)) as door:
        for number in range(4):
            now += 2.0
            assert (await door.chat(f"{number}")).status_code == 200
            await looked()
            assert not mark.exists()
        go = asyncio.Event()

        async def pause(request, body):
            response = await begin_stream(request)
            for number, chunk in enumerate(host.events(request.path, body)):
                if number == 3:
                    await go.wait()
                await response.write(b"data: " + json.dumps(chunk).encode() + b"\n\n")
            await response.write(b"data: [DONE]\n\n")
            return response

        host.always = pause
        stream = await (await door.client()).chat.completions.create(
            model="stella", messages=[{"role": "user", "content": "a b c d e f g h"}], stream=True
        )
        await anext(stream)
        now += 10.0
        await looked()
        assert not mark.exists()
        go.set()
        assert len([chunk async for chunk in stream]) == 11
        await looked()
        assert not mark.exists()
        now += 3.0
        async with asyncio.timeout(60):
            while not mark.exists():  # and then it does fire
                await asyncio.sleep(0.01)


@pytest.mark.parametrize("requests_every", [0.3, 0.9])
async def test_criterion_01_the_reaper_in_simulated_time(requests_every):
    now, fired, streaming = 0.0, [], None
    activity = Activity(lambda: now)

    async def sleep(seconds):
        nonlocal now, streaming
        end = now + seconds
        while now < end and now < 20:
            now = min(end, now + requests_every)
            if 5 <= now < 8 and streaming is None:
                streaming = activity.__enter__()  # one stream of three seconds, and nothing beside it
            elif now >= 8 and streaming:
                streaming.__exit__()
                streaming = False
            elif now < 12 and not 5 <= now < 8:
                with activity:
                    pass
        if now >= 20:
            raise asyncio.CancelledError

    async def stop():
        fired.append(now)

    with pytest.raises(asyncio.CancelledError):
        await Reaper(activity, 1.0, stop, sleep).run()
    assert fired
    assert fired[0] > 12.5


def test_criterion_03_an_empty_environment_starts_nothing_and_asks_nobody(tmp_path):
    program = """
import asyncio, sys
seen = []
sys.addaudithook(lambda event, args: seen.append((event, str(args[:2]))) if event in {
    "subprocess.Popen", "os.system", "os.exec", "os.posix_spawn", "os.fork", "socket.connect", "socket.getaddrinfo",
    "socket.sendto"} else None)
from siss.gateway.config_file import load_config
from siss.gateway.server import open_app
from siss.gateway.wiring import _stops
from siss.gateway.lifecycle.providers import LocalProvider, make_provider
async def main():
    config = load_config(None, {})
    assert config.lifecycle.provider == "local"
    assert config.lifecycle.enable_instance_stop is False
    assert not _stops(config)
    provider = make_provider(config.lifecycle)
    assert isinstance(provider, LocalProvider)
    async with open_app(config):
        await asyncio.sleep(0.2)
        await provider.stop()
asyncio.run(main())
print(seen)
"""
    ended = subprocess.run(
        [sys.executable, "-c", program],
        env={},
        capture_output=True,
        text=True,
        timeout=180,
        check=False,
        cwd=tmp_path,
    )
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout.strip() == "[]"


@pytest.mark.parametrize(
    ("given", "stops"),
    [("", False), ("enable_instance_stop = true", False), ('provider = "command"', False), ('provider = "gcp"', False),
     ('provider = "command"\nenable_instance_stop = true', True)],
)  # fmt: skip
async def test_criterion_03_a_stop_takes_a_provider_and_the_flag(tmp_path, given, stops):
    mark = tmp_path / "stopped"
    text = f'[lifecycle]\nidle_timeout = 0.05\ncommand = ["touch", "{mark}"]\n{given}'
    async with answering(text), asyncio.timeout(60):
        await asyncio.sleep(0.4)
        while stops and not mark.exists():
            await asyncio.sleep(0.01)
    assert mark.exists() is stops


async def test_criterion_04_32_concurrent_misses_are_embedded_in_batches(tmp_path):
    more = SEMANTIC.replace("[cache.embedder]", "[cache]\nmemory = 1000000\n[cache.embedder]")
    async with hosting() as host, hosting("embedding") as embedding:
        config = write_config(
            host, embedding, more=more, host_more="batch_items = 8\nbatch_tokens = 4096\nslots = 32"
        )
        async with answering(config, tmp_path) as door:
            embedding.requests.clear()
            go = asyncio.Event()
            host.always = stall(host, go)
            asking = [asyncio.create_task(door.chat(f"question number {n}")) for n in range(32)]
            await host.until(lambda: host.running == 32)
            go.set()
            answers = await asyncio.gather(*asking)
            assert {answer.headers["x-siss-cache"] for answer in answers} == {"miss"}
            await door.gateway.cache.flush()
            calls = embedding.calls("/v1/embeddings")
            assert len(calls) <= math.ceil(32 / 8)
            assert sum(len(call["input"]) for call in calls) == 32


async def test_criterion_06_one_embedding_a_miss_and_none_on_an_exact_hit(tmp_path):
    async with (
        hosting() as host,
        hosting("embedding") as embedding,
        answering(write_config(host, embedding, more=SEMANTIC), tmp_path) as door,
    ):
        embedding.requests.clear()
        for number in range(5):
            await door.chat(f"which disk failed on node {number}?")
        await door.gateway.cache.flush()
        embedded = [text for call in embedding.calls("/v1/embeddings") for text in call["input"]]
        assert embedded == [f"which disk failed on node {number}?" for number in range(5)]
        for number in range(5):
            answer = await door.chat(f"which disk failed on node {number}?")
            assert answer.headers["x-siss-cache"] == "hit-exact"
        near = await door.chat("which disk failed on node 4")
        assert near.headers["x-siss-cache"] == "hit-semantic"
        assert sum(len(call["input"]) for call in embedding.calls("/v1/embeddings")) == 6
        assert len(host.calls()) == 5


@pytest.mark.parametrize("way", ["host", "coalesced", "replay"])
@pytest.mark.parametrize("endpoint", ["chat", "completions"])
async def test_criterion_08_one_identity_a_finish_usage_and_done(way, endpoint):
    body = {"model": "stella", "temperature": 0, "stream": True, "stream_options": {"include_usage": True}}
    body |= {"messages": [{"role": "user", "content": "a b c"}]} if endpoint == "chat" else {"prompt": "a b c"}
    path = "/v1/chat/completions" if endpoint == "chat" else "/v1/completions"
    async with hosting() as host, answering(write_config(host)) as door:
        changing = host.events

        def events(path, body):  # as servers do that make a new id for each chunk
            return [
                chunk | {"id": f"other-{at}", "created": at, "model": f"m{at}"}
                for at, chunk in enumerate(changing(path, body))
            ]

        host.events = events
        if way == "coalesced":
            answers = await asyncio.gather(*(door.http.post(path, json=body) for _ in range(3)))
        elif way == "replay":
            whole = {name: value for name, value in body.items() if not name.startswith("stream")}
            answers = [await door.http.post(path, json=whole), await door.http.post(path, json=body)][1:]
        else:
            answers = [await door.http.post(path, json=body)]
        assert len(host.calls(path)) == 1
        for answer in answers:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = [line for line in answer.text.split("\n") if line]
            assert all(line.startswith("data: ") for line in lines)
            assert lines[-1] == "data: [DONE]"
            chunks = [json.loads(line[6:]) for line in lines[:-1]]
            assert {(chunk["id"], chunk["created"]) for chunk in chunks} == {(chunks[0]["id"], chunks[0]["created"])}
            assert {chunk["model"] for chunk in chunks} == {"stella"}
            assert [chunk["choices"][0]["finish_reason"] for chunk in chunks[:-1]].count("stop") == 1
            assert chunks[-2]["choices"][0]["finish_reason"] == "stop"
            assert chunks[-1]["choices"] == []
            assert chunks[-1]["usage"]["total_tokens"] == 15
            said = "".join(
                (c["choices"][0].get("delta") or {}).get("content") or c["choices"][0].get("text") or ""
                for c in chunks[:-1]
            )
            assert said == "stella says: a b c"


@pytest.mark.parametrize(
    ("environ", "name"),
    [({"SISS_GATEWAY__SERVER__PORT": "many"}, "SISS_GATEWAY__SERVER__PORT"),
     ({"SISS_GATEWAY__LIFECYCLE__IDLE_TIMEOUT": "soon"}, "SISS_GATEWAY__LIFECYCLE__IDLE_TIMEOUT"),
     ({"SISS_GATEWAY__CACHE__MEMORY": "64 apples"}, "SISS_GATEWAY__CACHE__MEMORY"),
     ({"SISS_GATEWAY__LIFECYCLE__ENABLE_INSTANCE_STOP": "perhaps"}, "SISS_GATEWAY__LIFECYCLE__ENABLE_INSTANCE_STOP"),
     ({"SISS_GATEWAY__SERVER__PROT": "1"}, "SISS_GATEWAY__SERVER__PROT"),
     ({"SISS_STELLA_URL": "stella:8080"}, "SISS_STELLA_URL"),
     ({"SISS_LOG_LEVEL": "loud"}, "SISS_LOG_LEVEL")],
)  # fmt: skip
@pytest.mark.parametrize("what", ["serve", "check"])
def test_criterion_09_a_setting_that_cannot_be_parsed_ends_the_program_and_is_named(tmp_path, what, environ, name):
    ended = command(*([what] if what == "check" else []), environ={"SISS_DATA_DIR": str(tmp_path), **environ})
    assert ended.returncode == 2
    assert name in ended.stderr
    assert "Traceback" not in ended.stderr


def test_criterion_09_a_bad_value_in_the_file_is_named_by_line_and_key(tmp_path):
    file = tmp_path / "gateway.toml"
    file.write_text(
        '[server]\nport = 0\n\n[hosts.a]\nurl = "http://x"\n\n[hosts.b]\nurl = "http://y"\nslots = "four"\n'
    )
    ended = command("check", "--config", str(file), "--data-dir", str(tmp_path))
    assert ended.returncode == 2
    assert f"{file}:9: hosts.b.slots: " in "".join(ended.stderr.split("\n"))
    assert "four" in ended.stderr


@pytest.mark.parametrize("bad", ["0", "-0.1", "1.01", "nan", "inf", "high"])
def test_criterion_11_a_bad_threshold_is_the_same_error_on_every_path(tmp_path, bad):
    given = f'"{bad}"' if bad == "high" else bad
    text = '[hosts.a]\nurl = "http://x"\n[models.m]\nhosts = ["a"]\n[routes.ask.cache]\nsemantic = "on"\n'
    said = set()
    for read in (
        lambda: CachePolicy(threshold=bad),
        lambda: CachePolicy(threshold=bad if bad == "high" else float(bad)),
        lambda: load_config_text(f"{text}threshold = {given}\n", tmp_path / "file"),
        lambda: load_config_text(f'{text}threshold = "{bad}"\n', tmp_path / "string"),
        lambda: load_config_text(text, tmp_path / "env", {"SISS_GATEWAY__ROUTES__ASK__CACHE__THRESHOLD": bad}),
    ):
        with pytest.raises(ConfigError) as caught:
            read()
        message = caught.value.message
        said.add(message[message.index("must be") :].partition(" (given")[0])
        assert caught.value.kind.code == "CONFIG"
    assert said == {"must be a number above 0 and at most 1"}
    file = tmp_path / "gateway.toml"
    file.write_text(f"{text}threshold = {given}\n")
    ended = command("check", "--config", str(file), "--data-dir", str(tmp_path))
    assert ended.returncode == 2
    assert "7: routes.ask.cache.threshold: must be a number above 0 and at most 1" in " ".join(ended.stderr.split())


GARBAGE = [
    b"", b"null", b"[]", b"{}", b"42", b"not json", b'{"choices": 3}', b'{"choices": []}', b'{"choices": [7]}',
    b'{"choices": [{"message": "hi"}]}', b'{"error": "out of memory"}', b"\xff\xfe\x00", b'{"choices": [{"message"',
    b"[" * 5000, b'{"choices": [{"message": {"content": NaN}}]}',
    b'{"choices": [{"finish_reason": "stop", "message": {"content": "x", "y": ' + b"[" * 300 + b"]" * 300 + b"}}]}",
]  # fmt: skip


async def test_criterion_12_garbage_from_a_host_is_a_502_and_not_cached():
    async with hosting() as host, answering(write_config(host, host_more="breaker_failures = 1000")) as door:
        for data in GARBAGE:
            host.always = send(data)
            answer = await door.chat("the same question")
            assert answer.status_code == 502, data
            assert answer.json()["error"]["code"] == "host_answer"
            for _ in range(2):
                host.always = write_stream(b"data: " + data + b"\n\n", b"data: [DONE]\n\n")
                answer = await door.chat("the same question", stream=True)
                told = (
                    answer.json()
                    if answer.status_code != 200
                    else json.loads(answer.text.strip().rpartition("data: ")[2])
                )
                assert told["error"]["code"] == "host_answer", data
        for path, body in (
            ("/v1/embeddings", {"model": "stella", "input": "x"}),
            ("/v1/rerank", {"model": "stella", "query": "x", "documents": ["y"]}),
            ("/v1/completions", {"model": "stella", "prompt": "x"}),
        ):
            for data in (
                *GARBAGE,
                b'{"data": [{"index": [], "embedding": [1]}]}',
                b'{"data": [{"embedding": [null]}]}',
            ):
                host.always = send(data)
                assert (await door.http.post(path, json=body)).status_code == 502, (path, data)
        host.always = None
        answer = await door.chat("the same question")
        assert (answer.status_code, answer.headers["x-siss-cache"]) == (200, "miss")
        assert (await door.gateway.cache.stats()).faults == {}


async def test_criterion_13_no_miss_makes_sure_that_anything_exists(tmp_path, monkeypatch):
    said: list[str] = []
    watching = False

    def audit(event, args):
        if watching and event == "os.mkdir":
            said.append(f"{event} {args[0]}")

    sys.addaudithook(audit)
    connect = sqlite3.connect

    def traced(*args, **options):
        connection = connect(*args, **options)
        connection.set_trace_callback(lambda statement: said.append(statement) if watching else None)
        return connection

    monkeypatch.setattr(sqlite3, "connect", traced)
    async with (
        hosting() as host,
        hosting("embedding") as embedding,
        answering(write_config(host, embedding, more=SEMANTIC), tmp_path) as door,
    ):
        await door.chat("warm")
        await door.gateway.cache.flush()
        watching = True
        for number in range(100):
            assert (await door.chat(f"question {number} of alpha{number}")).headers["x-siss-cache"] == "miss"
        await door.gateway.cache.flush()
        watching = False
    assert any("INSERT" in statement.upper() for statement in said)
    assert not [each for each in said if each.upper().startswith(("CREATE", "OS.MKDIR")) or "IF NOT" in each.upper()]


async def test_criterion_16_killed_under_load_it_opens_again_and_tells_the_truth(tmp_path):
    async with hosting(slots=16) as host:
        file = tmp_path / "gateway.toml"
        file.write_text(write_config(host))
        asked: set[str] = set()
        for turn in range(KILLS):
            async with (
                running(file, tmp_path) as gateway,
                httpx.AsyncClient(base_url=gateway.url, timeout=60) as http,
            ):
                for text in sorted(asked)[-40:]:
                    assert said_to(await ask(http, text)) == f"stella says: {text}"

                async def load(lane, turn=turn, http=http):
                    for number in range(1000):
                        text = f"turn {turn} lane {lane} number {number}"
                        try:
                            answer = await ask(http, text)
                        except httpx.HTTPError:
                            return
                        assert said_to(answer) == f"stella says: {text}"
                        asked.add(text)

                lanes = [asyncio.create_task(load(lane)) for lane in range(8)]
                while len(asked) < 60 * (turn + 1):
                    await asyncio.sleep(0.01)
                assert gateway.stop(signal.SIGKILL) == -signal.SIGKILL
                await asyncio.gather(*lanes)
        store = sqlite3.connect(tmp_path / "gateway" / "cache.db")
        assert store.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        ((kept,),) = store.execute("SELECT count(*) FROM entries").fetchall()
        store.close()
        assert kept > 0
        async with running(file, tmp_path) as gateway:
            async with httpx.AsyncClient(base_url=gateway.url, timeout=60) as http:
                hits = [(await ask(http, text)).headers["x-siss-cache"] == "hit-exact" for text in sorted(asked)]
                # What is there counts; the last one of each lane may have been kept and not heard of.
                assert kept - 8 * KILLS <= sum(hits) <= kept
            assert await asyncio.to_thread(gateway.stop) == 0


async def ask(http: httpx.AsyncClient, text: str) -> httpx.Response:
    body = {"model": "stella", "temperature": 0, "messages": [{"role": "user", "content": text}]}
    return await http.post("/v1/chat/completions", json=body)


def said_to(answer: httpx.Response) -> str:
    return answer.json()["choices"][0]["message"]["content"]


def test_criterion_22_every_module_is_reached():
    """From the command line, or from what is run as a module: by following imports, those inside functions too."""
    modules = {module_name(file): file for file in SOURCE.rglob("*.py")}
    waiting = ["siss.__main__", "siss.cli.reference"]
    reached: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name in reached or name not in modules:
            continue
        reached.add(name)
        parts = name.split(".")
        waiting += [".".join(parts[:length]) for length in range(1, len(parts))]
        waiting += imports_of(modules[name], name)
    assert sorted(name for name in modules if name not in reached and name.startswith("siss.gateway")) == []


def module_name(file: Path) -> str:
    parts = file.relative_to(SOURCE.parent).with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def imports_of(file: Path, name: str) -> list[str]:
    found = []
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, name
            found.append(node.module or "")
            found += [f"{node.module}.{alias.name}" for alias in node.names]
    return found


def test_criterion_22_fails_on_a_module_that_nothing_reaches(tmp_path, monkeypatch):
    package = tmp_path / "siss"
    (package / "gateway").mkdir(parents=True)
    for name, text in {
        "__init__": "",
        "__main__": "from siss.gateway import pipeline",
        "gateway/__init__": "",
        "gateway/pipeline": "",
        "gateway/scratch": "",
    }.items():
        (package / f"{name}.py").write_text(text)
    monkeypatch.setattr(f"{__name__}.SOURCE", package)
    with pytest.raises(AssertionError, match=r"siss\.gateway\.scratch"):
        test_criterion_22_every_module_is_reached()
