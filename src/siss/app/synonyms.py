"""Synonyms: telling them, and asking for them in place of the words of a query.

A quoted phrase means itself, and so do a beginning (``conn*``) and what must not be there: they have no synonyms.
"""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import groupby
from typing import Final

from siss.app.cursors import name_list, read_cursor, write_cursor
from siss.app.rights import require_everything, require_role
from siss.app.services import Services
from siss.errors import ConflictError, InvalidRequestError, NotFoundError
from siss.index.folding import fold
from siss.model.principal import Principal, Role
from siss.model.query import And, Node, Or, Phrase, Word
from siss.model.synonym import Synonym, SynonymSource
from siss.ports.synonyms import Synonyms

MAX_PAGE: Final = 500
MOST_TERMS: Final = 10_000
MOST_SYNONYMS: Final = 50
MOST_WORDS: Final = 5
MOST_LETTERS: Final = 100
_LIST: Final = name_list("synonyms")


@dataclass(frozen=True, slots=True)
class SynonymPage:
    """Synonyms in the order of their terms. ``cursor`` names the next page, None on the last one."""

    synonyms: tuple[Synonym, ...]
    cursor: str | None
    total: int


def key_of(text: str) -> str:
    """What terms are compared by: folded words with a blank between them."""
    return " ".join(fold(word) for word in text.split())


async def put_synonym(
    services: Services, principal: Principal, term: str, synonyms: Sequence[str], *, two_way: bool
) -> Synonym:
    """Say what else is meant by a term; searches that begin after this use it, whichever process answers.

    Raises ``ForbiddenError``, ``InvalidRequestError``, ``ConflictError`` where there are too many.
    """
    _require_editor(principal)
    checked = _check(term, "term", services)
    others = {key_of(text): _check(text, "synonyms", services) for text in synonyms}
    key = key_of(checked)
    others.pop(key, None)
    if not 0 < len(others) <= MOST_SYNONYMS:
        raise InvalidRequestError(f"A term has 1 to {MOST_SYNONYMS} synonyms besides itself.", field="synonyms")
    if await services.synonyms.count() >= MOST_TERMS and not await services.synonyms.of([key]):
        raise ConflictError(f"There are {MOST_TERMS:,} terms with synonyms already.")
    made = Synonym(checked, tuple(others.values()), two_way, SynonymSource.USER, datetime.now(UTC))
    await services.synonyms.put(key, made, list(others))
    return made


async def delete_synonym(services: Services, principal: Principal, term: str) -> Synonym:
    """Take back what was said of a term, and tell it. Raises ``ForbiddenError``, ``NotFoundError``."""
    _require_editor(principal)
    gone = None if "\0" in term else await services.synonyms.delete(key_of(term))
    if gone is None:
        raise NotFoundError(f"Nobody said what else is meant by {term[:MOST_LETTERS]!r}.")
    return gone


async def list_synonyms(services: Services, principal: Principal, cursor: str | None, size: int) -> SynonymPage:
    """A page of what was said."""
    require_role(principal, Role.READER, "Listing synonyms")
    size = max(1, min(size, MAX_PAGE))
    found = await services.synonyms.page(read_cursor(cursor, _LIST, str), size + 1)
    last = found[size - 1][0] if len(found) > size else None
    page = tuple(synonym for _, synonym in found[:size])
    return SynonymPage(page, write_cursor(last, _LIST), await services.synonyms.count())


async def with_synonyms(synonyms: Synonyms, where: Node | None) -> Node | None:
    """A query that also finds what its words have as synonyms."""
    keys = set(_keys(where)) if where is not None else set()
    if where is None or not keys:
        return where
    found = await synonyms.of(sorted(keys))
    return _replace(where, found) if found else where


def _keys(node: Node) -> Iterator[str]:
    match node:
        case Word(text, prefix=False):
            yield key_of(text)
        case And(nodes):
            for plain, run in _runs(nodes):
                if plain:
                    texts = [key_of(word.text) for word in run if isinstance(word, Word)]
                    for at in range(len(texts)):
                        yield from (" ".join(texts[at:end]) for end in range(at + 1, min(len(texts), at + 5) + 1))
                else:
                    for inner in run:
                        yield from _keys(inner)
        case Or(nodes):
            for inner in nodes:
                yield from _keys(inner)
        case _:
            return


def _runs(nodes: Iterable[Node]) -> Iterator[tuple[bool, list[Node]]]:
    """Stretches of plain words, and what lies between them."""
    for plain, run in groupby(nodes, lambda node: isinstance(node, Word) and not node.prefix):
        yield plain, list(run)


def _replace(node: Node, found: Mapping[str, tuple[str, ...]]) -> Node:
    match node:
        case Word(text, prefix=False):
            return _either(node, found.get(key_of(text), ()))
        case And(nodes):
            replaced: list[Node] = []
            for plain, run in _runs(nodes):
                replaced += _replace_run(run, found) if plain else [_replace(inner, found) for inner in run]
            return replaced[0] if len(replaced) == 1 else And(tuple(replaced))
        case Or(nodes):
            return Or(tuple(_replace(inner, found) for inner in nodes))
        case _:
            return node


def _replace_run(words: Sequence[Node], found: Mapping[str, tuple[str, ...]]) -> list[Node]:
    """The longest terms first: of ``load balancer``, its synonyms rather than those of ``load``."""
    texts = [key_of(word.text) for word in words if isinstance(word, Word)]
    made: list[Node] = []
    at = 0
    while at < len(words):
        end = next(
            (end for end in range(min(len(words), at + MOST_WORDS), at, -1) if " ".join(texts[at:end]) in found), 0
        )
        if not end:
            made.append(words[at])
            at += 1
            continue
        own = tuple(words[at:end])
        parts = tuple(_either(word, found.get(key, ())) for word, key in zip(own, texts[at:end], strict=True))
        asked: Node = own[0] if len(own) == 1 else And(parts)
        made.append(_either(asked, found[" ".join(texts[at:end])]))
        at = end
    return made


def _either(asked: Node, synonyms: Sequence[str]) -> Node:
    # What was asked for stands last: the last word of a query may be the beginning of a longer one.
    return Or((*(Phrase(text) if " " in text else Word(text) for text in synonyms), asked)) if synonyms else asked


def _require_editor(principal: Principal) -> None:
    require_role(principal, Role.EDITOR, "Changing synonyms")
    require_everything(principal, "Changing synonyms")


def _check(text: str, name: str, services: Services) -> str:
    plain = " ".join(unicodedata.normalize("NFC", text).split())
    if not 0 < len(plain) <= MOST_LETTERS or not plain.isprintable() or len(plain.split(" ")) > MOST_WORDS:
        raise InvalidRequestError(
            f"{name}: 1 to {MOST_WORDS} words, together at most {MOST_LETTERS} letters.", field=name
        )
    if not any(letter.isalnum() for letter in plain):
        raise InvalidRequestError(f"{name}: {plain!r} has no letter or digit to be found by.", field=name)
    if services.redact(plain) != plain:
        raise InvalidRequestError("It holds what looks like a credential: leave that out.", field=name)
    return plain
