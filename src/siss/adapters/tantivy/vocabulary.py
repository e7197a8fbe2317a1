"""The words of the file index, in its own dictionaries: nothing of them is kept in memory."""

from dataclasses import dataclass

import tantivy
from tantivy import Occur, Query

from siss.adapters.tantivy.schema import FILE_SCHEMA


@dataclass(frozen=True, slots=True)
class IndexVocabulary:
    """Keeps ``siss.index.expand.Vocabulary`` over the words of contents and of names, within a scope.

    A word that only files outside the scope have is as if it were not: what stands in for a word, and what may be
    left out, must not tell of other files.
    """

    searcher: tantivy.Searcher
    scope: Query | None

    def starting_with(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """Terms with a prefix and how many file documents have them, most frequent first."""
        found = dict(self.searcher.terms_with_prefix("terms", prefix, self.scope, limit))
        for term, count in self.searcher.terms_with_prefix("name", prefix, self.scope, limit):
            found[term] = max(count, found.get(term, 0))
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:limit]

    def frequency(self, term: str) -> int:
        """How many file documents have a term."""
        return max(self._frequency("terms", term), self._frequency("name", term))

    def _frequency(self, field: str, term: str) -> int:
        count = self.searcher.doc_freq(field, term)
        if count == 0 or self.scope is None:
            return int(count)
        having = Query.boolean_query(
            [(Occur.Must, self.scope), (Occur.Must, Query.term_query(FILE_SCHEMA, field, term))]
        )
        return int(self.searcher.search(having, 1, count=True).count)  # type: ignore[attr-defined]  # not in its stub
