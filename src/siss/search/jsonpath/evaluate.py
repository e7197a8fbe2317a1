"""JSONPath over one text: matches with their places. Runs in a process that may be killed."""

from collections.abc import Iterator
from typing import Final

from siss.model.content import Kind
from siss.model.json_text import DecodedJson, decode_json
from siss.model.spans import LineCounter
from siss.model.structure import PREVIEW_CHARS, StructureMatch
from siss.search.jsonpath.select import location_of, make_select, normalized_path
from siss.search.jsonpath.spans import find_spans
from siss.search.jsonpath.syntax import Query

NOT_JSON: Final = "not JSON"


def evaluate_jsonpath(
    query: Query, text: bytes, kind: Kind, *, limit: int, skip: int = 0
) -> tuple[list[StructureMatch], int, str]:
    """Matches after the first ``skip``, at most ``limit``; how many there are in all; what went wrong, or nothing.

    Of JSON Lines, each line is a document.
    """
    matches: list[StructureMatch] = []
    total = decoded_documents = 0
    select = make_select(query)
    lines = LineCounter(text)
    for number, start, document in _documents(text, kind):
        if document is None:
            continue
        decoded_documents += 1
        try:
            nodes = list(select(document.value))
        except RecursionError as error:
            return matches, total, f"evaluation failed: {type(error).__name__}"
        wanted = nodes[max(0, skip - total) : max(0, skip - total) + limit - len(matches)]
        total += len(nodes)
        if wanted:
            locations = [location_of(node) for node in wanted]
            spans = find_spans(document.text, locations)
            for location in locations:
                span = spans.get(location)
                at = None if span is None else (start + span[0], start + span[1])
                # As it is written: the document's own text may be a repaired one.
                raw = b"" if at is None else text[at[0] : min(at[1], at[0] + 4 * PREVIEW_CHARS)]
                matches.append(
                    StructureMatch(
                        path=normalized_path(location),
                        value=raw.decode("utf-8", "ignore")[:PREVIEW_CHARS],
                        line=None if at is None else lines.line(at[0]),
                        start=None if at is None else at[0],
                        end=None if at is None else at[1],
                        document=number if kind is Kind.JSONL else None,
                    )
                )
    return matches, total, "" if decoded_documents else NOT_JSON


def _documents(text: bytes, kind: Kind) -> Iterator[tuple[int, int, DecodedJson | None]]:
    """Number, offset and value of each document."""
    if kind is not Kind.JSONL:
        yield 1, 0, decode_json(text)
        return
    at = 0
    for number, line in enumerate(text.split(b"\n"), 1):
        if line.strip():
            yield number, at, decode_json(line)
        at += len(line) + 1
