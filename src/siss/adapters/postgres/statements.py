"""Statements from named ``.sql`` files."""

import re
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import Final

_NAME: Final = re.compile(r"^-- (name|fragments?): (\w+)\n", re.MULTILINE)
_USE: Final = re.compile(r"/\*(\w+)\*/")


@cache
def load_statements(module: str) -> Mapping[str, bytes]:
    """The statements of ``sql/<module>.sql`` by the names in its ``-- name:`` lines.

    What follows a ``-- fragment:`` line stands for ``/*its name*/`` in what comes after it; ``-- fragments:`` brings
    those of another module.
    """
    return {name: sql.encode() for name, sql in _load(module)[0].items()}


def _load(module: str) -> tuple[dict[str, str], dict[str, str]]:
    """Statements and fragments."""
    text = (resources.files("siss.adapters.postgres") / "sql" / f"{module}.sql").read_text("utf-8")
    _, *parts = _NAME.split(text)
    fragments: dict[str, str] = {}
    statements: dict[str, str] = {}
    for sort, name, body in zip(parts[::3], parts[1::3], parts[2::3], strict=True):
        sql = _USE.sub(lambda use: fragments.get(use[1], use[0]), body.strip())
        if sort == "fragments":
            fragments.update(_load(name)[1])
        else:
            (fragments if sort == "fragment" else statements)[name] = sql
    return statements, fragments
