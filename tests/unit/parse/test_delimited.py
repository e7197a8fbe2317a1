"""Rows of delimited files stay whole, quotes included; bad ones are said and lose nothing."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from siss.model.coverage import Reason
from siss.model.dialect import Dialect
from siss.model.text import Ledger
from siss.parse.delimited import DelimitedParser
from unit.parse.windows import parse, texts


def read(text: bytes, dialect: Dialect, size: int = 1 << 20) -> tuple[list[bytes], Ledger]:
    ledger = Ledger()
    return texts(parse(DelimitedParser(dialect, ledger), text, size), text), ledger


CELL = st.text(st.sampled_from('ab1é ,;"\n'), max_size=6)


@given(
    st.lists(st.lists(CELL, min_size=3, max_size=3), min_size=1, max_size=12),
    st.integers(64, 300),
    st.sampled_from(",;"),
)
def test_sections_begin_where_records_do(rows: list[list[str]], size: int, delimiter: str) -> None:
    rows = [[cell or "x" for cell in row] for row in rows] * 40
    out = io.StringIO()
    csv.writer(out, delimiter=delimiter, lineterminator="\n").writerows(rows)
    text = out.getvalue().encode()
    parts, ledger = read(text, Dialect(delimiter, '"', columns=3), size)
    assert b"".join(parts) == text
    again = [row for part in parts for row in csv.reader(io.StringIO(part.decode()), delimiter=delimiter)]
    assert again == rows
    assert ledger.gaps == []


def test_ragged_rows_make_one_gap() -> None:
    text = b"a,b,c\n1,2,3\n1,2\n# note\n\n4,5,6,7\n"
    _, ledger = read(text, Dialect(columns=3))
    (gap,) = ledger.gaps
    assert (gap.reason, gap.start, gap.end, gap.lost) == (Reason.BAD_RECORDS, 12, 15, False)
    assert gap.detail == "2 rows do not have 3 fields: line 3, 6"


def test_a_quote_that_is_never_closed_is_given_up() -> None:
    text = b'a,b\n1,"open\n' + b"2,x\n" * 2000
    parts, ledger = read(text, Dialect(columns=2))
    assert b"".join(parts) == text
    assert len(parts) > 3
    assert "not closed: line 2" in ledger.gaps[0].detail


def test_a_stray_quote_opens_nothing() -> None:
    text = b'a,b\n1,5" disk\n2,y\n' * 200
    parts, ledger = read(text, Dialect(columns=2))
    assert all(part.startswith((b"a,b", b"1,5", b"2,y")) for part in parts)
    assert ledger.gaps == []


def test_an_unclosed_quote_at_the_end() -> None:
    _, ledger = read(b'a,b\n1,"x\n', Dialect(columns=2))
    assert [gap.reason for gap in ledger.gaps] == [Reason.BAD_RECORDS]


def test_lines_that_end_with_carriage_returns() -> None:
    parts, ledger = read(b"a,b\r1,2\r" * 400, Dialect(columns=2))
    assert len(parts) > 2
    assert ledger.gaps == []


@given(
    st.text(st.sampled_from("a,\"\n\r;'é"), max_size=200),
    st.integers(5, 60),
    st.sampled_from([Dialect(), Dialect(";", "'", columns=2), Dialect("\t", '"', columns=3), Dialect("|", '"')]),
)
def test_anything_parses(text: str, size: int, dialect: Dialect) -> None:
    read(text.encode(), dialect, size)
