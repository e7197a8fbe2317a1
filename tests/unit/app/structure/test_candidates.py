import time
import uuid
from types import SimpleNamespace
from typing import Any, cast

import pytest

from siss.app.evaluators import CUT_SHORT, LATE
from siss.app.services import Services
from siss.app.structure.candidates import WHOLE_BYTES, CandidateWalk
from siss.model.content import Kind
from siss.model.ids import ContentId
from siss.model.principal import LOCAL
from siss.model.structure import Evaluated, EvaluationTask, StructureQuery
from siss.ports.structure import CandidateFile, Pruning

PRUNING = Pruning((Kind.JSON,))


class World:
    """Contents 0 to ``count``; every tenth has no visible file. ``batches``: how many were evaluated at once."""

    def __init__(self, count: int, text_bytes: int = 10, late_after: int | None = None, cut_at: int = -1) -> None:
        self.count = count
        self.text_bytes = text_bytes
        self.late_after = late_after
        self.cut_at = cut_at
        self.batches: list[int] = []
        self.asked: list[int] = []

    async def candidates(self, _pruning: Pruning, after: ContentId, limit: int, _who: object) -> list[ContentId]:
        self.asked.append(limit)
        return [ContentId(number) for number in range(after + 1, min(after + 1 + limit, self.count))]

    async def candidate_files(self, contents: list[ContentId], *_: object) -> list[CandidateFile]:
        return [
            CandidateFile(each, Kind.JSON, "application/json", self.text_bytes, uuid.UUID(int=each), f"/{each}", ())
            for each in contents
            if each % 10
        ]

    async def whole(self, contents: list[ContentId]) -> dict[ContentId, bytes]:
        return {each: b"%d" % each for each in contents if each != 7}

    async def evaluate(self, tasks: list[EvaluationTask]) -> list[Evaluated]:
        late = self.late_after is not None and sum(self.batches) >= self.late_after
        self.batches.append(len(tasks))
        return [
            Evaluated(0, [], 0, CUT_SHORT)
            if int(task.text) == self.cut_at
            else Evaluated(0, [], 0, LATE)
            if late or int(task.text) > self.cut_at > 0
            else Evaluated(int(task.text), [], 1, "")
            for task in tasks
        ]

    def walk(self, after: int = -1, batch: int = 20, seconds: float = 60.0) -> CandidateWalk:
        services: Any = SimpleNamespace(structures=self, texts=self, evaluators=self)
        query = StructureQuery("jsonpath", "$.a")
        deadline = time.monotonic() + seconds
        return CandidateWalk(cast("Services", services), LOCAL, query, PRUNING, deadline, ContentId(after), batch)


@pytest.mark.parametrize("count", [0, 1, 63, 64, 65, 1501])
async def test_every_candidate_is_answered_once_in_order(count: int):
    world = World(count)
    walk = world.walk()
    found = [(file.content_id, answer.number) async for file, answer in walk.answers()]
    assert [content for content, _ in found] == [number for number in range(count) if number % 10]
    assert all(number == content for content, number in found if content != 7)
    assert (walk.evaluated, walk.late, walk.reached) == (len(found), False, count - 1)


async def test_more_and_more_are_looked_up_and_evaluated_at_once():
    world = World(3000)
    async for _ in world.walk().answers():
        pass
    assert world.asked == [64, 128, 256, 512, 512, 512, 512, 512]
    assert [count for count in world.batches if count][:3] == [19, 37, 80]
    assert max(world.batches) > 400


async def test_few_large_texts_are_evaluated_at_once():
    world = World(40, text_bytes=3 << 20)
    async for _ in world.walk().answers():
        pass
    assert set(world.batches) <= {0, 1, 2}


async def test_who_has_enough_goes_on_where_the_last_answer_was():
    world = World(200)
    walk = world.walk()
    answers = walk.answers()
    first = [file.content_id for file, _ in [await anext(answers) for _ in range(30)]]
    await answers.aclose()
    rest = [file.content_id async for file, _ in world.walk(after=walk.reached).answers()]
    assert first + rest == [number for number in range(200) if number % 10]


async def test_what_was_not_evaluated_in_time_is_not_passed_over():
    world = World(200, late_after=50)
    walk = world.walk()
    found = [file.content_id async for file, _ in walk.answers()]
    assert walk.late
    assert (walk.evaluated, walk.reached) == (len(found), found[-1])
    assert await anext(World(200).walk(seconds=-1.0).answers(), None) is None


@pytest.mark.parametrize("at", [1, 33])
async def test_a_text_that_takes_all_the_time_is_begun_again_once(at: int):
    # One that would be cut short on each page would end the walk there for ever.
    world = World(200, cut_at=at)
    walk = world.walk(after=0)
    found = [(file.content_id, answer.problem) async for file, answer in walk.answers()]
    if at == 1:  # it was the first
        assert found == [(1, CUT_SHORT)]
        assert (walk.late, walk.reached) == (True, 1)
    else:
        assert found[-1] == (at - 1, "")
        assert (walk.late, walk.reached) == (True, at - 1)


async def test_a_text_that_is_too_large_or_gone_has_a_problem():
    problems = [answer.problem async for _, answer in World(2, text_bytes=WHOLE_BYTES + 1).walk().answers()]
    assert problems == ["larger than 10 MiB"]
    problems = [answer.problem async for file, answer in World(8).walk().answers() if file.content_id == 7]
    assert problems == ["its text is gone: it is being indexed again"]
