"""Whether two questions differ in anything that an answer may hang on."""


def find_difference(left: str, right: str) -> str:
    """The rule that tells two questions apart; empty where none does."""
    return "" if left == right else "text"
