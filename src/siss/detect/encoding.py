"""Which encoding text is in: known from its bytes, declared by it, or guessed."""


def find_encoding(head: bytes, *, complete: bool) -> tuple[str, bool] | None:
    """The Python codec of a text's first bytes and whether it was guessed; None where no text is likely."""
    raise NotImplementedError
