"""Relaxes a query that finds next to nothing: first other spellings, then fewer words."""

from typing import Final

from siss.index.expand import Vocabulary, spellings
from siss.index.plan import Spelling, Tree, WordLeaf, leave_out, respell
from siss.model.query import Query, SortField

ENOUGH: Final = 3
"""A query that finds so many contents, or fills a smaller page, is not relaxed."""

COMMON: Final = 3
"""A word that more than one in so many files contains is too common to search for by itself."""


_FEW: Final = 100
"""The fewest files from which one can say how common a word is."""


def relaxations(tree: Tree, query: Query, vocabulary: Vocabulary, files: int) -> list[Tree]:
    """Looser forms of a plan, each finding what those before it find and more.

    ``vocabulary`` and ``files`` (how many there are) are those within the question's scopes. In a list sorted by a
    field no word is left out: there, unlike in a ranking, the worst matches would stand among the best.
    """
    known: dict[str, tuple[Spelling, ...]] = {}

    def other(token: str) -> tuple[Spelling, ...]:
        if token not in known:
            known[token] = spellings(token, vocabulary, typos=query.typos)
        return known[token]

    def is_common(leaf: WordLeaf) -> bool:
        return files >= _FEW and leaf.word.simple and vocabulary.frequency(leaf.word.tokens[0]) * COMMON > files

    respelt = respell(tree, other)
    found = [respelt] if respelt != tree else []
    if query.sort.field is SortField.RELEVANCE and (fewer := leave_out(tree, is_common)) is not None:
        found.append(respell(fewer, other))
    return found
