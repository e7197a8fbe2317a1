"""Commands without a service: they open the state folder themselves, and leave nothing running; and what they say."""

import json
import shlex
import subprocess
import sys

import pytest

from integration.api.conftest import serving
from siss.api.models.entities import EntityDetail, EntityPage, NamingFilePage
from siss.api.models.ingest import IngestState, JobItem
from siss.api.models.relationships import GraphAnswer
from siss.api.models.search import SearchPage
from siss.api.models.stats import Stats
from siss.api.models.structure import DriftAnswer, SchemaPage, StructurePage


@pytest.fixture(scope="module")
def indexed(installation):
    """The folder, indexed once."""
    ended = installation.run("index", "--json", str(installation.corpus))
    assert ended.returncode == 0, ended.stderr
    report = json.loads(ended.stdout)
    assert (report["files"], report["failed"], report["skipped"]) == (5, 0, {"ignored": 1})
    assert report["chunks"] > 0
    return installation


def test_indexing_again_reads_nothing(indexed):
    report = json.loads(indexed.run("index", "--json", str(indexed.corpus)).stdout)
    assert (report["files"], report["indexed"], report["bytes"]) == (5, 0, 0)


def test_hits_in_a_pipe_are_one_line_each(indexed):
    ended = indexed.run("search", "sd17 failed")
    assert ended.returncode == 0
    (line,) = ended.stdout.splitlines()
    assert line.startswith(f"{indexed.corpus}/logs/app.log:18: ")
    assert "1 file" in ended.stderr


def test_nothing_found_ends_with_1(indexed):
    ended = indexed.run("cli", "search", "zwiebelkuchen")
    assert (ended.returncode, ended.stdout) == (1, "")


def test_a_query_that_does_not_parse_is_pointed_into(indexed):
    ended = indexed.run("search", "disk size:huge")
    assert ended.returncode == 2
    assert ended.stderr.splitlines()[-1] == "       ^"


@pytest.mark.parametrize(
    ("command", "model"),
    [
        (["stats"], Stats),
        (["search", "disk"], SearchPage),
        (["entities", "db-*", "--type", "hostname"], EntityPage),
        (["entities", "db-prod-01.example.com"], EntityDetail),
        (["entities", "db-prod-01.example.com", "--files"], NamingFilePage),
        (["graph", "hostname", "db-prod-01.example.com"], GraphAnswer),
        (["jsonpath", "$..host"], StructurePage),
        (["schemas"], SchemaPage),
        (["resume"], IngestState),
        (["scan"], JobItem),
        (["verify", "--repair"], JobItem),
        (["reindex", "--engine-only"], JobItem),
    ],
)
def test_json_has_the_shape_of_the_rest_answer(indexed, command, model):
    ended = indexed.run(*command, "--json")
    assert ended.returncode == 0, ended.stderr
    found = model.model_validate_json(ended.stdout)
    if isinstance(found, JobItem):
        assert found.state == "done", found.error


def test_one_file_is_read_again(indexed):
    ended = indexed.run("reindex", "--json", str(indexed.corpus / "conf.json"))
    assert json.loads(ended.stdout)["state"] == "done"
    assert indexed.run("search", "db-prod-01.example.com").returncode == 0


def test_doctor_finds_database_and_engine(indexed):
    ended = indexed.run("doctor", "--json")  # the folder is the one that was indexed
    checks = {check["name"]: check["state"] for check in json.loads(ended.stdout)["checks"]}
    assert (checks["database"], checks["engine"], checks[f"root {indexed.corpus}"]) == ("ok", "ok", "ok")


@pytest.mark.parametrize("flags", ["", "--json"])
def test_a_broken_pipe_ends_quietly(indexed, flags):
    command = f"{shlex.quote(sys.executable)} -m siss search {flags} 'disk' | true; exit ${{PIPESTATUS[0]}}"
    ended = subprocess.run(
        ["bash", "-c", command], env=indexed.environment, capture_output=True, text=True, check=False
    )
    assert ended.returncode == 0
    assert "Error" not in ended.stderr


