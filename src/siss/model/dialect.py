"""How a delimited file is written: found by detection, used by parsing."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Dialect:
    """``delimiter`` and ``quote`` are one ASCII character each; a quote inside quotes is doubled.

    ``header``: whether the first record names the columns; ``columns``: how many most records have.
    """

    delimiter: str = ","
    quote: str = '"'
    header: bool = False
    columns: int = 1
