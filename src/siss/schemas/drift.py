"""What changed in a schema's members between two times, field by field, in sentences."""

from datetime import datetime
from typing import Final

from siss.model.schema import Drift, FieldChange, FieldProfile, SchemaProfile

MOVED: Final = 0.1
"""A field's share of the members changed if it moved by more than this."""


def compare_profiles(before: SchemaProfile, after: SchemaProfile, since: datetime) -> Drift:
    """The differences, in order of the paths. A profile without members differs in nothing that it lacks."""
    old = {field.path: field for field in before.fields}
    new = {field.path: field for field in after.fields}
    changes = [change for path in sorted(old | new) for change in _compare(path, old.get(path), new.get(path))]
    return Drift(since, before.members, after.members, tuple(changes))


def _compare(path: str, old: FieldProfile | None, new: FieldProfile | None) -> list[FieldChange]:
    if old is None and new is not None:
        types = _spell(new.types)
        text = f"{path} is new: {types}, in {new.members} members ({new.share:.0%})."
        return [FieldChange(path, "added", None, sorted(new.types), text)]
    if new is None and old is not None:
        text = f"{path} is gone; {old.members} members ({old.share:.0%}) had it."
        return [FieldChange(path, "removed", sorted(old.types), None, text)]
    assert old is not None
    assert new is not None
    found: list[FieldChange] = []
    if old.types.keys() != new.types.keys():
        text = f"{path} was {_spell(old.types)} and is {_spell(new.types)}."
        found.append(FieldChange(path, "types", sorted(old.types), sorted(new.types), text))
    else:
        found += _types_moved(path, old, new)
    if abs(old.share - new.share) > MOVED:
        text = f"{path} was in {old.share:.0%} of the members and is in {new.share:.0%}."
        found.append(FieldChange(path, "presence", round(old.share, 4), round(new.share, 4), text))
    elif old.required != new.required:
        was, now = ("required", "optional") if old.required else ("optional", "required")
        found.append(FieldChange(path, "required", old.required, new.required, f"{path} was {was} and is {now}."))
    return found


def _types_moved(path: str, old: FieldProfile, new: FieldProfile) -> list[FieldChange]:
    """A type that was there already, and became rarer or commoner among the members that have the field."""
    shares = {name: (old.types[name] / old.members, new.types[name] / new.members) for name in sorted(new.types)}
    moved = [
        f"{name} in {was:.0%} of its members and is in {now:.0%}"
        for name, (was, now) in shares.items()
        if abs(was - now) > MOVED
    ]
    if not moved:
        return []
    before = {name: round(was, 4) for name, (was, _) in shares.items()}
    after = {name: round(now, 4) for name, (_, now) in shares.items()}
    return [FieldChange(path, "types", before, after, f"{path} was {', '.join(moved)}.")]


def _spell(types: dict[str, int]) -> str:
    return " or ".join(sorted(types)) or "nothing"
