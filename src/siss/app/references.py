"""Files that name the path of another, both ways round."""

import asyncio
import posixpath
from collections import defaultdict
from collections.abc import Mapping
from typing import Final

from siss.app.services import Services
from siss.model.entity import EntityType, Name
from siss.model.file import FileRecord
from siss.model.ids import ContentId
from siss.model.principal import Principal
from siss.model.relationship import Direction, RelationshipKind, Tie
from siss.ports.relationships import Located
from siss.relate.references import candidate_paths, is_included, judge_reference, possible_names, tail_of, unambiguous

PATHS: Final = 200
"""Paths of one file that are looked for, the rarest."""

_ALIKE: Final = 20
"""Files whose last two parts are the same that are told apart."""

INCLUDED: Final = 100
"""Files of one folder that is named as a whole."""

NAMING: Final = 50
"""Files that name one path, the latest."""


async def tie_references(
    services: Services, principal: Principal, file: FileRecord, content_id: ContentId
) -> tuple[list[Tie], list[str]]:
    """What a file names and what names it, with notes on what was not looked at."""
    (named, more), (naming, also) = await asyncio.gather(
        _tie_named(services, principal, file, content_id), _tie_naming(services, principal, file)
    )
    return named + naming, more + also


async def _tie_named(
    services: Services, principal: Principal, file: FileRecord, content_id: ContentId
) -> tuple[list[Tie], list[str]]:
    names, whole = await services.relationships.file_paths_in(content_id, PATHS)
    notes = [] if whole else [f"It names more than {PATHS} paths: only the rarest were looked for."]
    if not names:
        return [], notes
    wanted = {name.value: candidate_paths(name.value, file.shown) for name in names}
    found = await services.relationships.files_at(
        [path for paths, _ in wanted.values() for path in paths],
        sorted({tail for _, tails in wanted.values() for tail in tails}),
        _ALIKE,
        principal,
    )
    at: dict[str, list[Located]] = defaultdict(list)
    for located in found:
        for key in {located.shown, tail_of(located.shown)}:
            at[key].append(located)
    ties = []
    for value, (paths, tails) in wanted.items():
        candidates = {located.shown: located for key in (*paths, *tails) for located in at[key]}
        judged = unambiguous((shown, judge_reference(value, file.shown, shown)) for shown in candidates)
        ties += [_tie(candidates[shown].content_id, sure, Direction.OUT, value) for shown, sure in judged.items()]
    included, more = await _tie_included(services, principal, file, wanted)
    return ties + included, notes + more


async def _tie_included(
    services: Services, principal: Principal, file: FileRecord, wanted: Mapping[str, tuple[list[str], list[str]]]
) -> tuple[list[Tie], list[str]]:
    """The files in folders that a file names to have all in them read. ``wanted``: where each path may lie."""
    folders = {value: paths for value, (paths, _) in wanted.items() if is_included(value)}
    if not folders:
        return [], []
    every = sorted({path for paths in folders.values() for path in paths})
    there: dict[str, list[Located]] = defaultdict(list)
    for located in await services.relationships.files_in(every, INCLUDED + 1, principal):
        there[posixpath.dirname(located.shown)].append(located)
    ties, notes = [], []
    for value, paths in folders.items():
        judged = unambiguous((path, judge_reference(value, file.shown, path)) for path in paths if path in there)
        for path, sure in judged.items():
            if len(there[path]) > INCLUDED:
                notes.append(f"More than {INCLUDED} files are in {path}: only the first are listed.")
            ties += [_tie(each.content_id, sure, Direction.OUT, value) for each in there[path][:INCLUDED]]
    return ties, notes


async def _tie_naming(services: Services, principal: Principal, file: FileRecord) -> tuple[list[Tie], list[str]]:
    folder = posixpath.dirname(file.shown)
    values = possible_names(file.shown) + (possible_names(folder) if is_included(folder) else [])
    names = [Name(EntityType.FILEPATH, value) for value in values]
    found, alike = await asyncio.gather(
        services.relationships.naming(names, NAMING + 1, principal),
        services.relationships.files_at([], [tail_of(file.shown)], _ALIKE, principal),
    )
    shown = {file.shown, *(located.shown for located in alike)}
    ties, notes = [], []
    for name in names:
        naming = found.get(name.id, [])
        if len(naming) > NAMING:
            notes.append(f"More than {NAMING} files name {name.value}: only the latest are listed.")
        for located in naming[:NAMING]:
            judged = unambiguous((path, judge_reference(name.value, located.shown, path)) for path in shown)
            sure = judged.get(file.shown) or _sure_of_folder(name.value, located.shown, folder)
            if sure:
                ties.append(_tie(located.content_id, sure, Direction.IN, name.value))
    return ties, notes


def _sure_of_folder(path: str, naming: str, folder: str) -> float:
    """How sure it is that a path means a folder with all in it: that at the path, or from where it is named."""
    at_it = is_included(folder) and folder in candidate_paths(path, naming)[0]
    return judge_reference(path, naming, folder) if at_it else 0.0


def _tie(other: ContentId, sure: float, direction: Direction, path: str) -> Tie:
    return Tie(RelationshipKind.REFERENCES_FILE, other, sure, direction, path=path)
