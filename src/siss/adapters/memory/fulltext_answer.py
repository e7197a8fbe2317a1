"""One question, answered by looking at every file: as asked, and where that finds next to nothing, relaxed."""

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

from siss.adapters.memory.fulltext_match import HeldFile, State, chunk_weight, in_scope, leaf_weight, matches
from siss.index.expand import PREFIX_LIMIT
from siss.index.plan import PhraseLeaf, Tree, WordLeaf, leaves, plan_query, rows_of
from siss.index.relax import ENOUGH, relaxations
from siss.index.wildcards import wild_terms
from siss.model.hit import EngineAnswer, EngineHit, FacetCount
from siss.model.query import FacetField, Query, Sort, SortField
from siss.ports.fulltext import MOST_COUNTED, EngineRequest


@dataclass(frozen=True, slots=True)
class StateVocabulary:
    """Keeps ``siss.index.expand.Vocabulary`` over what is shown."""

    counts: Counter[str]

    def starting_with(self, prefix: str, limit: int) -> list[tuple[str, int]]:
        """Terms with a prefix and how many files have them, most frequent first."""
        found = [(term, count) for term, count in self.counts.items() if term.startswith(prefix)]
        return sorted(found, key=lambda item: (-item[1], item[0]))[:limit]

    def frequency(self, term: str) -> int:
        """How many files have a term."""
        return self.counts[term]


@dataclass(frozen=True, slots=True)
class _Listed:
    """A matching file. ``value``: what the list is sorted by."""

    file: HeldFile
    score: float
    value: int | str

    @property
    def group(self) -> tuple[bool, int]:
        content_id = self.file.document.content_id
        return (True, self.file.document.file_id) if content_id is None else (False, content_id)


def answer(state: State, request: EngineRequest) -> EngineAnswer:
    """Hits, totals, facets and the words to mark."""
    query = request.query
    seen = [file for file in state.files.values() if request.scopes is None or in_scope(file, request.scopes)]
    tree = plan_query(query)
    files = [file for file in seen if matches(state, file, tree)]
    hits = _hits(state, files, tree, request)
    total, counted, marked, relaxed = len(files), files, tree, False
    ranked = query.sort.field is SortField.RELEVANCE
    vocabulary = StateVocabulary(_count_terms(seen))
    if total == 0 or (ranked and len(hits) < min(ENOUGH, request.limit)):
        for looser in relaxations(tree, query, vocabulary, len(seen)):
            more = [file for file in seen if matches(state, file, looser)]
            known = {_identity(hit) for hit in hits}
            fresh = [hit for hit in _hits(state, more, looser, request) if _identity(hit) not in known]
            if fresh:
                hits = (hits + [replace(hit, relaxed=True) for hit in fresh])[: request.limit]
                marked, relaxed = looser, True
            if total == 0:
                counted = more
            if len(hits) >= min(ENOUGH, request.limit):
                break
        total = len(counted)
    return EngineAnswer(
        hits=tuple(hits),
        total=total,
        facets=_facets(counted, request) if query.facets else None,
        highlights=_marked(marked, vocabulary) if query.highlight else (),
        phrases=tuple(rows_of(marked)) if query.highlight else (),
        relaxed=relaxed,
    )


def _hits(state: State, files: Sequence[HeldFile], tree: Tree, request: EngineRequest) -> list[EngineHit]:
    sort = request.query.sort
    listed = [_Listed(file, _score(state, file, tree), _sort_value(file, sort)) for file in files]
    groups: dict[tuple[bool, int], list[_Listed]] = {}
    for entry in _in_order(listed, sort):
        groups.setdefault(entry.group, []).append(entry)
    hits: list[EngineHit] = []
    for group in groups.values():
        first = group[0]
        if request.after is None or _is_after(first, request.after, sort):
            hits.append(_hit(state, group, tree, request.query))
        if len(hits) == request.limit:
            break
    return hits


