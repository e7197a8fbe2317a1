"""Structures in PostgreSQL: which contents can match, by overlaps of arrays."""

import itertools
from collections.abc import Collection, Mapping, Sequence
from typing import Any, Final

from siss.adapters.postgres.counts_cache import CountsCache
from siss.adapters.postgres.database import Database
from siss.adapters.postgres.ingest.structure_write import hash_path, hash_step, unpack_values
from siss.adapters.postgres.scopes import scope_values
from siss.adapters.postgres.statements import load_statements
from siss.model.content import Kind
from siss.model.field import ANY_ELEMENT, ANY_MEMBER, INCOMPLETE, value_key
from siss.model.ids import ContentId
from siss.model.principal import Principal
from siss.model.shape import Shape, Structure
from siss.model.structure import ANY_DEPTH, ANY_STEP, RequiredPath
from siss.ports.structure import CandidateFile, Pruning

SQL: Final = load_statements("structure")
_MOST_REQUIRED: Final = 8
"""Conditions in one statement; further ones would hardly prune more."""
_NAMED_STEPS: Final = 10
"""A path of more names would have too many spellings (each may be folded): its beginning is looked up."""
_MOST_VALUE_KEYS: Final = 2000


class StructureReader:
    """The half of ``siss.ports.structure.Structures`` that is about contents.

    How many there are is counted every ``count_seconds`` at most, for each asker and kind; 0: whenever it is asked.
    """

    def __init__(self, database: Database, count_seconds: float = 10.0) -> None:
        self._database = database
        self._indexed: CountsCache[tuple[int, int]] = CountsCache(count_seconds)

    async def candidates(
        self, pruning: Pruning, after: ContentId, limit: int, principal: Principal
    ) -> list[ContentId]:
        """Contents that can match, by id."""
        statement, values = await self._prune("candidates", pruning, principal)
        rows = await self._database.rows(statement, values | {"after": after, "limit": limit}, plan=True)
        return [ContentId(row[0]) for row in rows]

    async def count_candidates(self, pruning: Pruning, most: int, principal: Principal) -> int:
        """How many can match."""
        statement, values = await self._prune("count_candidates", pruning, principal)
        row = await self._database.row(statement, values | {"after": -1, "limit": most}, plan=True)
        return row[0] if row else 0

    async def count_indexed(self, kinds: Sequence[Kind], principal: Principal) -> tuple[int, int]:
        """How many contents of these kinds can be asked about, and how many cannot."""
        values = {"kinds": [kind.value for kind in kinds], **scope_values(principal)}

        async def count() -> tuple[int, int]:
            row = await self._database.row(SQL["count_structures"], values, plan=True)
            return (row[0], row[1]) if row else (0, 0)

        return await self._indexed.get((tuple(kinds), principal.scopes, principal.hidden), count)

    async def candidate_files(
        self, contents: Sequence[ContentId], glob: str | None, paths: int, principal: Principal
    ) -> list[CandidateFile]:
        """The files of contents, by content."""
        values = {"ids": list(contents), "glob": like_pattern(glob), "paths": paths, **scope_values(principal)}
        found: list[CandidateFile] = []
        rows = await self._database.rows(SQL["hit_files"], values)
        for content_id, group in itertools.groupby(rows, key=lambda row: row[0]):
            first, *others = group
            _, kind, mime, text_bytes, public_id, shown, _ = first
            others_shown = tuple(row[5] for row in others)
            found.append(CandidateFile(content_id, Kind(kind), mime, text_bytes, public_id, shown, others_shown))
        return found

    async def structure(self, content_id: ContentId) -> Structure | None:
        """What was drawn from one content."""
        row = await self._database.row(SQL["structure"], {"id": content_id})
        if row is None:
            return None
        kind, digest, path_ids, types, documents, value_keys, packed = row
        paths = await read_paths(self._database, path_ids)
        shape = Shape(Kind(kind), digest, tuple(paths[each] for each in path_ids), tuple(types))
        return Structure(shape, unpack_values(packed), list(value_keys), documents)

    async def _prune(self, name: str, pruning: Pruning, principal: Principal) -> tuple[bytes, dict[str, Any]]:
        """A statement with a condition for each required path, and its values."""
        values: dict[str, Any] = {
            "kinds": [kind.value for kind in pruning.kinds],
            "glob": like_pattern(pruning.glob),
            **scope_values(principal),
        }
        count = min(len(pruning.required), _MOST_REQUIRED)
        with_values = [False] * count
        # Those with values first: they prune most.
        required = sorted(pruning.required, key=lambda path: path.values is None)[:count]
        for number, path in enumerate(required):
            shortened = _shorten(path)
            found = await self._resolve(shortened)
            values[f"paths{number}"] = list(found)
            if path.values is not None and shortened is path:
                keys = {value_key(text, value) for text in found.values() for value in (*path.values, INCOMPLETE)}
                if len(keys) <= _MOST_VALUE_KEYS:
                    with_values[number] = True
                    values[f"keys{number}"] = sorted(keys)
        return prune_statement(name, with_values), values

    async def _resolve(self, path: RequiredPath) -> dict[int, str]:
        """The paths of the dictionary that a required path can be."""
        if not {ANY_STEP, ANY_DEPTH} & set(path.steps):
            hashes = [hash_path(spelling) for spelling in _spellings(path.steps)]
            return dict(await self._database.rows(SQL["paths_by_hash"], {"hashes": hashes}))
        lasts = sorted({hash_step(path.steps[-1]), hash_step(ANY_MEMBER)})
        rows = await self._database.rows(SQL["paths_by_last"], {"lasts": lasts})
        return {number: text for number, text in rows if path.matches(text)}


