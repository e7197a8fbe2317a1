import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.discover.settle import settle_wait
from siss.model.file import FileStat

NOW = 1_800_000_000_000_000_000
SECOND = 1_000_000_000


def stat(age: float) -> FileStat:
    return FileStat(1, NOW - int(age * SECOND), 1, 1)


@pytest.mark.parametrize(
    ("age", "same_for", "skew", "wait"),
    [
        (10, None, 0, 0),
        (0.1, None, 0, 0.2),
        (0.3, None, 0, 0),
        (-3600, None, 0, 0.3),
        (-3600, 0.1, 0, 0.2),
        (-3600, 0.3, 0, 0),
        (0.1, 0.3, 0, 0),
        (5, None, 60, 0.3),
        (5, 0.3, 60, 0),
        (100, None, 60, 0),
    ],
)
def test_how_long_to_wait(age: float, same_for: float | None, skew: float, wait: float) -> None:
    since = None if same_for is None else NOW - int(same_for * SECOND)
    assert settle_wait(stat(age), NOW, 0.3, same_since_ns=since, skew=skew) == pytest.approx(wait, abs=1e-6)


@given(st.integers(-(1 << 62), 1 << 62), st.floats(0, 100), st.floats(0, 1000))
def test_no_mtime_makes_a_file_wait_for_ever(mtime_ns: int, settle: float, skew: float) -> None:
    file = FileStat(1, mtime_ns, 1, 1)
    assert 0 <= settle_wait(file, NOW, settle, skew=skew) <= settle
    since = NOW - int(settle * SECOND) - 1
    assert settle_wait(file, NOW, settle, same_since_ns=since, skew=skew) == pytest.approx(0, abs=1e-6)