def _hit(state: State, group: list[_Listed], tree: Tree, query: Query) -> EngineHit:
    first = group[0]
    document = first.file.document
    best: tuple[float, int] | None = None
    for held in state.chunks_of(first.file):
        weight = chunk_weight(held, tree)
        if weight and (best is None or weight > best[0]):
            best = weight, held.chunk.seq
    return EngineHit(
        content_id=document.content_id,
        content_generation=document.content_generation,
        files=tuple((entry.file.document.file_id, entry.file.document.generation) for entry in group),
        chunk_seq=best[1] if best else None,
        score=first.score,
        sort_value=None if query.sort.field is SortField.RELEVANCE else first.value,
        explanation={"file": first.score, "chunk": best[0] if best else 0.0} if query.explain else None,
    )


def _score(state: State, file: HeldFile, tree: Tree) -> float:
    weights = [leaf_weight(state, file, leaf) for leaf in leaves(tree) if isinstance(leaf, WordLeaf | PhraseLeaf)]
    together = max([chunk_weight(held, tree) or 0.0 for held in state.chunks_of(file)], default=0.0)
    return sum(weights) + together / 2


def _sort_value(file: HeldFile, sort: Sort) -> int | str:
    document = file.document
    match sort.field:
        case SortField.NAME:
            return file.labels.name_key
        case SortField.PATH:
            return file.labels.path
        case SortField.SIZE:
            return document.size
        case SortField.MODIFIED:
            return document.modified_us
        case SortField.INDEXED:
            return document.indexed_us
        case _:
            return 0


def _in_order(listed: list[_Listed], sort: Sort) -> list[_Listed]:
    by_id = sorted(listed, key=lambda entry: entry.file.document.file_id)
    if sort.field is SortField.RELEVANCE:
        return sorted(by_id, key=lambda entry: -entry.score)
    return sorted(by_id, key=lambda entry: entry.value, reverse=sort.descending)


def _is_after(entry: _Listed, after: tuple[int | str, int], sort: Sort) -> bool:
    value, file_id = after
    if entry.value == value:
        return entry.file.document.file_id > file_id
    return (entry.value < value) if sort.descending else (entry.value > value)  # type: ignore[operator]


def _facets(files: Sequence[HeldFile], request: EngineRequest) -> dict[FacetField, tuple[FacetCount, ...]]:
    facets: dict[FacetField, tuple[FacetCount, ...]] = {}
    for facet in request.query.facets:
        counts = Counter(value for file in files for value in {*_facet_values(file, facet)} if value)
        most = MOST_COUNTED if facet is FacetField.SCHEMA_ID else request.facet_limit
        ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:most]
        facets[facet] = tuple(FacetCount(value, count) for value, count in ordered)
    return facets


def _facet_values(file: HeldFile, facet: FacetField) -> tuple[str, ...]:
    labels, content = file.labels, file.document.content_id
    values = {
        FacetField.MIME: (labels.mime,),
        FacetField.KIND: (labels.kind,),
        FacetField.TAGS: labels.tags,
        FacetField.EXT: (labels.ext,),
        FacetField.FOLDER: (labels.parent,),
        FacetField.LEVEL: labels.levels,
        FacetField.SCHEMA_ID: () if content is None else (str(content),),
    }
    return values.get(facet, ())


def _count_terms(files: Sequence[HeldFile]) -> Counter[str]:
    counts: Counter[str] = Counter()
    for file in files:
        name = next(file.lines())
        counts.update({term for words in file.parts for term in words.tokens} | set(name.tokens))
    return counts


def _marked(tree: Tree, vocabulary: StateVocabulary) -> tuple[str, ...]:
    marked: dict[str, None] = {}
    for leaf in leaves(tree):
        if isinstance(leaf, WordLeaf) and leaf.wild:
            marked.update(dict.fromkeys(wild_terms(leaf.wild, vocabulary)))
        if isinstance(leaf, WordLeaf) and leaf.word.simple:
            marked[leaf.word.tokens[0]] = None
            if leaf.prefix:
                longer = vocabulary.starting_with(leaf.word.tokens[0], PREFIX_LIMIT)
                marked.update(dict.fromkeys(term for term, _ in longer))
            marked.update(dict.fromkeys(term for term, _ in leaf.alternatives))
    return tuple(marked)


def _identity(hit: EngineHit) -> tuple[bool, int]:
    return (True, hit.files[0][0]) if hit.content_id is None else (False, hit.content_id)
