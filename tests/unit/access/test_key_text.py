from hypothesis import given
from hypothesis import strategies as st

from siss.access.key_text import new_key, parse_key


def test_a_key_is_read_back_and_proves_itself():
    key = new_key()
    assert parse_key(key.text) == key
    hashed = key.hash()
    assert key.secret not in hashed
    assert key.matches(hashed)
    assert not new_key().matches(hashed)


def test_no_two_keys_are_alike():
    assert len({new_key().text for _ in range(1000)}) == 1000


def test_a_key_does_not_show_itself():
    key = new_key()
    assert key.secret not in repr(key)
    assert key.secret not in f"{key}"


@given(st.integers(0, 56), st.sampled_from("0Aaz9_ "))
def test_one_wrong_letter_is_noticed(at: int, letter: str):
    text = new_key().text
    changed = text[:at] + letter + text[at + 1 :]
    assert changed == text or parse_key(changed) is None


@given(st.text(max_size=80))
def test_anything_else_is_no_key(text: str):
    assert parse_key(text) is None
    assert parse_key(new_key().text + text) is None or not text