def _shorten(path: RequiredPath) -> RequiredPath:
    """A path that can be looked up: it ends in a name. What is above must be there, too, with whatever value."""
    steps = path.steps
    if len(steps) > _NAMED_STEPS and not {ANY_STEP, ANY_DEPTH} & set(steps[:_NAMED_STEPS]):
        steps = steps[:_NAMED_STEPS]
    while steps and steps[-1] in {ANY_STEP, ANY_DEPTH}:
        steps = steps[:-1]
    return path if steps == path.steps else RequiredPath(steps)


def prune_statement(name: str, with_values: Sequence[bool]) -> bytes:
    """A statement with one condition for each required path, and another for those whose values are known."""
    if name == "candidates" and any(with_values):
        name = "keyed_candidates"
    conditions = b""
    for number, known in enumerate(with_values):
        conditions += b"\n  AND h.path_ids && %%(paths%d)s::int[]" % number
        if known:
            keyed = SQL["keyed_contents"].replace(b"%(keys)s", b"%%(keys%d)s" % number)
            conditions += b"\n  AND s.content_id IN (%s)" % keyed
    return SQL[name].replace(b"/*required*/", conditions)


def _spellings(steps: tuple[str, ...]) -> list[str]:
    """A path and its foldings: each of its names may be a map's."""
    root = "" if steps and steps[0].startswith("/") else "$"
    choices = [(step,) if step == ANY_ELEMENT or step.startswith("/") else (step, ANY_MEMBER) for step in steps]
    return [root + "".join(spelling) for spelling in itertools.product(*choices)]


def like_pattern(glob: str | None) -> str | None:
    r"""A glob over whole paths as a pattern of ``LIKE``, whose own signs mean themselves."""
    if glob is None:
        return None
    whole = glob if glob.startswith(("/", "*", "?")) else f"*/{glob}"
    plain = whole.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_").replace("\0", "\ufffd")
    return plain.replace("*", "%").replace("?", "_")


async def read_paths(database: Database, ids: Sequence[int]) -> Mapping[int, str]:
    """The texts of paths."""
    return dict(await database.rows(SQL["path_texts"], {"ids": sorted(set(ids))}))


async def read_shapes(database: Database, ids: Collection[int]) -> Mapping[int, Shape]:
    """Shapes by their ids."""
    rows = await database.rows(SQL["shapes"], {"ids": list(ids)})
    paths = await read_paths(database, [number for row in rows for number in row[3]])
    return {
        shape_id: Shape(Kind(kind), digest, tuple(paths[number] for number in path_ids), tuple(types))
        for shape_id, kind, digest, path_ids, types in rows
    }
