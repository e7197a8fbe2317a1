"""JSON Lines in pieces: what is found in them is what is found in the whole."""

import json
import time
import uuid
from collections.abc import Sequence
from typing import Any, cast
from unittest.mock import patch

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.app.evaluators import CUT_SHORT, LATE, Evaluator, Evaluators
from siss.app.structure import pieces
from siss.model.content import Kind
from siss.model.ids import ContentId
from siss.model.structure import Evaluated, EvaluationTask, StructureQuery
from siss.ports.structure import CandidateFile
from siss.ports.texts import Texts
from siss.search.jsonpath.compile import compile_jsonpath
from siss.search.jsonpath.evaluate import evaluate_jsonpath

LINES = st.one_of(
    st.builds(json.dumps, st.dictionaries(st.sampled_from("ab"), st.integers(0, 9) | st.text("xé", max_size=4))),
    st.sampled_from(["", " ", "no JSON", '{"a": 1, "a": 2}', "[1, 2]"]),
)
EXPRESSION = "$.a"


class World:
    """One text, and evaluators that answer; from the task number ``late_from`` on all are late."""

    def __init__(self, text: bytes, late_from: int = 1 << 30) -> None:
        self.text = text
        self.late_from = late_from
        self.sizes: list[int] = []

    async def read(self, _content: ContentId, start: int, end: int) -> bytes:
        return self.text[start:end]

    async def evaluate(self, tasks: Sequence[EvaluationTask]) -> list[Evaluated]:
        (task,) = tasks
        self.sizes.append(len(task.text))
        if len(self.sizes) > self.late_from:
            return [Evaluated(0, [], 0, LATE)]
        if b"kill" in task.text:
            return [Evaluated(0, [], 0, "killed")]
        return [Evaluator()(task, lambda _: None, lambda: None)]

    async def ask(self, limit: int = 20, *, seconds: float = 60.0) -> Evaluated:
        mime, size = "application/x-ndjson", len(self.text)
        file = CandidateFile(ContentId(1), Kind.JSONL, mime, size, uuid.UUID(int=1), "/app.jsonl", ())
        ports: Any = self
        return await pieces.evaluate_pieces(
            cast("Texts", ports),
            cast("Evaluators", ports),
            StructureQuery("jsonpath", EXPRESSION),
            file,
            limit,
            time.monotonic() + seconds,
        )


@given(
    st.lists(LINES, max_size=12),
    st.sampled_from(["\n", "\r\n"]),
    st.booleans(),
    st.integers(1, 40),
    st.integers(1, 5),
)
async def test_pieces_have_what_the_whole_has(lines: list[str], end: str, closed: bool, size: int, limit: int):
    text = (end.join(lines) + (end if closed else "")).encode()
    matches, total, problem = evaluate_jsonpath(compile_jsonpath(EXPRESSION), text, Kind.JSONL, limit=limit)
    with patch.object(pieces, "PIECE_BYTES", size):
        answer = await World(text).ask(limit)
    assert (answer.matches, answer.total, answer.problem) == (matches, total, problem)


async def test_who_only_wants_to_know_whether_there_are_any_waits_for_the_first(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pieces, "PIECE_BYTES", 30)
    world = World(b'{"b": 1}\n' * 20 + b'{"a": 1}\n' * 100)
    assert (await world.ask(limit=0)).total > 0
    assert sum(world.sizes) < 300


async def test_a_piece_that_fails_costs_itself(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pieces, "PIECE_BYTES", 12)
    answer = await World(b'{"a": 1}\n{"a": "kill"}\n{"a": 3}\n').ask()
    assert ([match.value for match in answer.matches], answer.total, answer.problem) == (["1", "3"], 2, "killed")


async def test_the_end_of_the_time_says_how_far_it_came(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pieces, "PIECE_BYTES", 1 << 20)
    answer = await World(b'{"a": 1}\n' * 300_000, late_from=2).ask()
    assert len(answer.matches) == 20
    assert answer.problem == f"{CUT_SHORT} (1 of 2 MiB were looked into)"
    assert (await World(b'{"a": 1}\n').ask(seconds=-1.0)).problem.startswith(CUT_SHORT)


async def test_a_line_that_is_too_long_ends_it(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(pieces, "PIECE_BYTES", 16)
    monkeypatch.setattr(pieces, "LONGEST_LINE", 64)
    world = World(b'{"a": 1}\n{"a": 2}\n' + b'{"a": "%b"}\n' % (b"x" * 10_000) + b'{"a": 4}\n')
    answer = await world.ask()
    assert [match.line for match in answer.matches] == [1, 2]
    assert answer.problem == pieces.TOO_LONG.format(3)
    assert sum(world.sizes) < 100
