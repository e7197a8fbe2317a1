"""The texts that can match a question, evaluated until whoever asks has enough or the time is over."""

import time
from collections.abc import AsyncGenerator
from dataclasses import dataclass
from typing import Final

from siss.app.services import Services
from siss.app.structure.evaluator import LATE
from siss.model.ids import ContentId
from siss.model.principal import Principal
from siss.model.structure import Evaluated, EvaluationTask, StructureQuery
from siss.ports.structure import CandidateFile, Pruning

WHOLE_BYTES: Final = 10 << 20
"""The largest text that is evaluated; as large as those that fields are drawn from."""
TOO_LARGE: Final = f"larger than {WHOLE_BYTES >> 20} MiB"
NO_TEXT: Final = "its text is gone: it is being indexed again"
_LOOKED_UP: Final = 64
"""Candidates that are asked for at once."""
_BATCH_BYTES: Final = 8 << 20
_OTHER_PATHS: Final = 5


@dataclass(slots=True)
class CandidateWalk:
    """One walk over the candidates, in the order of their contents' ids, beginning after ``reached``.

    ``batch``: how many are evaluated at once; ``matches``: how many of one file are wanted; ``deadline``: seconds
    since the epoch. ``late``: the time was over before the last one; nothing after ``reached`` was evaluated.
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
        structures = self.services.structures
        while not self.late:
            found = await structures.candidates(self.pruning, self.reached, _LOOKED_UP, self.principal)
            files = await structures.candidate_files(found, self.pruning.glob, _OTHER_PATHS, self.principal)
            for batch in self._batches(files):
                for file, answer in zip(batch, await self._evaluate(batch), strict=True):
                    if answer.problem == LATE:
                        self.late = True
                        return
                    self.evaluated += 1
                    self.reached = file.content_id
                    yield file, answer
            if len(found) < _LOOKED_UP:
                return
            self.reached = found[-1]

    async def _evaluate(self, files: list[CandidateFile]) -> list[Evaluated]:
        """The answers of files, in their order; a file whose text is too large or gone has a problem."""
        if time.time() > self.deadline:
            return [Evaluated(0, [], 0, LATE)] * len(files)
        fitting = [file.content_id for file in files if file.text_bytes <= WHOLE_BYTES]
        texts = await self.services.texts.whole(fitting) if fitting else {}
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
        return [
            next(answers)
            if file.content_id in texts
            else Evaluated(0, [], 0, TOO_LARGE if file.text_bytes > WHOLE_BYTES else NO_TEXT)
            for file in files
        ]

    def _batches(self, files: list[CandidateFile]) -> list[list[CandidateFile]]:
        batches: list[list[CandidateFile]] = []
        size = 0
        for file in files:
            if not batches or len(batches[-1]) >= self.batch or size + file.text_bytes > _BATCH_BYTES:
                batches.append([])
                size = 0
            batches[-1].append(file)
            size += file.text_bytes
        return batches
