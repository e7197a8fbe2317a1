"""What operators do: start, check, watch, limit, purge, stop; and the gateway inside of the main service."""

import asyncio
import hashlib
import json
import re
import signal
import textwrap
from pathlib import Path
from types import SimpleNamespace

import httpx
import openai
import pytest

from integration.gateway.answering import answering, command, load_config_text, running, write_config
from integration.gateway.hosting import hosting, refuse, send, stall, write_stream
from siss.api.gateway import check_gateway, with_gateway
from siss.errors import ConfigError
from siss.gateway.check import check_hosts
from siss.gateway.metrics import METRICS
from siss.logs import request_id
from siss.settings import Settings

ROOT = Path(__file__).parents[3]


def digest(key):
    return f"sha256:{hashlib.sha256(key.encode()).hexdigest()}"


TENANTS = f"""
[tenants.team]
keys = ["{digest("key-team")}", "{digest("key-next")}"]
models = ["stella"]
[tenants.boss]
keys = ["{digest("key-boss")}"]
admin = true
"""


def bearer(key):
    return {"Authorization": f"Bearer {key}"}


async def test_nothing_is_shared_between_tenants_and_models_are_hidden():
    async with (
        hosting("stella") as stella,
        hosting("pegasus") as pegasus,
        answering(
            write_config(stella, pegasus, more=TENANTS + '[routes.all]\nfallback = ["pegasus"]\nretries = 0')
        ) as door,
    ):
        answer = await door.chat()
        assert (answer.status_code, answer.headers["www-authenticate"]) == (401, "Bearer")
        assert (await door.chat(headers=bearer("wrong"))).json()["error"]["type"] == "authentication_error"
        assert (await door.chat(headers=bearer("key-team"))).headers["x-siss-cache"] == "miss"
        assert (await door.chat(headers=bearer("key-next"))).headers["x-siss-cache"] == "hit-exact"
        assert (await door.chat(headers=bearer("key-boss"))).headers["x-siss-cache"] == "miss"
        assert (await door.chat(model="pegasus", headers=bearer("key-team"))).status_code == 404
        team = await door.client("key-team")
        assert [model.id async for model in team.models.list()] == ["stella"]
        stella.always = refuse(500, "broken")  # a fallback does not widen what a tenant may ask
        assert (await door.chat("new", headers=bearer("key-team"))).status_code == 503
        assert (await door.chat("new", headers=bearer("key-boss"))).json()["model"] == "pegasus"
        for path in ("/admin/stats", "/admin/cache/entries", "/admin/cache/shadow"):
            assert (await door.http.get(path)).status_code == 401
            assert (await door.http.get(path, headers=bearer("key-team"))).status_code == 403
            assert (await door.http.get(path, headers=bearer("key-boss"))).status_code == 200
        for path in ("/healthz", "/readyz", "/metrics"):
            assert (await door.http.get(path)).status_code == 200


async def test_budgets_say_what_was_used_up_and_until_when():
    more = TENANTS + "[tenants.team.budget]\nrequests_per_minute = 3\n[tenants.boss.budget]\ntokens_per_day = 20\n"
    async with hosting() as host, answering(write_config(host, more=more)) as door:
        codes = [(await door.chat(f"{n}", headers=bearer("key-team"))).status_code for n in range(4)]
        assert codes == [200, 200, 200, 429]
        answer = await door.chat("x", headers=bearer("key-next"))  # the tenant's, whichever its key
        assert answer.json()["error"]["type"] == "rate_limit_error"
        assert 0 < int(answer.headers["retry-after"]) <= 20
        assert answer.headers["x-should-retry"] == "true"
        codes = [(await door.chat(f"{n}", headers=bearer("key-boss"))).status_code for n in range(3)]
        assert codes == [200, 200, 429]
        assert (await door.chat("x", headers=bearer("key-boss"))).headers["x-should-retry"] == "false"


