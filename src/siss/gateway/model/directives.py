"""The directives of a request's ``Cache-Control`` header that the gateway knows (RFC 9111, section 5.2.1)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Directives:
    """``no_cache``: ask the host, then store. ``no_store``: neither look up nor store. ``max_age``: seconds."""

    no_cache: bool = False
    no_store: bool = False
    max_age: float | None = None


NO_DIRECTIVES = Directives()


def parse_cache_control(header: str | None) -> Directives:
    """Directives from a header's value; those that are unknown or garbled are passed over, as the RFC asks.

    A ``max-age`` that is not a number counts as 0: too fresh is the safe side.
    """
    if not header:
        return NO_DIRECTIVES
    found: dict[str, str] = {}
    for part in header.lower().split(","):
        name, _, value = part.partition("=")
        found[name.strip()] = value.strip().strip('"')
    age = found.get("max-age")
    return Directives(
        no_cache="no-cache" in found,
        no_store="no-store" in found,
        max_age=None if age is None else float(age) if age.isascii() and age.isdigit() else 0.0,
    )
