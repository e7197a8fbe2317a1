"""What the two Tantivy indexes hold, and how a folder with them is opened.

Files and chunks are two indexes, so that lengths and frequencies of the one do not distort the ranking of the other,
facets and totals look at files only, and one may be merged while the other is written. The writer commits chunks
first and a reader loads files first, so what a file document says about a content can be found.

There is no schema evolution: the folder is named by a hash of what follows, and another schema is another folder,
filled again from the catalog (``folders``).
"""

import hashlib
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Final

import tantivy

from siss.adapters.tantivy.room import HALVES
from siss.errors import CorruptError, EngineUnavailableError
from siss.index.analyser import MAX_TOKEN

WORDS: Final = "siss_words"
BLANKS: Final = "siss_blanks"

PATH_KEYS: Final = 5
NAME_KEYS: Final = 2
"""How many eights of bytes of a path and a name are there as numbers (``sort_keys``), for keyset pages."""

_ANALYSIS_VERSION: Final = 3
"""Raised when the analyser makes other words of the same text."""


@dataclass(frozen=True, slots=True)
class TextField:
    """``tokenizer``: WORDS, BLANKS or raw; ``option``: basic, freq or position; ``fast``: can be counted, sorted."""

    name: str
    tokenizer: str
    option: str = "basic"
    fast: bool = False


@dataclass(frozen=True, slots=True)
class NumberField:
    """A signed 64-bit integer. Always fast; ``indexed``: found by value without looking at every document."""

    name: str
    indexed: bool = False


# New fields go at the end, so that an index of the version before can be asked until its successor is filled.
FILE_FIELDS: Final[tuple[TextField | NumberField, ...]] = (
    TextField("terms", WORDS, "freq"),
    TextField("ident", BLANKS, "freq"),
    TextField("name", WORDS, "position"),
    TextField("about", WORDS, "position"),
    TextField("label", BLANKS, "freq"),
    TextField("name_key", "raw", fast=True),
    TextField("path", "raw", fast=True),
    TextField("parent", "raw", fast=True),
    TextField("folder", "raw"),
    TextField("ext", "raw", fast=True),
    TextField("mime", "raw", fast=True),
    TextField("kind", "raw", fast=True),
    TextField("tags", "raw", fast=True),
    TextField("tag_key", "raw"),
    TextField("level", "raw", fast=True),
    NumberField("file_id", indexed=True),
    NumberField("part", indexed=True),
    NumberField("part_key", indexed=True),
    NumberField("content_id", indexed=True),
    NumberField("generation"),
    NumberField("content_generation"),
    NumberField("size"),
    NumberField("modified"),
    NumberField("indexed"),
    *(NumberField(f"path_{at}") for at in range(PATH_KEYS)),
    *(NumberField(f"name_{at}") for at in range(NAME_KEYS)),
)

CHUNK_FIELDS: Final[tuple[TextField | NumberField, ...]] = (
    TextField("body", WORDS, "position"),
    TextField("parts", BLANKS),
    TextField("level", "raw"),
    NumberField("content_id", indexed=True),
    NumberField("key"),
    NumberField("generation"),
    NumberField("time_min"),
    NumberField("time_max"),
)

PART_BITS: Final = 12
"""A part key is ``file_id << 12 | part``: 4,096 parts of 1,024 chunks are all that a content can have."""


def schema_version() -> str:
    """A name for what documents look like."""
    described = repr((_ANALYSIS_VERSION, MAX_TOKEN, FILE_FIELDS, CHUNK_FIELDS, version("tantivy").rsplit(".", 1)[0]))
    return hashlib.sha256(described.encode()).hexdigest()[:12]


def build_schema(fields: tuple[TextField | NumberField, ...]) -> tantivy.Schema:
    """The engine's schema."""
    builder = tantivy.SchemaBuilder()
    for field in fields:
        match field:
            case TextField(name, tokenizer, option, fast):
                builder.add_text_field(name, tokenizer_name=tokenizer, index_option=option, fast=fast)
            case NumberField(name, indexed):
                builder.add_integer_field(name, indexed=indexed, fast=True)
    return builder.build()


FILE_SCHEMA: Final = build_schema(FILE_FIELDS)
CHUNK_SCHEMA: Final = build_schema(CHUNK_FIELDS)


@dataclass(frozen=True, slots=True)
class Indexes:
    """Both indexes, open. ``folder`` holds ``files`` and ``chunks``."""

    folder: Path
    files: tantivy.Index
    chunks: tantivy.Index


def index_folder(data_dir: Path) -> Path:
    """Where the indexes of this version are."""
    return data_dir / "search" / schema_version()


def open_indexes(data_dir: Path, *, create: bool) -> Indexes:
    """Open both indexes of this version, made where they are not and ``create`` says so.

    Raises ``EngineUnavailableError`` where there are none yet, ``CorruptError`` where they cannot be read.
    """
    folder = index_folder(data_dir)
    if create:
        return create_indexes(folder)
    if not all((folder / name / "meta.json").is_file() for name in HALVES):
        raise EngineUnavailableError("The full-text index is not there yet; indexing makes it.")
    return _open_both(folder)


def create_indexes(folder: Path) -> Indexes:
    """Open both indexes in a folder, made where they are not. Raises ``CorruptError`` and ``OSError``."""
    for name in HALVES:
        (folder / name).mkdir(parents=True, exist_ok=True)
    return _open_both(folder)


def open_older_indexes(folder: Path) -> Indexes:
    """Open both indexes of another version, to be asked only. Raises ``CorruptError``."""
    return Indexes(folder, _open(folder / "files", None), _open(folder / "chunks", None))


def _open_both(folder: Path) -> Indexes:
    return Indexes(folder, _open(folder / "files", FILE_SCHEMA), _open(folder / "chunks", CHUNK_SCHEMA))


def _open(folder: Path, schema: tantivy.Schema | None) -> tantivy.Index:
    """``schema``: None for whatever it has."""
    try:
        index = tantivy.Index.open(str(folder)) if schema is None else tantivy.Index(schema, str(folder))
    except (ValueError, OSError) as error:
        raise CorruptError(
            f"The full-text index in {folder} cannot be opened: {error}. siss verify --repair, or a start of siss "
            "serve, makes it anew from the local texts."
        ) from error
    index.register_tokenizer(WORDS, word_analyser())  # tokenizers are not stored: again after every open
    index.register_tokenizer(BLANKS, tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.whitespace()).build())
    index.config_reader("manual")
    return index


def word_analyser() -> tantivy.TextAnalyzer:
    """Cuts a body into tokens: letters and digits, lower case, none that is too long."""
    cut = tantivy.TextAnalyzerBuilder(tantivy.Tokenizer.simple())
    return cut.filter(tantivy.Filter.remove_long(MAX_TOKEN + 1)).filter(tantivy.Filter.lowercase()).build()


def sort_keys(value: str, count: int) -> list[int]:
    """The first bytes of a text, eight at a time, as numbers in the same order.

    The engine can sort by a text but not ask for what comes after one; comparing these narrows it to a few.
    """
    data = value.encode("utf-8", "surrogateescape")
    eights = (data[at * 8 : at * 8 + 8].ljust(8, b"\0") for at in range(count))
    return [int.from_bytes(eight, "big") - (1 << 63) for eight in eights]
