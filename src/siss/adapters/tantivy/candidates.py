"""Files that match, as numbers read from the index, and what they have in common."""

from typing import Final, NamedTuple

import tantivy

_FIELDS: Final = ("file_id", "generation", "content_id", "content_generation")


class Candidate(NamedTuple):
    """A matching file. A tuple, because a question has hundreds."""

    score: float
    file_id: int
    generation: int
    content_id: int | None
    content_generation: int | None

    @property
    def group(self) -> int:
        """Its content; where it has none itself, as a negative number."""
        return -self.file_id if self.content_id is None else self.content_id


Groups = dict[int, list[Candidate]]


def read_files(searcher: tantivy.Searcher, hits: list[tuple[float, tantivy.DocAddress]]) -> list[Candidate]:
    """The files of these hits, in their order."""
    if not hits:
        return []
    scores, addresses = zip(*hits, strict=True)
    found = list(addresses)
    return list(map(Candidate, scores, *(searcher.fast_field_values(name, found) for name in _FIELDS)))


def group_files(candidates: list[Candidate]) -> Groups:
    """The files of each content, best first; contents in the order of their best files."""
    groups: Groups = {}
    for candidate in sorted(candidates, key=_best_first):
        group = candidate.group
        if group in groups:
            groups[group].append(candidate)
        else:
            groups[group] = [candidate]
    return groups


def _best_first(candidate: Candidate) -> tuple[float, int]:
    return -candidate[0], candidate[1]
