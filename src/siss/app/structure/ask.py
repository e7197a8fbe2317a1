"""JSONPath and XPath over the corpus: prune by shapes and values, evaluate what is left on the local text.

Candidates come in the order of their contents' ids and are evaluated in batches until the page is full or the time is
over; a cursor names where the next page begins. The NAS is never asked.
"""

import base64
import binascii
import hashlib
import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

import msgspec

from siss.app.structure.evaluator import LATE, Evaluators
from siss.errors import InvalidRequestError
from siss.model.ids import ContentId
from siss.model.principal import Principal
from siss.model.structure import KINDS, EvaluationTask, Language, StructureAnswer, StructureHit, StructureMatch
from siss.ports.structure import CandidateFile, Pruning, Structures
from siss.ports.texts import Texts
from siss.search.jsonpath.compile import compile_jsonpath
from siss.search.jsonpath.required import required_paths
from siss.search.xpath.evaluate import compile_xpath
from siss.search.xpath.parser import parse_xpath
from siss.search.xpath.required import required_elements

WHOLE_BYTES: Final = 10 << 20
"""The largest text that is evaluated; as large as those that fields are drawn from."""
COUNTED: Final = 100_000
"""Candidates are counted up to this."""
_BATCH_FILES: Final = 64
_BATCH_BYTES: Final = 8 << 20
_OTHER_PATHS: Final = 5
_TOO_LARGE: Final = f"larger than {WHOLE_BYTES >> 20} MiB"


@dataclass(frozen=True, slots=True)
class StructureQuery:
    """A question. ``glob``: which files; ``size``: files in a page; ``matches``: of one file that are shown."""

    language: Language
    expression: str
    namespaces: Mapping[str, str] = field(default_factory=dict)
    glob: str | None = None
    size: int = 20
    matches: int = 20


class _Cursor(msgspec.Struct, array_like=True):
    mark: bytes
    after: int


@dataclass(frozen=True, slots=True)
class StructureServices:
    """What asking needs."""

    structures: Structures
    texts: Texts
    evaluators: Evaluators


def prune(query: StructureQuery) -> Pruning:
    """What a file must have. Raises ``InvalidQueryError`` for an expression that does not parse."""
    if query.language == "jsonpath":
        required = required_paths(compile_jsonpath(query.expression))
    else:
        compile_xpath(query.expression, query.namespaces)
        required = required_elements(parse_xpath(query.expression, query.namespaces))
    return Pruning(KINDS[query.language], required, query.glob)


async def ask_structure(
    services: StructureServices,
    principal: Principal,
    query: StructureQuery,
    cursor: str | None = None,
    *,
    seconds: float = 5.0,
) -> StructureAnswer:
    """A page of files with what matches in each.

    After ``seconds`` the answer is what was found so far, with a cursor that goes on. Raises ``InvalidQueryError``,
    ``InvalidRequestError`` for a cursor of another question, and what the ports raise.
    """
    began = time.perf_counter()
    pruning = prune(query)
    mark = _fingerprint(query, principal)
    after = _read_cursor(cursor, mark)
    page = _Page(services, principal, query, pruning, time.time() + seconds)
    indexed = await services.structures.count_indexed(pruning.kinds, principal)
    candidates = await services.structures.count_candidates(pruning, COUNTED, principal)
    following = await page.fill(after)
    return StructureAnswer(
        hits=tuple(page.hits),
        indexed=indexed,
        candidates=candidates,
        evaluated=page.evaluated,
        cursor=None if following is None else _write_cursor(mark, following),
        took_ms=(time.perf_counter() - began) * 1000,
        problems=dict(page.problems),
    )


@dataclass(slots=True)
class _Page:
    services: StructureServices
    principal: Principal
    query: StructureQuery
    pruning: Pruning
    deadline: float
    hits: list[StructureHit] = field(default_factory=list)
    evaluated: int = 0
    problems: Counter[str] = field(default_factory=Counter)

    async def fill(self, after: ContentId) -> ContentId | None:
        """Evaluate candidates after one until the page is full; returns where the next page begins."""
        while True:
            found = await self.services.structures.candidates(self.pruning, after, _BATCH_FILES, self.principal)
            files = await self.services.structures.candidate_files(
                found, self.query.glob, _OTHER_PATHS, self.principal
            )
            for batch in _batches(files):
                for file, matches, total in await self._evaluate(batch):
                    self._take(file, matches, total)
                    after = file.content_id
                    if len(self.hits) >= self.query.size or time.time() >= self.deadline:
                        return after
            if len(found) < _BATCH_FILES:
                return None
            after = found[-1]

    async def _evaluate(self, files: list[CandidateFile]) -> list[tuple[CandidateFile, list[StructureMatch], int]]:
        texts = await self.services.texts.whole([file.content_id for file in files])
        wanted = [file for file in files if file.content_id in texts]
        query = self.query
        answers = await self.services.evaluators.evaluate(
            [
                EvaluationTask(
                    0,
                    query.language,
                    query.expression,
                    file.kind,
                    texts[file.content_id],
                    query.matches,
                    deadline=self.deadline,
                    namespaces=dict(query.namespaces),
                )
                for file in wanted
            ]
        )
        found: list[tuple[CandidateFile, list[StructureMatch], int]] = []
        for file, answer in zip(wanted, answers, strict=True):
            if answer.problem == LATE:
                break
            self.evaluated += 1
            if answer.problem:
                self.problems[answer.problem] += 1
            found.append((file, answer.matches, answer.total))
        return found

    def _take(self, file: CandidateFile, matches: list[StructureMatch], total: int) -> None:
        if total:
            self.hits.append(
                StructureHit(
                    file.content_id, file.file_id, file.shown, file.mime, tuple(matches), total, file.other_paths
                )
            )


def _batches(files: list[CandidateFile]) -> list[list[CandidateFile]]:
    batches: list[list[CandidateFile]] = []
    size = 0
    for file in files:
        if not batches or size + file.text_bytes > _BATCH_BYTES:
            batches.append([])
            size = 0
        batches[-1].append(file)
        size += file.text_bytes
    return batches


def _fingerprint(query: StructureQuery, principal: Principal) -> bytes:
    asked = (query.language, query.expression, sorted(query.namespaces.items()), query.glob, principal.scopes)
    return hashlib.blake2b(repr(asked).encode(), digest_size=8).digest()


def _write_cursor(mark: bytes, after: ContentId) -> str:
    return base64.urlsafe_b64encode(msgspec.msgpack.encode(_Cursor(mark, after))).decode().rstrip("=")


def _read_cursor(text: str | None, mark: bytes) -> ContentId:
    if text is None:
        return ContentId(-1)
    try:
        found = msgspec.msgpack.decode(base64.urlsafe_b64decode(text + "=" * (-len(text) % 4)), type=_Cursor)
    except (binascii.Error, ValueError, msgspec.MsgspecError):
        found = _Cursor(b"", 0)
    if found.mark != mark:
        raise InvalidRequestError(
            "The cursor belongs to another question: start from the first page.", field="cursor"
        )
    return ContentId(found.after)