async def test_a_budget_of_requests_at_once():
    more = TENANTS + "[tenants.team.budget]\nconcurrency = 2"
    async with hosting() as host, answering(write_config(host, more=more)) as door:
        go = asyncio.Event()
        host.always = stall(host, go)
        waiting = [asyncio.create_task(door.chat(f"{n}", headers=bearer("key-team"))) for n in range(2)]
        await host.until(lambda: host.running == 2)
        assert (await door.chat("x", headers=bearer("key-team"))).status_code == 429
        go.set()
        await asyncio.gather(*waiting)
        assert (await door.chat("x", headers=bearer("key-team"))).status_code == 200


async def test_tokens_of_a_stream_that_was_left_are_spent_too():
    async with hosting() as host, answering(write_config(host)) as door:
        host.token_seconds = 0.01
        body = {"model": "stella", "stream": True, "messages": [{"role": "user", "content": "x " * 60}]}
        async with door.http.stream("POST", "/v1/chat/completions", json=body) as answer:
            lines = answer.aiter_lines()
            for _ in range(20):
                await anext(lines)
        await host.until(lambda: host.running == 0)
        async with asyncio.timeout(60):
            while not door.gateway.budgets.of("local").tokens_today:
                await asyncio.sleep(0.01)
        assert 5 < door.gateway.budgets.of("local").tokens_today < 60


async def test_list_purge_and_stats(tmp_path):
    more = '[routes.ask]\nmodels = ["stella"]\ncache = { tags = ["ask"] }'
    async with hosting("stella") as stella, hosting("pegasus") as pegasus:
        config = write_config(stella, pegasus, more=more)
        async with answering(config, tmp_path) as door:
            for n in range(3):
                await door.chat(f"{n}", headers={"X-Siss-Tags": f"t{n}, all"})
            await door.chat("0", model="pegasus")
            await door.gateway.cache.flush()
            listed = (await door.http.get("/admin/cache/entries", params={"limit": 3})).json()
            assert [entry["model"] for entry in listed["entries"]] == ["pegasus", "stella", "stella"]
            rest = (await door.http.get("/admin/cache/entries", params={"before": listed["before"]})).json()
            assert [sorted(entry["tags"]) for entry in rest["entries"]] == [["all", "ask", "t0"]]
            assert (await door.http.delete("/admin/cache/entries")).status_code == 409
            assert (await door.http.delete("/admin/cache/entries", params={"tag": "t1"})).json() == {"purged": 1}
            assert [(await door.chat(f"{n}")).headers["x-siss-cache"] for n in range(3)] == [
                "hit-exact",
                "miss",
                "hit-exact",
            ]
            assert (await door.http.delete("/admin/cache/entries", params={"model": "pegasus"})).json() == {
                "purged": 1
            }
            shown = await asyncio.to_thread(command, "stats", "--url", door.url)
            assert shown.returncode == 0, shown.stderr
            assert "ready" in shown.stdout
            assert "Exact tier: hit 2, miss (absent) 5." in shown.stdout
            told = await asyncio.to_thread(command, "stats", "--json", environ={"SISS_GATEWAY_URL": door.url})
            stats = json.loads(told.stdout)
            assert stats["cache"]["entries"] == 3
            assert stats["hosts"][0]["breaker"] == "closed"
            purged = await asyncio.to_thread(command, "purge", "--all", "--url", door.url)
            assert purged.stdout.strip() == "3 answers deleted."
            report = await asyncio.to_thread(command, "report", "--url", door.url)
            assert (report.returncode, "Nothing was compared yet" in report.stdout) == (1, True)
    gone = await asyncio.to_thread(command, "stats", "--url", door.url)
    assert gone.returncode == 7
    assert "No gateway answers" in gone.stderr


