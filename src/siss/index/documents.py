"""What an engine holds of a file beside the words of its content, made in the same way for every adapter."""

from dataclasses import dataclass
from functools import lru_cache

from siss.index.analyser import chunk_terms
from siss.index.folding import fold
from siss.model.content import ChunkTerms, levels_of
from siss.model.ingest import FileDocument


@dataclass(frozen=True, slots=True)
class FileLabels:
    """A file's searchable and countable attributes.

    ``path``: as shown; ``parent``: the folder it is in; ``folders``: that and all above, ``/`` included;
    ``name_key``: the whole name, folded, which exact names, globs and the order by name use; ``name`` and ``about``:
    what plain words and phrases find (``about`` has a value each for the folders, tags, members and description);
    ``labels``: compounds and parts of both, separated by blanks; ``tag_keys``: tags, folded, for filters.
    """

    path: str
    parent: str
    folders: tuple[str, ...]
    name_key: str
    ext: str
    mime: str
    kind: str
    tags: tuple[str, ...]
    tag_keys: tuple[str, ...]
    levels: tuple[str, ...]
    name: str
    about: tuple[str, ...]
    labels: str


def label_file(document: FileDocument) -> FileLabels:
    """All that is derived from a file's catalog row."""
    path = trim_path(document.shown)
    folders = ancestors(path)
    parent = folders[0] if folders else ""
    name = chunk_terms(0, document.name)
    about = [_folder_terms(parent)] if parent else []
    about += [_terms(text) for text in (*document.tags, *document.members, document.description) if text]
    labels = {*name.idents.split(), *name.parts.split()}
    for terms in about:
        labels.update(terms.idents.split(), terms.parts.split())
    return FileLabels(
        path=path,
        parent=parent,
        folders=folders,
        name_key=fold(document.name),
        ext=extension(document.name),
        mime=document.mime.lower(),
        kind=document.kind.lower(),
        tags=document.tags,
        tag_keys=tuple(fold(tag) for tag in document.tags),
        levels=tuple(level.value for level in levels_of(document.level_mask)),
        name=name.body,
        about=tuple(terms.body for terms in about),
        labels=" ".join(sorted(labels)),
    )


def trim_path(path: str) -> str:
    """A path without slashes at its end; the root stays ``/``."""
    return path.rstrip("/") or "/"


def ancestors(path: str) -> tuple[str, ...]:
    """The folders above a path, nearest first.

    >>> ancestors("/logs/app/a.log")
    ('/logs/app', '/logs', '/')
    """
    found: list[str] = []
    at = path.rfind("/")
    while at > 0:
        found.append(path[:at])
        at = path.rfind("/", 0, at)
    if path.startswith("/") and path != "/":
        found.append("/")
    return tuple(found)


def extension(name: str) -> str:
    """The extension of a name, folded, without the dot; empty for ``Makefile`` and ``.bashrc``."""
    stem, dot, ext = name.rpartition(".")
    return fold(ext) if dot and stem else ""


@lru_cache(maxsize=1024)
def _folder_terms(folder: str) -> ChunkTerms:
    """Files come folder by folder."""
    return _terms(folder)


def _terms(text: str) -> ChunkTerms:
    return chunk_terms(0, text)
