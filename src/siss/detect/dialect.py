"""Whether lines are records of a delimited file, and how they are written.

Each delimiter is tried with a quote-aware reader over the first records; the one whose records agree on their
number of columns wins. (``csv.Sniffer`` needs seconds for a few KB of hostile input.)
"""

import csv
import re
from collections import Counter
from typing import Final

from siss.model.dialect import Dialect

_DELIMITERS: Final = (",", "\t", ";", "|")
_RECORDS: Final = 60
_NUMBER: Final = re.compile(r"[-+(]?[$€£]?\d[\d.,:/ %-]*\)?$")
_SINGLE_QUOTED: Final = re.compile(r"(?:^|[,;\t|])'[^'\n]*'(?=[,;\t|\n]|$)", re.MULTILINE)


def find_dialect(lines: list[str], *, named: bool) -> Dialect | None:
    """The dialect of the first lines (line ends kept), None where they are no table.

    ``named``: the name says that it is one; then one column or a ragged table is enough.
    """
    lines = [line for line in lines if line.strip() and not line.startswith("#")][: 2 * _RECORDS]
    if len(lines) < (1 if named else 3):
        return None
    quote = "'" if '"' not in "".join(lines) and len(_SINGLE_QUOTED.findall("".join(lines))) > len(lines) else '"'
    best: tuple[float, Dialect] | None = None
    for delimiter in _DELIMITERS:
        if sum(delimiter in line for line in lines) * 2 < len(lines):
            continue
        records = _read(lines, delimiter, quote)
        score, columns = _agreement(records, named=named, delimiter=delimiter)
        if score > (best[0] if best else 0.0):
            best = score, Dialect(delimiter, quote, _has_header(records), columns, lines[0])
    if best:
        return best[1]
    return Dialect(header=_has_header([[line.strip()] for line in lines])) if named else None


def _read(lines: list[str], delimiter: str, quote: str) -> list[list[str]]:
    records: list[list[str]] = []
    try:
        for record in csv.reader(lines, delimiter=delimiter, quotechar=quote):
            records.append(record)
            if len(records) == _RECORDS:
                return records
    except csv.Error:
        pass
    # The last record may be cut, or may have swallowed the rest after a stray quote.
    return records[:-1] if len(records) > 3 else records


def _agreement(records: list[list[str]], *, named: bool, delimiter: str) -> tuple[float, int]:
    """How far records agree on a number of columns (0: no table), and that number."""
    if not records:
        return 0.0, 0
    columns, times = Counter(map(len, records)).most_common(1)[0]
    share = times / len(records)
    if columns < 2:
        return 0.0, columns
    if named:
        return share + min(columns, 50) / 100, columns
    # Prose has commas too: unless a name says so, a table is strict, and its fields are short.
    longest = sum(max(map(len, record), default=0) for record in records) / len(records)
    blanks = sum(field.startswith(" ") for record in records for field in record[1:])
    prose = delimiter != "\t" and blanks * 2 > len(records) * (columns - 1)
    least = 3 if columns > 2 or delimiter == "\t" else 6
    if share < (0.9 if delimiter == "\t" else 0.95) or len(records) < least or longest > 120 or prose:
        return 0.0, columns
    return share + min(columns, 50) / 100, columns


def _has_header(records: list[list[str]]) -> bool:
    """Whether the first record names columns: distinct words over columns that hold at least one number."""
    if len(records) < 2:
        return False
    first = [field.strip() for field in records[0]]
    words = [field for field in first if field]
    if not words or len(set(words)) < len(words) or any(_NUMBER.match(field) for field in words):
        return False
    if len(words) > 1 and all(re.fullmatch(r"[A-Za-z_][\w .()%/#-]{0,60}", word) for word in words):
        return True
    return any(
        _NUMBER.match(field.strip()) for record in records[1:20] for field in record[: len(first)] if field.strip()
    )