async def test_shadow_mode_serves_nothing_and_reports_what_it_would_have(tmp_path):
    more = '[routes.ask]\nmodels = ["stella"]\ncache = { semantic = "shadow", threshold = 0.8 }\n[cache.embedder]\nmodel = "embedding"'
    async with (
        hosting("stella") as stella,
        hosting("embedding") as embedding,
        answering(write_config(stella, embedding, more=more), tmp_path) as door,
    ):
        same = {"say": "restart it with systemctl"}
        assert (await door.chat("how do I restart the backup service", **same)).headers["x-siss-cache"] == "miss"
        await door.gateway.cache.flush()
        assert (await door.chat("how do I restart the backup service please", **same)).headers[
            "x-siss-cache"
        ] == "miss"
        await door.gateway.cache.flush()
        assert len(stella.calls()) == 2
        told = await asyncio.to_thread(command, "report", "--json", "--url", door.url)
        assert json.loads(told.stdout)["compared"] == 1
        shown = await asyncio.to_thread(command, "report", "--url", door.url)
        assert "1 questions compared" in shown.stdout
        assert "threshold   served" in shown.stdout


async def test_metrics_are_all_there_and_documented():
    async with hosting() as host, answering(write_config(host)) as door:
        await asyncio.gather(door.chat(), door.chat(), door.chat(stream=True))
        await door.chat()
        text = (await door.http.get("/metrics")).text
        for name, (kind, _) in METRICS.items():
            assert f"# TYPE {name} {kind}" in text, name
        assert 'siss_gateway_cache_lookups_total{reason="",result="hit",tier="exact"} 1.0' in text
        assert "siss_gateway_coalesced_total 2.0" in text
        page = (ROOT / "docs" / "gateway-reference.md").read_text("utf-8")
        for name in METRICS:
            assert f"`{name}`" in page, name


async def test_without_tenants_other_sites_and_names_are_refused():
    async with hosting() as host, answering(write_config(host)) as door:
        assert (await door.chat(headers={"Host": "evil.example"})).status_code == 421
        assert (await door.chat(headers={"Sec-Fetch-Site": "cross-site"})).status_code == 403
        assert (
            await door.http.delete("/admin/cache/entries?all=true", headers={"Sec-Fetch-Site": "cross-site"})
        ).status_code == 403
        assert (await door.chat(headers={"Host": "localhost:1"})).status_code == 200


async def test_what_a_host_says_is_for_the_asker_and_stands_in_no_log(capsys):
    async with hosting() as host, answering(write_config(host, more="[routes.all]\nretries = 0")) as door:
        said = b"the password is hunter2"
        for act in (send(said), send(b'{"error": "%s"}' % said), write_stream(b"data: " + said + b"\n\n")):
            host.always = act
            answer = await door.chat(stream="stream" in act.__qualname__)
            assert (answer.status_code, "hunter2" in answer.text) == (502, True)
        host.always = send(said)
        assert (await door.chat(stream=True)).status_code == 502
        assert "hunter2" not in (await door.http.get("/admin/stats")).text
    logged = capsys.readouterr().out
    assert logged.count("host failed") == 3  # one had begun
    assert "hunter2" not in logged


async def test_the_id_of_an_answer_stands_in_the_log(monkeypatch):
    async with hosting() as host, answering(write_config(host)) as door:
        seen = []
        monkeypatch.setattr(
            "siss.gateway.app._log", SimpleNamespace(exception=lambda *_: seen.append(request_id.get()))
        )
        monkeypatch.setattr(door.gateway.pipeline, "take_in", lambda *_: 1 / 0)
        answer = await door.chat()
        assert answer.status_code == 500
        assert "ZeroDivision" not in answer.text
        assert seen == [answer.headers["x-request-id"]]


async def test_a_body_that_can_be_read_and_not_sent_on_is_the_clients_to_mend():
    async with hosting() as host, answering(write_config(host)) as door:
        deep = "[" * 400 + "]" * 400
        body = '{"model": "stella", "messages": [{"role": "user", "content": "x"}], "more": %s, "stream": %s}'
        for stream in ("true", "false"):
            answer = await door.http.post("/v1/chat/completions", content=body % (deep, stream))
            assert answer.status_code == 400
            assert "cannot be sent on" in answer.json()["error"]["message"]
        assert host.calls() == []
        assert door.gateway.pool.hosts["stella"].slots.busy == 0


