"""Values as people read them."""

import math
import re
from typing import Final

from siss.anomalies.meanings import DAY, show_day
from siss.model.field import Scalar

_SHOWN: Final = 80
_NAMESPACE: Final = re.compile(r"/(?=@?\{)(@?)\{[^}]*\}")
EXACT: Final = 10**15
"""Whole numbers below are shown with all their digits."""


def shorten(value: Scalar) -> str:
    """A value in a sentence: texts in quotes, cut."""
    if value is None or isinstance(value, bool):
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return f'"{value}"' if len(value) <= _SHOWN else f'"{value[: _SHOWN - 1]}…"'
    return show_number(value)


def show_number(value: float) -> str:
    """A number, whole where it is, with six digits that matter."""
    if math.isfinite(value) and value == int(value) and abs(value) < EXACT:
        return str(int(value))
    return f"{value:.6g}"


def show_size(size: float) -> str:
    """Bytes in the largest unit of which there is one."""
    for unit in ("bytes", "KB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}" if unit != "bytes" else f"{size:.0f} bytes"
        size /= 1000
    return f"{size:.3g} GB"


def show_quantity(number: float, unit: str) -> str:
    """A number with its unit, which may be days."""
    if unit == DAY:
        return show_day(number)
    return show_size(number) if unit == "bytes" else f"{show_number(number)} {unit}"


def show_path(path: str) -> str:
    """A path in a sentence: names of XML without their namespaces."""
    return _NAMESPACE.sub(r"/\1", path) if path.startswith("/") else path


def clean(text: str) -> str:
    """A text that can be stored and sent anywhere."""
    return text.replace("\0", "\u2400").encode("utf-8", "replace").decode("utf-8")
