"""The texts that can match a question, evaluated until whoever asks has enough or the time is over."""

import itertools
import time
from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from siss.app.evaluators import CUT_SHORT, LATE
from siss.app.read_ahead import read_ahead
from siss.app.services import Services
from siss.app.structure.pieces import evaluate_pieces
from siss.model.content import Kind
from siss.model.ids import ContentId
from siss.model.principal import Principal
from siss.model.structure import Evaluated, EvaluationTask, StructureQuery
from siss.ports.structure import CandidateFile, Pruning

WHOLE_BYTES: Final = 10 << 20
"""The largest text that is evaluated at once; as large as those that fields are drawn from."""
TOO_LARGE: Final = f"larger than {WHOLE_BYTES >> 20} MiB"
NO_TEXT: Final = "its text is gone: it is being indexed again"
_LOOKED_UP: Final = 64
"""Candidates that are asked for at first."""
_MOST_LOOKED_UP: Final = 512
"""Candidates that are asked for, and evaluated, at once in the end."""
_BATCH_BYTES: Final = 8 << 20
_OTHER_PATHS: Final = 5


@dataclass(frozen=True, slots=True)
class _Batch:
    """Candidates that are evaluated at once. ``texts``: of those that have one that fits; ``last``: all up to it."""

    files: Sequence[CandidateFile]
    texts: Mapping[ContentId, bytes]
    last: ContentId


@dataclass(slots=True)
class CandidateWalk:
    """One walk over the candidates, in the order of their contents' ids, beginning after ``reached``.

    ``batch``: how many are evaluated at once, at first; ``matches``: how many of one file are wanted; ``deadline``:
    by ``time.monotonic()``. ``late``: the time was over before the last one; nothing after ``reached`` was evaluated.
    """

    services: Services
    principal: Principal
    query: StructureQuery
    pruning: Pruning
    deadline: float
    reached: ContentId
    batch: int = _LOOKED_UP
    matches: int = 20
    evaluated: int = 0
    late: bool = False

    async def answers(self) -> AsyncGenerator[tuple[CandidateFile, Evaluated]]:
        """Each candidate with its answer. Raises what the ports raise."""
        async with read_ahead(self._read()) as every:
            async for batch in every:
                for file, answer in zip(batch.files, await self._evaluate(batch), strict=True):
                    # What was begun too late is evaluated from the start next time; the first one never was.
                    if answer.problem == LATE or (answer.problem.startswith(CUT_SHORT) and self.evaluated):
                        self.late = True
                        return
                    self.evaluated += 1
                    self.reached = file.content_id
                    yield file, answer
                self.reached = batch.last

    async def _read(self) -> AsyncGenerator[_Batch]:
        """The candidates with their texts: few at first, more and more where these were not enough."""
        structures, after, most, batch = self.services.structures, self.reached, _LOOKED_UP, self.batch
        while True:
            found = await structures.candidates(self.pruning, after, most, self.principal)
            files = await structures.candidate_files(found, self.pruning.glob, _OTHER_PATHS, self.principal)
            while files:
                taken, files = _split(files, batch)
                fitting = [file.content_id for file in taken if file.text_bytes <= WHOLE_BYTES]
                texts = await self.services.texts.whole(fitting) if fitting else {}
                yield _Batch(taken, texts, taken[-1].content_id)
                batch = min(2 * batch, _MOST_LOOKED_UP)
            if found:
                yield _Batch([], {}, found[-1])
            if len(found) < most:
                return
            after, most = found[-1], min(2 * most, _MOST_LOOKED_UP)

    async def _evaluate(self, batch: _Batch) -> list[Evaluated]:
        """The answers of files, in their order; a file whose text is too large or gone has a problem.

        JSON Lines are never too large: after the others they are evaluated in pieces.
        """
        files, texts = batch.files, batch.texts
        if files and time.monotonic() > self.deadline:
            return [Evaluated(0, [], 0, LATE)] * len(files)
        query = self.query
        tasks = [
            EvaluationTask(
                0,
                query.language,
                query.expression,
                file.kind,
                texts[file.content_id],
                self.matches,
                deadline=self.deadline,
                namespaces=dict(query.namespaces),
            )
            for file in files
            if file.content_id in texts
        ]
        answers = iter(await self.services.evaluators.evaluate(tasks))
        return [next(answers) if file.content_id in texts else await self._without_text(file) for file in files]

    async def _without_text(self, file: CandidateFile) -> Evaluated:
        """The answer of a file whose text was not read whole."""
        if file.text_bytes <= WHOLE_BYTES:
            return Evaluated(0, [], 0, NO_TEXT)
        if file.kind is not Kind.JSONL:
            return Evaluated(0, [], 0, TOO_LARGE)
        services = self.services
        return await evaluate_pieces(
            services.texts, services.evaluators, self.query, file, self.matches, self.deadline
        )


def _split(files: list[CandidateFile], most: int) -> tuple[list[CandidateFile], list[CandidateFile]]:
    """As many as are evaluated at once, and the rest."""
    sizes = itertools.accumulate(file.text_bytes for file in files)
    count = max(1, min(most, sum(size <= _BATCH_BYTES for size in sizes)))
    return files[:count], files[count:]