async def test_check_probes_the_hosts_and_says_what_is_wrong(tmp_path):
    async with hosting("stella") as stella, hosting("pegasus") as pegasus:
        pegasus.loading = True
        file = tmp_path / "gateway.toml"
        file.write_text(write_config(stella, pegasus))
        ended = await asyncio.to_thread(command, "check", "--config", str(file), "--json")
        assert ended.returncode == 7
        answer = json.loads(ended.stdout)
        assert [(host["name"], host["health"], host["slots"]) for host in answer["hosts"]] == [
            ("stella", "ready", 4),
            ("pegasus", "loading", 4),
        ]
        assert answer["hosts"][0]["model_path"] == "/models/stella.gguf"
        pegasus.loading = False
        ended = await asyncio.to_thread(command, "check", "--config", str(file))
        assert ended.returncode == 0
        assert "No tenants" in ended.stdout
        stella.key = "other"
        ended = await asyncio.to_thread(command, "check", "--config", str(file))
        assert ended.returncode == 7
        assert "refuses the gateway's key" in ended.stdout


EMBEDDER = '[cache.embedder]\nsource = "{}"\nmodel = "stella"\ndimension = {}'


async def test_check_asks_the_embedder_for_a_vector(monkeypatch):
    async with hosting() as host:

        async def check(source, dimension=0):
            return await check_hosts(
                load_config_text(write_config(host, more=EMBEDDER.format(source, dimension)), None)
            )

        assert not [each for each in (await check("host")).remarks if "embedder" in each]
        with pytest.raises(ConfigError, match="7 is configured"):
            await check("host", 7)
        host.always = refuse(501, "This server does not support embeddings", "not_supported_error")
        found = await check("host")
        assert found.ready  # for all else
        assert "semantic caching is off until it does: stella: This server does not support" in found.remarks[-1]
        monkeypatch.setattr("siss.gateway.cache.embed.local_embedder_installed", lambda: False)
        with pytest.raises(ConfigError, match=r"pip install 'siss\[local-embeddings\]'"):
            await check("local")


def test_the_example_file_is_valid():
    text = (ROOT / "deploy" / "gateway" / "gateway.toml").read_text("utf-8")
    config = load_config_text(text, None)
    assert list(config.models) == ["stella", "pegasus", "max", "embedding"]
    shown = [line.removeprefix("# ") for line in text.splitlines() if line.startswith("# ")]
    tenants = "\n".join(line for line in shown if line.startswith(("[tenants", "keys", "admin", "models", "budget")))
    keys = tenants.replace("sha256:…", "sha256:" + "0" * 64, 1).replace("sha256:…", "sha256:" + "1" * 64)
    assert list(load_config_text(f"{text}\n{keys}", None).tenants) == ["operations", "agents"]


def test_every_piece_of_a_file_in_the_documentation_is_valid():
    text = (ROOT / "docs" / "gateway.md").read_text("utf-8")
    pieces = ["".join(found) for found in re.findall(r"(?:^    [^\n]*\n|^\n(?=    ))+", text, re.MULTILINE)]
    pieces = [textwrap.dedent(each).strip() for each in pieces]
    base = '[hosts.h]\nurl = "http://h"\n[models.stella]\nhosts = ["h"]\n'
    tenants = f'[tenants.legal]\nkeys = ["{digest("key")}"]\n'
    read = 0
    for piece in pieces:
        if piece.startswith("[routes"):
            load_config_text(f"{base}{tenants}{piece}", None)
        elif piece.startswith("cache = "):
            load_config_text(f"{base}[routes.r]\n{piece}", None)
        elif "[hosts." in piece:
            load_config_text(piece[piece.index("[hosts.") :], None)
        else:
            continue
        read += 1
    assert read >= 6


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
async def test_a_signal_lets_requests_finish_snapshots_and_the_next_start_takes_it(tmp_path, number):
    async with hosting() as host:
        file = tmp_path / "gateway.toml"
        file.write_text(write_config(host, more=f'[lifecycle]\nsnapshot = "{tmp_path / "kept"}"'))
        async with running(file, tmp_path / "one") as gateway:
            host.token_seconds = 0.05
            async with openai.AsyncOpenAI(base_url=f"{gateway.url}/v1", api_key="none", max_retries=0) as client:
                stream = await client.chat.completions.create(
                    model="stella",
                    temperature=0,
                    stream=True,
                    messages=[{"role": "user", "content": "a b c d e f g h i j"}],
                )
                await anext(stream)
                ending = asyncio.create_task(asyncio.to_thread(gateway.stop, number))
                pieces = [chunk async for chunk in stream]
                assert pieces[-1].choices[0].finish_reason == "stop"
                assert await ending == 0
        host.requests.clear()
        async with running(file, tmp_path / "two") as gateway, httpx.AsyncClient(base_url=gateway.url) as http:
            answer = await http.post(
                "/v1/chat/completions",
                json={
                    "model": "stella",
                    "temperature": 0,
                    "messages": [{"role": "user", "content": "a b c d e f g h i j"}],
                },
            )
            assert answer.headers["x-siss-cache"] == "hit-exact"
        assert host.calls() == []


