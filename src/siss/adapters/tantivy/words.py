"""Words and phrases as engine queries, on files (what matches) and on chunks (what ranks and shows).

The engine gives prefixes and near misses no score, so they are expanded here into the words that exist, the best of
which counts. A rarer word weighs more, so each stand-in is held down to the weight of the commonest: else a rare
misspelling would outrank the word itself.
"""

import math
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Final

import tantivy
from tantivy import Query, Schema

from siss.adapters.tantivy.filters import begins_with, literal_regex, quiet, regex
from siss.adapters.tantivy.schema import CHUNK_SCHEMA, FILE_SCHEMA
from siss.index.expand import PREFIX_LIMIT, STEM_WEIGHT, Vocabulary
from siss.index.plan import WordLeaf
from siss.index.wildcards import wild_terms

_NAME: Final = 1.5
_ABOUT: Final = 0.4
_PART: Final = 0.7
_LONGER: Final = 0.5
_WEIGHED: Final = 10
_FEW: Final = 12
_RARE: Final = 1000
_NEAR: Final = 1.0
_SLOP: Final = 2
_TIE: Final = 0.4
_REST: Final = "(.|\n)*"
_LIKE: Final = 0.2
_ALONE: Final = "[a-z0-9~]*"
"""How idents go on that are no compounds: parts of composed tokens, and tokens that were too long.

Compounds are thousands (``session_id``, ``session-4711``), each with a list of files of its own, and the files that
have them have their first tokens too, which are looked for anyway.
"""
_LETTER: Final = "[^" + literal_regex("._-/:@+~\\") + "]"
"""Of terms, which are letters and digits but for compounds and what is too long."""


@dataclass(frozen=True, slots=True)
class _Expansion:
    """``terms``: with weights, the word itself first; ``whole``: no term with the prefix is missing.

    ``more``: further terms with the prefix, which are marked where they stand but have no weight.
    """

    terms: tuple[tuple[str, float], ...]
    whole: bool = True
    more: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Words:
    """Builds queries over one snapshot of the file index, and remembers which words stood in for which."""

    searcher: tantivy.Searcher
    vocabulary: Vocabulary
    _known: dict[WordLeaf, _Expansion] = field(default_factory=dict)

    def in_content(self, leaf: WordLeaf) -> Query:
        """Files whose content has a word; a compound only where it stands in one piece."""
        if not leaf.word.simple:
            return _best([self.in_one_piece(leaf), *_like(leaf, FILE_SCHEMA, "terms", "ident")])
        expansion = self._expand(leaf)
        clauses = []
        for term, weight in expansion.terms:
            clauses.append(_scaled(_file("terms", term), weight))
            if weight > _LONGER or not leaf.prefix:
                clauses.append(_scaled(_file("ident", term), weight * _PART))
        if leaf.prefix:
            clauses += self._beginning("ident", leaf, _ALONE)
            if expansion.whole:
                clauses += [quiet(_file("terms", term)) for term in expansion.more]
            else:
                clauses.append(_anything("terms", leaf.word.tokens[0]))
        return _best(clauses)

    def in_labels(self, leaf: WordLeaf) -> Query:
        """Files whose name, folders, tags, members or description have a word."""
        tokens = leaf.word.tokens
        if not leaf.word.simple:
            labels = [_phrase(FILE_SCHEMA, name, tokens, open_end=leaf.prefix) for name in ("name", "about")]
            like = _like(leaf, FILE_SCHEMA, "name", "about", "label")
            return _best([_scaled(labels[0], _NAME), _scaled(labels[1], _ABOUT), *like])
        clauses = []
        for term, weight in self._expand(leaf).terms:
            if weight > _LONGER or not leaf.prefix:
                clauses += [
                    _scaled(_file("name", term), weight * _NAME),
                    _scaled(_file("about", term), weight * _ABOUT),
                    _scaled(_file("label", term), weight * _ABOUT),
                ]
        if leaf.prefix:
            clauses += [query for name in ("name", "about", "label") for query in self._beginning(name, leaf)]
        return _best(clauses)

    def _beginning(self, name: str, leaf: WordLeaf, rest: str | None = None) -> list[Query]:
        """What finds the terms of a field that begin with a word: a pattern, or each of a few by itself.

        Looking for a pattern costs as much where there is no such term, which is how it mostly is with rare words.
        ``rest``: a pattern of what may follow a word of ASCII, where not anything may.
        """
        start, expansion = leaf.word.tokens[0], self._expand(leaf)
        if len(expansion.terms) + len(expansion.more) <= _FEW and self.searcher.doc_freq("terms", start) <= _RARE:
            terms = self.searcher.terms_with_prefix(name, start, None, _FEW + 1)
            if len(terms) <= _FEW:
                return [quiet(_file(name, term)) for term, _ in terms]
        if rest is not None and start.isascii():
            return [quiet(regex(FILE_SCHEMA, name, literal_regex(start) + rest))]
        return [_anything(name, start)]

    def row_in_chunk(self, leaf: WordLeaf) -> Query:
        """Chunks with a compound as its words in a row, however it is spelt there."""
        return _phrase(CHUNK_SCHEMA, "body", leaf.word.tokens, open_end=leaf.prefix)

    def ranking_chunks(self, leaf: WordLeaf) -> Query:
        """Chunks with a simple word, or what has a weight in its place."""
        terms = self._expand(leaf).terms
        clauses = [_scaled(Query.term_query(CHUNK_SCHEMA, "body", term), weight) for term, weight in terms]
        clauses += [
            _scaled(Query.term_query(CHUNK_SCHEMA, "parts", term), weight * _PART)
            for term, weight in terms
            if weight > _LONGER or not leaf.prefix
        ]
        return _best(clauses)

    def filling_chunks(self, leaf: WordLeaf) -> Iterator[Query]:
        """Chunks with what matches in place of a word without a weight."""
        if not leaf.word.simple:
            yield from map(quiet, _like(leaf, CHUNK_SCHEMA, "body", "parts"))
            return
        expansion = self._expand(leaf)
        if not expansion.whole:
            yield quiet(begins_with(CHUNK_SCHEMA, "body", leaf.word.tokens[0]))
        elif expansion.more:
            yield quiet(_best([Query.term_query(CHUNK_SCHEMA, "body", term) for term in expansion.more]))

    def marked(self, asked: Iterable[WordLeaf]) -> tuple[str, ...]:
        """The simple words that were asked for, and those that stand in for what was."""
        found: dict[str, None] = {}
        for leaf in asked:
            if leaf.wild:
                found.update(dict.fromkeys(wild_terms(leaf.wild, self.vocabulary)))
            if leaf.word.simple:
                found[leaf.word.tokens[0]] = None
                expansion = self._expand(leaf)
                found.update(dict.fromkeys(term for term, _ in expansion.terms[1:]))
                found.update(dict.fromkeys(expansion.more))
        return tuple(found)

    def in_one_piece(self, leaf: WordLeaf) -> Query:
        """Files with a compound as it is spelt; none where it is too long for that."""
        ident = leaf.word.ident
        if ident is None:
            return Query.empty_query()
        whole = _file("ident", ident)
        return _best([whole, _anything("ident", ident)]) if leaf.prefix else whole

    def _expand(self, leaf: WordLeaf) -> _Expansion:
        known = self._known.get(leaf)
        if known is None:
            known = self._known[leaf] = self._look_up(leaf)
        return known

    def _look_up(self, leaf: WordLeaf) -> _Expansion:
        own = leaf.word.ident or leaf.word.tokens[0]
        weights = {own: 1.0}
        longer: list[str] = []
        if leaf.prefix:
            start = leaf.word.tokens[0]
            longer = [term for term, _ in self.vocabulary.starting_with(start, PREFIX_LIMIT) if term != own]
        weights.update(dict.fromkeys(longer[:_WEIGHED], _LONGER))
        for term, weight in leaf.alternatives:
            weights.setdefault(term, weight)
        if len(weights) == 1:
            return _Expansion(((own, 1.0),))
        # A word and its other forms are one idea, as common as the commonest of them. Longer words and respellings
        # are other ideas: they are held down to the commonest, and the word itself is not.
        forms = {own, *(term for term, weight in leaf.alternatives if weight >= STEM_WEIGHT)}
        total = self.searcher.num_docs
        idfs = {term: _idf(self.searcher.doc_freq("terms", term), total) for term in weights}
        least = min(idfs.values())
        least_form = min(idfs[term] for term in forms)
        held = (
            (term, weight * min(1.0, (least_form if term in forms else least) / idfs[term]))
            for term, weight in weights.items()
        )
        return _Expansion(tuple(held), len(longer) < PREFIX_LIMIT - 1, tuple(longer[_WEIGHED:]))


