"""What stands on the ledger of a content."""

from siss.model.coverage import Reason
from siss.model.text import Ledger


def test_neighbours_of_one_reason_are_one_line() -> None:
    """A hole of a gigabyte comes in a thousand windows."""
    ledger = Ledger(limit=2)
    for start in range(0, 500, 10):
        ledger.count(Reason.NUL_BYTES, start, start + 10, lost=False)
    ledger.count(Reason.ENCODING_ERRORS, 500, 501, lost=True)
    ledger.count(Reason.NUL_BYTES, 501, 502, lost=False)
    ledger.count(Reason.NUL_BYTES, 600, 601, lost=False)
    lines = [(gap.reason, gap.start, gap.end) for gap in ledger.closed()]
    assert lines[:3] == [
        (Reason.NUL_BYTES, 0, 500),
        (Reason.ENCODING_ERRORS, 500, 501),
        (Reason.NUL_BYTES, 501, 502),
    ]
    assert [gap.detail for gap in ledger.closed()[3:]] == ["and 1 more like these"]
