"""Which things are meant, as parameters of a statement."""

from typing import Any, Final

from siss.adapters.postgres.scopes import bounds
from siss.errors import InvalidRequestError
from siss.model.entity import EntityType, Name, address_bounds
from siss.ports.entities import EntityFilter

_FOLDED: Final = 32
"""Letters of a value that stand in indexes (migration 0002)."""

_THIRDS: Final = ("third", "third_after_1", "third_after_2")
"""Every third group of a part, by how many letters before the first of them (migration 0010)."""

WITHOUT_TRIGRAMS: Final = frozenset({EntityType.PORT, EntityType.DATE, EntityType.UUID})


def filter_values(where: EntityFilter, name: Name | None = None) -> dict[str, Any]:
    """Parameters of the fragment ``meant``. Raises ``InvalidRequestError``."""
    values: dict[str, Any] = {
        "type": None if where.type is None else where.type.code,
        "id": None if name is None else name.id,
        **dict.fromkeys(("prefix_low", "prefix_high", "trigrams", *_THIRDS, "like", "address_low", "address_high")),
    }
    if where.value is not None:
        values |= _pattern_values(where.value, where.type)
    if where.network is not None:
        values["address_low"], values["address_high"] = network_bounds(where.network)
    return values


def _pattern_values(value: str, kind: EntityType | None) -> dict[str, Any]:
    folded = fold_ascii(value.replace("\0", "\ufffd").encode("utf-8", "replace").decode())
    escaped = folded.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    values: dict[str, Any] = {"like": escaped.replace("*", "%").replace("?", "_")}
    parts = folded.replace("?", "*").split("*")
    if parts[0]:
        low, high = bounds(parts[0][:_FOLDED])
        values |= {"prefix_low": low, "prefix_high": high}
        if parts[1:] == [""] and "?" not in value and len(parts[0]) <= _FOLDED:
            values["like"] = None  # the bounds say it all
    elif kind not in WITHOUT_TRIGRAMS:
        trigrams = {part[at : at + 3] for part in parts for at in range(len(part) - 2)}
        values["trigrams"] = sorted(trigrams) or None
        longest = max(parts, key=len)
        thirds = [[longest[at : at + 3] for at in range(skip, len(longest) - 2, 3)] for skip in range(len(_THIRDS))]
        if all(thirds):
            values |= zip(_THIRDS, thirds, strict=True)
    return values


def fold_ascii(text: str) -> str:
    """Lower case as the collation C has it: A to Z and nothing else."""
    return text.encode().lower().decode()


def network_bounds(network: str) -> tuple[str, str]:
    """The first and the last ``inet``. Raises ``InvalidRequestError``."""
    try:
        return address_bounds(network)
    except ValueError as error:
        raise InvalidRequestError(
            f"{network!r} is neither a network (10.0.0.0/8) nor a range of addresses (10.0.0.1-10.0.0.9)",
            field="network",
        ) from error
