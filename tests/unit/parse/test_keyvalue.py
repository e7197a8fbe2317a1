"""Entries of settings files stay whole, with their comments."""

from hypothesis import given
from hypothesis import strategies as st

from siss.parse.keyvalue import KeyValueParser
from unit.parse.windows import parse, texts


def test_entries_keep_comments_and_continued_lines() -> None:
    entry = b"# what it is\n# for\nkey.%03d = a \\\n  b \\\nc\nplain=1\\\\\n"
    text = b"".join(entry.replace(b"%03d", b"%03d" % n) for n in range(200))
    for size in (200, 1 << 20):
        parts = texts(parse(KeyValueParser(), text, size), text)
        assert b"".join(parts) == text
        assert len(parts) > 5
        assert all(part.startswith((b"# what", b"plain")) for part in parts)


@given(st.text(st.sampled_from("a=#\\ \n\r\té"), max_size=300), st.integers(5, 60))
def test_anything_parses(text: str, size: int) -> None:
    parse(KeyValueParser(), text.encode(), size)