async def test_addresses_folders_and_files_that_cannot_be_used(tmp_path):
    file = tmp_path / "gateway.toml"
    file.write_text('[server]\nhost = "0.0.0.0"\nport = 0\n')
    ended = command("--config", str(file), "--data-dir", str(tmp_path))
    assert (ended.returncode, "server.host" in ended.stderr) == (2, True)
    ended = command("--config", str(tmp_path / "none.toml"), "--data-dir", str(tmp_path))
    assert (ended.returncode, "none.toml" in ended.stderr) == (2, True)
    file.write_text("[server]\nport = 0\n")
    async with running(file, tmp_path):
        ended = await asyncio.to_thread(command, "--config", str(file), "--data-dir", str(tmp_path))
        assert (ended.returncode, "another gateway uses" in " ".join(ended.stderr.split())) == (2, True)


async def test_mounted_below_llm_it_is_the_same_gateway(tmp_path):
    async def service(_scope, _receive, send):
        await send({"type": "http.response.start", "status": 418, "headers": []})
        await send({"type": "http.response.body", "body": b""})

    async with hosting() as host:
        file = tmp_path / "gateway.toml"
        file.write_text(write_config(host, server="max_body = 10000000"))
        settings = Settings(data_dir=tmp_path, gateway_config=str(file), api_workers=1)
        check_gateway(settings)
        async with with_gateway(service, settings) as app:
            transport = httpx.ASGITransport(app)
            async with httpx.AsyncClient(transport=transport, base_url="http://127.0.0.1/llm") as http:
                body = {
                    "model": "stella",
                    "temperature": 0,
                    "messages": [{"role": "user", "content": "x" * (2 << 20)}],
                    "say": "much",
                }
                for state in ("miss", "hit-exact"):
                    assert (await http.post("/v1/chat/completions", json=body)).headers["x-siss-cache"] == state
                assert (await http.get("/v1/models/stella")).json()["id"] == "stella"
                assert (await http.get("/readyz")).status_code == 200
                assert (await http.get("http://127.0.0.1/llmx")).status_code == 418
        async with with_gateway(service, settings.model_copy(update={"gateway_config": ""})) as app:
            assert app is service
        for wrong in ({"api_workers": 2}, {"host": "0.0.0.0"}):
            with pytest.raises(ConfigError):
                check_gateway(settings.model_copy(update=wrong))


async def test_an_instance_that_is_idle_is_snapshotted_and_stopped_by_the_command(tmp_path):
    mark = tmp_path / "stopped"
    more = f'[lifecycle]\nprovider = "command"\nenable_instance_stop = true\nidle_timeout = 0.3\nsnapshot = "{tmp_path / "kept"}"\ncommand = ["touch", "{mark}"]'
    async with hosting() as host, answering(write_config(host, more=more), tmp_path) as door:
        await door.chat()
        await door.gateway.cache.flush()
        async with asyncio.timeout(60):
            while not mark.exists():
                await asyncio.sleep(0.02)
        assert list((tmp_path / "kept").iterdir())
