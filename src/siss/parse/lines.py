"""The lines of a window, as every line-oriented parser takes them."""

from siss.model.text import Window


def split_lines(window: Window) -> tuple[list[bytes], bool]:
    """The lines without their ends, each one byte apart, and whether the last one is whole.

    Where no line feed is in sight, carriage returns end lines, as on a Mac before 2001.
    """
    data = window.data
    if b"\r" in data and b"\n" not in data:
        data = data.replace(b"\r", b"\n")
    lines = data.split(b"\n")
    if lines[-1]:
        return lines, False
    lines.pop()
    return lines, True
