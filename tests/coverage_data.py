"""Removes the coverage data of processes that tests killed before they wrote any: ``coverage combine`` warns of it.

Run between the tests and ``coverage combine``, in the project's folder.
"""

import sqlite3
from contextlib import closing
from pathlib import Path


def has_data(file: Path) -> bool:
    """Whether coverage wrote to it what it needs to read it again."""
    try:
        with closing(sqlite3.connect(f"file:{file}?mode=ro", uri=True)) as database:
            database.execute("SELECT version FROM coverage_schema").fetchone()
            database.execute("SELECT count(*) FROM meta").fetchone()
    except sqlite3.Error:
        return False
    return True


def remove_empty(folder: Path) -> int:
    """How many files were removed."""
    empty = [file for file in folder.glob(".coverage.*") if not file.name.endswith("-journal") and not has_data(file)]
    for file in empty:
        file.unlink()
        file.with_name(f"{file.name}-journal").unlink(missing_ok=True)
    return len(empty)


if __name__ == "__main__":
    remove_empty(Path.cwd())
