r"""Which file a path in a text means.

A path on a NAS is seldom the one that a program knows: ``/etc/nginx/nginx.conf`` lies in ``/nas/backup/web01/etc/
nginx/nginx.conf``. So a path means the file at it; a relative one the file at it from where it is named; an absolute
one with two parts or more the file at it in the same copy of a machine, that is below a folder that the naming file
lies below, too; and one with two parts or more a file whose path ends in it. ``C:\logs\app.log`` and
``\\nas\share\app.log`` are read as ``logs/app.log`` and ``share/app.log``.

A folder that is there to be read as a whole (``conf.d``, ``sites-enabled``) means the files in it: so programs name
what they include, as the folder or with ``/*`` behind it.
"""

import posixpath
from collections.abc import Iterable
from typing import Final

_EXACT: Final = 1.0
_FROM_HERE: Final = 0.9
_ENDS: Final = 0.7
_LEAST_PARTS: Final = 2
_INCLUDED: Final = (".d", "-enabled")


def judge_reference(path: str, naming: str, file: str) -> float:
    """How sure it is that a path, named in the file at ``naming``, means the one at ``file``; 0 where it does not."""
    plain = plain_path(path)
    if plain == file:
        return _EXACT
    if plain.startswith("/"):
        copy = file.removesuffix(plain)
        if copy != file and naming.startswith(f"{copy}/") and _ending(plain) is not None:
            return _FROM_HERE
    elif posixpath.normpath(posixpath.join(posixpath.dirname(naming), plain)) == file:
        return _FROM_HERE
    ending = _ending(plain)
    return _ENDS if ending is not None and file.endswith(f"/{ending}") else 0.0


def candidate_paths(path: str, naming: str) -> tuple[list[str], list[str]]:
    """Where the file may be that a path means: at these paths, or at some path that ends in these two parts."""
    plain = plain_path(path)
    ending = _ending(plain)
    if not plain.startswith("/"):
        at = [posixpath.normpath(posixpath.join(posixpath.dirname(naming), plain))]
    elif ending is None:
        at = [plain]
    else:
        parts = naming.split("/")
        at = ["/".join(parts[:count]) + plain for count in range(1, len(parts))]
    return at, [] if ending is None else [tail_of(ending)]


def is_included(folder: str) -> bool:
    """Whether a folder is there to be read as a whole, by its name."""
    return folder.endswith(_INCLUDED)


def possible_names(file: str) -> list[str]:
    """How others may name the file at a path: whole, by its last parts, or from beside it."""
    parts = file.strip("/").split("/")
    endings = ["/".join(parts[at:]) for at in range(len(parts) - _LEAST_PARTS + 1)]
    beside = [parts[-1], f"./{parts[-1]}", f"../{parts[-1]}"]
    beside += [f"{up}/{'/'.join(parts[-_LEAST_PARTS:])}" for up in (".", "..")] if len(parts) >= _LEAST_PARTS else []
    return list(dict.fromkeys([file, *(f"/{ending}" for ending in endings), *endings, *beside]))


def tail_of(path: str) -> str:
    """The last two parts of a path."""
    return "/".join(path.split("/")[-_LEAST_PARTS:])


def plain_path(path: str) -> str:
    """With slashes, without a drive or a server."""
    if "\\" not in path:
        return path
    slashed = path.replace("\\", "/")
    if slashed.startswith("//"):
        return slashed[2:].partition("/")[2]
    return slashed[2:].lstrip("/") if slashed[1:2] == ":" else slashed


def unambiguous(found: Iterable[tuple[str, float]]) -> dict[str, float]:
    """Candidates for one path with their certainty: an exact one rules out all others, several share theirs."""
    judged = {file: sure for file, sure in found if sure}
    best = max(judged.values(), default=0.0)
    kept = {file: sure for file, sure in judged.items() if sure == best}
    return {file: sure / len(kept) if sure < _FROM_HERE else sure for file, sure in kept.items()}


def _ending(plain: str) -> str | None:
    """What a path must end in; None where that says too little, or goes upwards."""
    ending = plain.removeprefix("~").strip("/").removeprefix("./")
    return ending if "/" in ending and ".." not in ending.split("/") else None
