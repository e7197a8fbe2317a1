"""A deviation in sentences that a person understands: field, value, what the siblings have, how rare."""

from collections.abc import Callable
from functools import partial

from siss.anomalies.text import show_number, show_path, show_quantity, show_size
from siss.model.anomaly import AnomalyKind, Deviation
from siss.model.schema import NumberProfile


def explain(found: Deviation) -> str:
    """One or two sentences."""
    path = show_path(found.path)
    match found.kind:
        case AnomalyKind.CREDENTIAL_EXPOSURE:
            return f"{found.value} stands in the file: a credential ({found.format})."
        case AnomalyKind.SCHEMA_OUTLIER if found.format:
            few = f"at most {found.alike}" if found.alike else "none"
            return (
                f"It has {found.format} that {few} of {_others(found.siblings)} with this schema has: {found.value}."
            )
        case AnomalyKind.MISSING_FIELDS if found.format:
            return f"{found.format} are missing that at least {_rest(found)} have: {found.value}."
        case AnomalyKind.SCHEMA_OUTLIER:
            return f"The field {path} ({found.value}) is in {_share(found)} with this schema."
        case AnomalyKind.MISSING_FIELDS:
            where = f"{path} is {found.value or 'missing'}"
            return (
                f"{where}: {found.siblings - found.alike} of {_others(found.siblings)} have it{_everywhere(found)}."
            )
        case AnomalyKind.TYPE_OUTLIER:
            value = f" ({found.value})" if found.value is not None else ""
            return f"{path} is {found.format or _article(found.token)}{value}, as in {_share(found)}: {_list(found)}."
        case AnomalyKind.FORMAT_OUTLIER:
            return f"{path} is {found.value}, which is not {found.format} as in {_rest(found)}."
        case AnomalyKind.VALUE_OUTLIER:
            show = partial(show_quantity, unit=found.format) if found.format else show_number
            return f"{path} is {found.value}. {_numbers(found, show)}"
        case AnomalyKind.RARE_VALUE:
            what = f"The {found.format} of {path} ({found.value}) is {found.token}" if found.format else ""
            return f"{what or f'{path} is {found.value}'}, as in {_share(found)}: {_list(found)}."
        case AnomalyKind.SIZE_ANOMALY:
            return f"The file has {show_size(float(found.token))}. {_numbers(found, show_size)}"


def _others(count: int) -> str:
    return f"{count} other files" if count != 1 else "1 other file"


def _share(found: Deviation) -> str:
    return f"{'none' if not found.alike else found.alike} of {_others(found.siblings)}"


def _rest(found: Deviation) -> str:
    return f"{found.siblings - found.alike} of {_others(found.siblings)}"


def _everywhere(found: Deviation) -> str:
    return " everywhere" if found.value else ""


def _article(name: str) -> str:
    return name if name in {"null", "empty"} else f"{'an' if name[0] in 'aeiou' else 'a'} {name}"


def _list(found: Deviation) -> str:
    return "they have " + ", ".join(f"{key} ({count})" for key, count in found.usual)


def _numbers(found: Deviation, show: Callable[[float], str]) -> str:
    assert found.numbers is not None
    profile: NumberProfile = found.numbers
    beyond = (
        "none is as far out" if not found.alike else f"{found.alike} {'is' if found.alike == 1 else 'are'} as far out"
    )
    return (
        f"In {_others(found.siblings)} it lies between {show(profile.minimum)} and {show(profile.maximum)}, "
        f"mostly near {show(profile.median)}; {beyond}."
    )
