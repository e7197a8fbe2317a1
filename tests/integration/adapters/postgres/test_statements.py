"""Every statement is one that PostgreSQL takes, and no statement is left over."""

import re
from importlib import resources
from pathlib import Path

import psycopg
import pytest

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.questions.catalog import list_statement
from siss.adapters.postgres.statements import load_statements
from siss.model.query import Sort, SortField

FOLDER = resources.files("siss.adapters.postgres")
MODULES = sorted(file.name.removesuffix(".sql") for file in (FOLDER / "sql").iterdir())
STATEMENTS = [
    (f"{module}.{name}", sql)
    for module in MODULES
    for name, sql in load_statements(module).items()
    if (module, name) != ("catalog", "list_files")
] + [
    (f"catalog.list_files-{field}-{descending}", list_statement(Sort(field, descending)))
    for field in SortField
    if field is not SortField.RELEVANCE
    for descending in (False, True)
]

AS_ASKED = {
    ("structure.candidates", b"required"),
    ("structure.keyed_candidates", b"required"),
    ("structure.count_candidates", b"required"),
}
"""One condition for each path that a question requires: `test_structure.py` has them."""


async def test_every_statement_prepares(database: Database):
    refused: dict[str, str] = {}
    async with database.connection() as connection:
        for name, sql in STATEMENTS:
            try:
                await connection.execute(f"PREPARE tried AS {as_query(sql)}".encode())
                await connection.execute("DEALLOCATE tried")
            except psycopg.Error as error:
                refused[name] = str(error)
    assert not refused


def as_query(sql: bytes) -> str:
    """A statement with numbered parameters; a COPY as the query that has its columns."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        if found[1] not in names:
            names.append(found[1])
        return f"${names.index(found[1]) + 1}"

    numbered = re.sub(r"%\((\w+)\)s", number, sql.decode())
    copy = re.match(r"COPY (\w+) \(([^)]*)\)", numbered)
    return numbered if copy is None else f"SELECT {copy[2]} FROM {copy[1]}"


@pytest.mark.parametrize("module", MODULES)
def test_statement_is_used(module: str):
    code = "\n".join(file.read_text() for file in Path(str(FOLDER)).rglob("*.py"))
    unused = [name for name in load_statements(module) if f'"{name}"' not in code]
    assert not unused


def test_fragments_are_filled_in():
    left = {(name, use) for name, sql in STATEMENTS for use in re.findall(rb"/\*(\w+)\*/", sql)} - AS_ASKED
    assert not left