def phrase_in_chunk(tokens: tuple[str, ...]) -> Query:
    """Chunks with these words in a row."""
    return _phrase(CHUNK_SCHEMA, "body", tokens, open_end=False)


def near_each_other(first: str, second: str) -> Query:
    """Chunks where two words that were asked for side by side stand so, give or take a word between."""
    return _scaled(Query.phrase_query(CHUNK_SCHEMA, "body", [first, second], slop=_SLOP), _NEAR)


def phrase_in_labels(tokens: tuple[str, ...]) -> Query:
    """Files with these words in a row in their name or in one line of what describes them."""
    return _best([_phrase(FILE_SCHEMA, name, tokens, open_end=False) for name in ("name", "about")])


def _phrase(schema: Schema, name: str, tokens: tuple[str, ...], *, open_end: bool) -> Query:
    if open_end:
        patterns: list[str | tuple[int, str]] = [literal_regex(token) for token in tokens[:-1]]
        return Query.regex_phrase_query(schema, name, [*patterns, literal_regex(tokens[-1]) + _REST])
    return Query.phrase_query(schema, name, list(tokens))


def _like(leaf: WordLeaf, schema: Schema, *names: str) -> Iterator[Query]:
    """What finds the terms that a word's wildcards stand for, each below the word as it is written."""
    if leaf.wild:
        pieces = {"*": f"{_LETTER}*", "?": _LETTER}
        pattern = "".join(pieces.get(letter) or literal_regex(letter) for letter in leaf.wild)
        for name in names:
            weight = 2 * _LIKE if name == "name" else _LIKE
            yield Query.const_score_query(regex(schema, name, pattern), weight)


def _file(name: str, term: str) -> Query:
    return Query.term_query(FILE_SCHEMA, name, term)


def _anything(name: str, start: str) -> Query:
    return quiet(begins_with(FILE_SCHEMA, name, start))


def _scaled(query: Query, weight: float) -> Query:
    return query if weight == 1.0 else Query.boost_query(query, weight)


def _best(clauses: list[Query]) -> Query:
    return clauses[0] if len(clauses) == 1 else Query.disjunction_max_query(clauses, _TIE)


def _idf(count: int, total: int) -> float:
    """Weight of a term (Robertson and Sparck Jones, as in BM25 of Lucene); always above zero.

    ``count`` may be more than ``total``: it has documents that are deleted and not merged away yet.
    """
    return math.log1p((max(total - count, 0) + 0.5) / (count + 0.5))
