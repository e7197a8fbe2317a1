"""Filters as engine queries: values, globs, ranges, folders. They match and do not rank."""

import re
from typing import Final

from tantivy import FieldType, Occur, Query, Schema

from siss.adapters.tantivy.schema import CHUNK_SCHEMA, FILE_SCHEMA
from siss.errors import InvalidQueryError
from siss.index.analyser import fold, phrase_terms
from siss.index.documents import trim_path
from siss.model.query import Field, Match, Range

_RAW: Final = {Field.MIME: "mime", Field.KIND: "kind", Field.EXT: "ext", Field.TAG: "tag_key"}
_NUMBERS: Final = {Field.SIZE: "size", Field.MODIFIED: "modified", Field.INDEXED: "indexed", Field.ID: "file_id"}
_SPECIAL: Final = re.compile(r"[^\w/]", re.ASCII)


def file_filter(test: Match | Range) -> Query:
    """A filter on file documents. Raises ``InvalidQueryError`` for a value that its field cannot have."""
    match test:
        case Range(field, lower, upper) if field in _NUMBERS:
            return number_range(FILE_SCHEMA, _NUMBERS[field], lower, upper)
        case Match(field, value) if field in _NUMBERS:
            number = _number(field, value)
            return number_range(FILE_SCHEMA, _NUMBERS[field], number, number + 1)
        case Match(Field.PATH, value, glob):
            return _path(value, glob=glob)
        case Match(Field.NAME, value, glob):
            return _name(fold(value), glob=glob)
        case Match(field, value, glob) if field in _RAW:
            wanted = fold(value).removeprefix(".") if field is Field.EXT else fold(value)
            return _raw(FILE_SCHEMA, _RAW[field], wanted, glob=glob)
        case _:
            raise InvalidQueryError(
                f"{test.field.value}: cannot be asked for like this.", expression=test.field.value
            )


def chunk_filter(test: Match | Range) -> Query:
    """A filter on chunk documents: the time they span, the levels of their lines."""
    match test:
        case Range(Field.TIME, lower, upper):
            # Half-open bounds: a chunk that ends before the first or begins at the last is outside.
            clauses = []
            if lower is not None:
                clauses.append((Occur.Must, number_range(CHUNK_SCHEMA, "time_max", lower, None)))
            if upper is not None:
                clauses.append((Occur.Must, number_range(CHUNK_SCHEMA, "time_min", None, upper)))
            return Query.boolean_query(clauses) if clauses else number_range(CHUNK_SCHEMA, "time_min", None, None)
        case Match(Field.LEVEL, value, glob):
            return _raw(CHUNK_SCHEMA, "level", fold(value), glob=glob)
        case _:
            raise InvalidQueryError(
                f"{test.field.value}: cannot be asked for like this.", expression=test.field.value
            )


def scope_filter(scopes: tuple[str, ...]) -> Query:
    """Files in one of these folders, or named by one of them. No scopes, no files."""
    paths = [trim_path(scope) for scope in scopes]
    wanted = [_term(field, path) for path in paths for field in ("path", "folder")]
    return quiet(_any(wanted)) if wanted else Query.empty_query()


def number_range(schema: Schema, field: str, lower: int | None, upper: int | None) -> Query:
    """Documents whose number is in [lower, upper), quietly."""
    if (lower is not None and lower > _MAX) or (upper is not None and upper <= _MIN):
        return Query.empty_query()
    first = None if lower is None or lower <= _MIN else lower
    last = None if upper is None or upper > _MAX else upper - 1
    if first is None and last is None:
        return quiet(Query.exists_query(field))
    if first is not None and last is not None and last < first:
        return Query.empty_query()
    return quiet(Query.range_query(schema, field, FieldType.Integer, lower_bound=first, upper_bound=last))


def quiet(query: Query) -> Query:
    """The same matches, without weight in the ranking."""
    return Query.const_score_query(query, 0.0)


def regex(schema: Schema, field: str, pattern: str) -> Query:
    """Documents with a term that an expression matches whole. Raises ``InvalidQueryError`` where it is too long."""
    try:
        return Query.regex_query(schema, field, pattern)
    except ValueError as error:
        if "size limit" not in str(error):
            raise
        raise InvalidQueryError(
            f"{field}: the pattern is too long ({len(pattern):,} characters, 900 may be); ask for a part of it.",
            expression=pattern,
        ) from error


def begins_with(schema: Schema, field: str, start: str) -> Query:
    """Documents with a term that begins so: a respelling by no letter, which compiles in a hundredth of the time."""
    return Query.fuzzy_term_query(schema, field, start, distance=0, prefix=True)


def glob_regex(glob: str) -> str:
    """The engine's regular expression for a glob: ``*`` any letters, slashes too, ``?`` one letter."""
    pieces = re.split(r"([*?])", glob)
    return "".join({"*": "(.|\n)*", "?": "(.|\n)"}.get(piece) or literal_regex(piece) for piece in pieces)


def literal_regex(text: str) -> str:
    """The engine's regular expression for just this text."""
    return "".join(f"\\x{{{ord(letter):x}}}" if _SPECIAL.match(letter) else letter for letter in text)


_MIN: Final = -(1 << 63)
_MAX: Final = (1 << 63) - 1


def _raw(schema: Schema, field: str, value: str, *, glob: bool) -> Query:
    if glob:
        return quiet(regex(schema, field, glob_regex(value)))
    return quiet(Query.term_query(schema, field, value))


def _term(field: str, value: str) -> Query:
    return Query.term_query(FILE_SCHEMA, field, value)


def _number(field: Field, value: str) -> int:
    try:
        number = int(value)
    except ValueError as error:
        raise InvalidQueryError(f"{field.value}: {value!r} is not a whole number.", expression=value) from error
    return max(min(number, _MAX - 1), _MIN)


def _path(value: str, *, glob: bool) -> Query:
    if glob:
        whole = value if value.startswith(("/", "*", "?")) else f"*/{value}"
        return _raw(FILE_SCHEMA, "path", whole, glob=True)
    path = trim_path(value)
    if path.startswith("/"):
        return quiet(
            Query.boolean_query([(Occur.Should, _term("path", path)), (Occur.Should, _term("folder", path))])
        )
    # Relative: a folder or file of that name anywhere. Folders are few, so their dictionary is gone through; a file
    # is looked for by its name in such a folder.
    parent, _, name = path.rpartition("/")
    named = [(Occur.Must, _term("name_key", fold(name)))]
    if parent:
        named.append((Occur.Must, _ends("parent", parent)))
    return quiet(
        Query.boolean_query([(Occur.Should, _ends("folder", path)), (Occur.Should, Query.boolean_query(named))])
    )


def _ends(field: str, path: str) -> Query:
    return regex(FILE_SCHEMA, field, f"(.|\n)*/{literal_regex(path)}")


def _name(value: str, *, glob: bool) -> Query:
    exact = _raw(FILE_SCHEMA, "name_key", value, glob=glob)
    tokens = phrase_terms(value)
    if glob or not tokens:
        return exact
    words = (
        Query.phrase_query(FILE_SCHEMA, "name", list(tokens))
        if len(tokens) > 1
        else Query.term_query(FILE_SCHEMA, "name", tokens[0])
    )
    return quiet(_any([exact, words]))


def _any(queries: list[Query]) -> Query:
    return Query.boolean_query([(Occur.Should, query) for query in queries])


def _refused(test: Match | Range) -> InvalidQueryError:
    name = test.field.value
    return InvalidQueryError(
        f"{name}: has no {'range' if isinstance(test, Range) else 'single value'}.", expression=name
    )
