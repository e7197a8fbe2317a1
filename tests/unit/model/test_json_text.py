"""JSON that is not quite JSON, as values that can be stored."""

import pytest

from siss.model.json_text import decode_json


@pytest.mark.parametrize(
    ("text", "value"),
    [
        (rb'["\ud800"]', ["\ufffd"]),
        (rb'{"\uDFAA": "x\ud888\u1234y"}', {"\ufffd": "x\ufffd\u1234y"}),
        (rb'["\udd1e\uD834"]', ["\ufffd\ufffd"]),
        (rb'["\uD834\uDd1e \ud800"]', ["\U0001d11e \ufffd"]),
        (rb'["\\ud800 \ud800", 1,] // said', ["\\ud800 \ufffd", 1]),
        (rb'["\ud8"]', None),
    ],
)
def test_half_a_surrogate_pair_is_no_text(text: bytes, value: object):
    found = decode_json(text)
    assert (found and found.value) == value
    if found is not None:
        assert len(found.text) == len(text)
        str(found.value).encode()
