"""The words of the file index, in its own dictionaries: nothing of them is kept in memory."""

from dataclasses import dataclass

import tantivy


@dataclass(frozen=True, slots=True)
class IndexVocabulary:
    """Keeps ``siss.index.expand.Vocabulary`` over the words of contents and of names."""

    searcher: tantivy.Searcher

    def starting_with(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """Terms with a prefix and how many file documents have them, most frequent first."""
        found = dict(self.searcher.terms_with_prefix("terms", prefix, None, limit))
        for term, count in self.searcher.terms_with_prefix("name", prefix, None, limit):
            found[term] = max(count, found.get(term, 0))
        return sorted(found.items(), key=lambda item: (-item[1], item[0]))[:limit]

    def frequency(self, term: str) -> int:
        """How many file documents have a term."""
        return max(self.searcher.doc_freq("terms", term), self.searcher.doc_freq("name", term))
