"""How lists are shown."""

import pytest

from siss.cli.asking import show_each


@pytest.mark.parametrize(
    ("answer", "shown", "said"),
    [
        ({"items": []}, [], "There are none yet: siss make [ONE]\n"),
        ({"items": [{"n": 1}, {"n": 2}], "cursor": None}, [{"n": 1}, {"n": 2}], ""),
        ({"items": [{"n": 1}], "cursor": "abc"}, [{"n": 1}], "More: --cursor abc\n"),
    ],
)
def test_a_list_says_that_it_is_empty_or_goes_on(capsys: pytest.CaptureFixture[str], answer, shown, said):
    found: list[object] = []
    show_each(answer, found.append, "There are none yet: siss make [ONE]")
    assert found == shown
    assert capsys.readouterr() == ("", said)
