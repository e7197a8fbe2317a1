"""How a delimited file is written: found by detection, used by parsing."""

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Dialect:
    """``delimiter`` and ``quote`` are one ASCII character each; a quote inside quotes is doubled.

    ``header``: whether the first record names the columns; ``columns``: how many most records have.
    ``first``: the first line as it stands, for what its words say of the columns; it is no part of the dialect.
    """

    delimiter: str = ","
    quote: str = '"'
    header: bool = False
    columns: int = 1
    first: str = field(default="", compare=False, repr=False)


def name_columns(names: list[str]) -> list[str]:
    """Column names that are unique and not empty: ``column1`` for the first one without a name."""
    found: dict[str, None] = {}
    for number, name in enumerate(names, 1):
        plain = name.strip() or f"column{number}"
        while plain in found:
            plain += f" ({number})"
        found[plain] = None
    return list(found)