def test_what_a_command_reads_is_grouped_when_it_ends(indexed):
    late = indexed.corpus / "late.json"
    late.write_text('{"queue": "q", "depth": 3, "consumers": []}')
    assert indexed.run("scan").returncode == 0
    assert json.loads(indexed.run("schemas", str(late)).stdout)["required"] == ["consumers", "depth", "queue"]


@pytest.fixture(scope="module")
def served(indexed):
    """The same with a service from here on, which is asked more quickly: for what commands say whoever answers."""
    with serving(indexed):
        yield indexed


def test_why_says_what_is_missing_and_why(served):
    assert "binary: The bytes are not text" in served.run("why", str(served.corpus / "blob.bin")).stdout
    assert "An ignore rule names it" in served.run("why", ".git", cwd=served.corpus).stdout
    unknown = served.run("why", "/elsewhere")
    assert (unknown.returncode, unknown.stdout) == (4, "")


def test_a_setting_that_a_service_does_not_hear_of_is_said_to_have_no_effect(served):
    ended = served.run("stats", "--json", "-s", "SISS_INTEGRITY_SHARE=1", "-s", "log-level=error")
    assert (ended.returncode, json.loads(ended.stdout)["files"]) == (0, 6)
    assert ended.stderr.startswith("siss: --set integrity_share: without effect, http"), ended.stderr
    assert served.run("stats", "-s", "log_level=error").stderr == ""


def test_what_files_name_and_how_they_belong_together(served, tmp_path):
    conf = str(served.corpus / "conf.json")
    page = served.run("entities", "db-prod-01.example.com").stdout
    assert page.splitlines()[0] == "hostname db-prod-01.example.com"
    assert f"{conf}:1: " in page or f"{served.corpus / 'copy.json'}:1: " in page
    named = served.run("entities", "--of", conf).stdout
    assert named.splitlines()[0].split()[:2] == ["hostname", "db-prod-01.example.com"]
    assert served.run("entities", "nowhere-*").returncode == 1
    assert served.run("entities", "--of", "/elsewhere").returncode == 4
    alone = served.run("related", conf)
    assert (alone.returncode, alone.stdout) == (1, "")
    drawn = tmp_path / "drawn.graphml"
    assert served.run("graph", conf, "--hops", "1", "--output", str(drawn)).returncode == 0
    assert b"<graphml" in drawn.read_bytes()
    assert served.run("graph", "hostname").returncode == 4
    assert served.run("graph", "host", "x").returncode == 2


def test_values_in_a_pipe_are_one_line_each(served):
    ended = served.run("jsonpath", "$.server[?@ == 5432]", "--path", "*/conf.json")
    assert ended.returncode == 0, ended.stderr
    assert ended.stdout == f"{served.corpus}/conf.json:1: $['server']['port']: 5432\n"
    assert "1 of 1 candidates among" in ended.stderr
    nothing = served.run("xpath", "//m:a", "-N", "m=urn:m")
    assert (nothing.returncode, nothing.stdout) == (1, "")
    wrong = served.run("jsonpath", "$.server[")
    assert wrong.returncode == 2
    assert wrong.stderr.splitlines()[-1].strip() == "^"


def test_the_schema_of_a_file(served):
    """Grouping is part of ``siss index``."""
    path = str(served.corpus / "conf.json")
    ended = served.run("schemas", path)
    assert json.loads(ended.stdout)["properties"]["server"]["required"] == ["host", "port"]
    files = served.run("schemas", path, "--files")
    assert files.stdout.splitlines() == [path, str(served.corpus / "copy.json")]
    drift = served.run("schemas", path, "--since", "2026-01-01", "--json")
    DriftAnswer.model_validate_json(drift.stdout)
