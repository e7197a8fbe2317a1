"""The types of many texts are those of each."""

from functools import reduce
from operator import or_

from hypothesis import example, given
from hypothesis import strategies as st

from siss.model.field import LONGEST_SPELLING, STRING, type_of_text, types_of_texts

NUMBERS = ["1", "-20", "+0", "007", "1.5", "1e9", "1.", "0.0", "9" * 18, "9" * 19, "1" * 18 + "." + "1" * 18 + "e-10"]
TEXTS = st.sampled_from(
    [*NUMBERS, "true", "False", "", "a", "1\n2", "x\n1", "\n", "host-1", "tar", "٣", "1\r", "1\u2028"]
)


@given(st.lists(TEXTS | st.text(max_size=4), max_size=8))
@example(["1", "2", "3", "4"])
@example(["1", "2.5", "3", "4"])
@example(["1.0", "2.5", "3e1", "4.0"])
@example(["a", "b", "", "d"])
@example(["1", "2", "3", "4\n5"])
@example(["1", "2", "3", "1" * LONGEST_SPELLING])
def test_together_and_one_by_one(texts: list[str]) -> None:
    each = [type_of_text(text) if len(text) < LONGEST_SPELLING else STRING for text in texts]
    assert types_of_texts(texts) == reduce(or_, each, 0)
