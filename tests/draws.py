"""How many examples a property takes of which each is expensive."""

from hypothesis import settings


def examples(check: int) -> int:
    """``check`` where other properties take a hundred, and in the same proportion where ``make explore`` draws more."""
    return check * settings().max_examples // 100
