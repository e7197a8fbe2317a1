"""Engine documents from model values, and the queries that find them again to be replaced."""

from collections.abc import Sequence

import tantivy
from tantivy import FieldType, Occur, Query

from siss.adapters.tantivy.schema import CHUNK_SCHEMA, FILE_SCHEMA, NAME_KEYS, PART_BITS, PATH_KEYS, sort_keys
from siss.index.documents import FileLabels
from siss.model.content import Chunk, ChunkTerms, levels_of
from siss.model.ids import ContentId, FileId, Generation, chunk_key
from siss.model.ingest import FileDocument


def chunk_document(
    content_id: ContentId, generation: Generation, chunk: Chunk, terms: ChunkTerms
) -> tantivy.Document:
    """One chunk: its words with positions, their parts, and what filters of log lines look at."""
    made = tantivy.Document()
    made.add_text("body", terms.body)
    if terms.parts:
        made.add_text("parts", terms.parts)
    for level in levels_of(chunk.level_mask):
        made.add_text("level", level.value)
    made.add_integer("content_id", content_id)
    made.add_integer("key", chunk_key(content_id, chunk.seq))
    made.add_integer("generation", generation)
    if chunk.time_min_us is not None:
        made.add_integer("time_min", chunk.time_min_us)
        made.add_integer("time_max", chunk.time_min_us if chunk.time_max_us is None else chunk.time_max_us)
    return made


def file_document(
    document: FileDocument, labels: FileLabels, part: int, terms: Sequence[ChunkTerms]
) -> tantivy.Document:
    """One part of a file: the words of its chunks, and all that is known of the file."""
    made = tantivy.Document()
    for words in terms:
        made.add_text("terms", words.body)
        if words.idents:
            made.add_text("ident", words.idents)
        if words.parts:
            made.add_text("ident", words.parts)
    made.add_text("name", labels.name)
    for text in labels.about:
        made.add_text("about", text)
    made.add_text("label", labels.labels)
    for field, value in (
        ("name_key", labels.name_key),
        ("path", labels.path),
        ("parent", labels.parent),
        ("ext", labels.ext),
        ("mime", labels.mime),
        ("kind", labels.kind),
    ):
        made.add_text(field, value)
    for field, values in (
        ("folder", labels.folders),
        ("tags", labels.tags),
        ("tag_key", labels.tag_keys),
        ("level", labels.levels),
    ):
        for value in values:
            made.add_text(field, value)
    made.add_integer("file_id", document.file_id)
    made.add_integer("part", part)
    made.add_integer("part_key", part_key(document.file_id, part))
    made.add_integer("generation", document.generation)
    if document.content_id is not None:
        made.add_integer("content_id", document.content_id)
        if document.content_generation is not None:
            made.add_integer("content_generation", document.content_generation)
    made.add_integer("size", document.size)
    made.add_integer("modified", document.modified_us)
    made.add_integer("indexed", document.indexed_us)
    for at, key in enumerate(sort_keys(labels.path, PATH_KEYS)):
        made.add_integer(f"path_{at}", key)
    for at, key in enumerate(sort_keys(labels.name_key, NAME_KEYS)):
        made.add_integer(f"name_{at}", key)
    return made


def part_key(file_id: int, part: int) -> int:
    """One integer for one part of one file."""
    return file_id << PART_BITS | part


def chunks_from(content_id: ContentId, seq: int) -> Query:
    """The chunks of a content from number ``seq`` on."""
    mine = Query.term_query(CHUNK_SCHEMA, "content_id", content_id)
    if seq == 0:
        return mine
    later = Query.range_query(CHUNK_SCHEMA, "key", FieldType.Integer, lower_bound=chunk_key(content_id, seq))
    return Query.boolean_query([(Occur.Must, mine), (Occur.Must, later)])


def parts_from(file_id: FileId, part: int) -> Query:
    """The parts of a file from number ``part`` on."""
    mine = Query.term_query(FILE_SCHEMA, "file_id", file_id)
    if part == 0:
        return mine
    later = Query.range_query(FILE_SCHEMA, "part", FieldType.Integer, lower_bound=part)
    return Query.boolean_query([(Occur.Must, mine), (Occur.Must, later)])
