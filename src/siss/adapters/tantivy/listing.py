"""Lists in the order of a field, a page at a time, one hit a content.

A content with several matching files stands where the first of them stands; the others' places stay empty. Whether a
file is the first is asked of the index for each page, so that pages need no memory of each other: nothing comes twice
and nothing is missing, however the pages are cut.

The engine orders by one field only and leaves ties in the order of its disk. So a page is made of runs of equal
values: a run that the page begins or ends in is read again in the order of file ids.
"""

from dataclasses import dataclass
from typing import Final

from tantivy import Occur, Order, Query

from siss.adapters.tantivy.candidates import Candidate, Groups, read_files
from siss.adapters.tantivy.chunks import best_chunks
from siss.adapters.tantivy.compile import Compiler, Found, one_of
from siss.adapters.tantivy.filters import number_range, quiet
from siss.adapters.tantivy.schema import FILE_SCHEMA, NAME_KEYS, PATH_KEYS, sort_keys
from siss.index.plan import Tree
from siss.model.hit import EngineHit
from siss.model.ids import ContentId, FileId, Generation
from siss.model.query import Sort, SortField

Value = int | str
Place = tuple[Value, int]

_COLUMNS: Final = {
    SortField.NAME: "name_key",
    SortField.PATH: "path",
    SortField.SIZE: "size",
    SortField.MODIFIED: "modified",
    SortField.INDEXED: "indexed",
}
_KEYS: Final = {"name_key": ("name", NAME_KEYS), "path": ("path", PATH_KEYS)}
_MOST_READ: Final = 10_000
_MOST_COPIES: Final = 10_000


@dataclass(frozen=True, slots=True)
class _Entry:
    value: Value
    file: Candidate

    @property
    def place(self) -> Place:
        return self.value, self.file.file_id


def list_sorted(
    compiler: Compiler, tree: Tree, found: Found, sort: Sort, limit: int, after: Place | None
) -> list[EngineHit]:
    """The next ``limit`` contents of the list."""
    walk = _Walk(compiler, found, _COLUMNS[sort.field], sort.descending)
    entries = walk.page(limit, after)
    groups = walk.files_of(entries)
    places = best_chunks(compiler, tree, (entry.file for entry in entries))
    return [
        EngineHit(
            content_id=None if entry.file.content_id is None else ContentId(entry.file.content_id),
            content_generation=(
                None if entry.file.content_generation is None else Generation(entry.file.content_generation)
            ),
            files=tuple((FileId(file.file_id), Generation(file.generation)) for file in groups[entry.file.group]),
            chunk_seq=places[entry.file.content_id][1] if entry.file.content_id in places else None,
            score=0.0,
            sort_value=entry.value,
        )
        for entry in entries
    ]


@dataclass(frozen=True, slots=True)
class _Walk:
    compiler: Compiler
    found: Found
    column: str
    descending: bool

    def page(self, limit: int, after: Place | None) -> list[_Entry]:
        """The next files that are the first of their content."""
        page: list[_Entry] = []
        asked = limit
        while len(page) < limit:
            entries = self._next(asked, after)
            firsts = {group: files[0].file_id for group, files in self.files_of(entries).items()}
            page += [entry for entry in entries if firsts[entry.file.group] == entry.file.file_id]
            if len(entries) < asked:
                break
            after = entries[-1].place
            asked = min(4 * asked, _MOST_READ)  # many copies of one content may stand in a row
        return page[:limit]

    def files_of(self, entries: list[_Entry]) -> Groups:
        """All matching files of the entries' contents, in the list's order."""
        contents = {entry.file.content_id for entry in entries if entry.file.content_id is not None}
        copies = self._read(one_of("content_id", contents), _MOST_COPIES, self.column) if contents else []
        groups: Groups = {}
        for entry in self._in_order([*copies, *(entry for entry in entries if entry.file.content_id is None)]):
            groups.setdefault(entry.file.group, []).append(entry.file)
        return groups

    def _next(self, count: int, after: Place | None) -> list[_Entry]:
        """The next ``count`` files, fewer at the end."""
        entries = self._run(after[0], after[1], count) if after is not None else []
        needed = count - len(entries)
        if needed <= 0:
            return entries[:count]
        later = self._beyond(after[0] if after is not None else None, needed + 1)
        if len(later) <= needed:
            return entries + self._in_order(later)
        cut = later[-1].value  # of this run, and only of it, there may be more than was read
        entries += self._in_order([entry for entry in later if entry.value != cut])
        if len(entries) < count:
            entries += self._run(cut, None, count - len(entries))
        return entries[:count]

    def _run(self, value: Value, after_id: int | None, count: int) -> list[_Entry]:
        """Files with one value, by file id."""
        if isinstance(value, str):
            same = quiet(Query.term_query(FILE_SCHEMA, self.column, value))
        else:
            same = number_range(FILE_SCHEMA, self.column, value, value + 1)
        later = number_range(FILE_SCHEMA, "file_id", None if after_id is None else after_id + 1, None)
        both = Query.boolean_query([(Occur.Must, same), (Occur.Must, later)])
        return [_Entry(value, entry.file) for entry in self._read(both, count, "file_id", Order.Asc)]

    def _beyond(self, value: Value | None, count: int) -> list[_Entry]:
        """Files after a value, in order but for ties: ``count`` of them, fewer at the end."""
        if value is None:
            return self._read(quiet(Query.all_query()), count, self.column)
        if isinstance(value, int):
            lower, upper = (None, value) if self.descending else (value + 1, None)
            return self._read(number_range(FILE_SCHEMA, self.column, lower, upper), count, self.column)
        same, later = self._compared(value)
        entries = self._within(same, value, count)
        if len(entries) < count:
            entries += self._read(later, count - len(entries), self.column)
        return entries

    def _within(self, same: Query, value: str, count: int) -> list[_Entry]:
        """Files after a text among those that begin as it does, which are few unless folders' names are very long."""
        asked = 4 * count
        while True:
            read = self._read(same, asked, self.column)
            found = [entry for entry in read if self._is_later(entry.value, value)]
            if len(found) >= count or len(read) < asked:
                return found[:count]
            asked *= 4

    def _compared(self, value: str) -> tuple[Query, Query]:
        """Texts whose first bytes are the same, and those whose first bytes come later."""
        name, count = _KEYS[self.column]
        equal: list[tuple[Occur, Query]] = []
        later: list[tuple[Occur, Query]] = []
        for at, key in enumerate(sort_keys(value, count)):
            lower, upper = (None, key) if self.descending else (key + 1, None)
            beyond = number_range(FILE_SCHEMA, f"{name}_{at}", lower, upper)
            later.append((Occur.Should, Query.boolean_query([*equal, (Occur.Must, beyond)])))
            equal.append((Occur.Must, number_range(FILE_SCHEMA, f"{name}_{at}", key, key + 1)))
        return Query.boolean_query(equal), Query.boolean_query(later)

    def _is_later(self, value: Value, than: str) -> bool:
        left, right = str(value).encode(errors="surrogateescape"), than.encode(errors="surrogateescape")
        return left < right if self.descending else left > right

    def _read(self, query: Query, count: int, column: str, order: Order | None = None) -> list[_Entry]:
        order = order or (Order.Desc if self.descending else Order.Asc)
        both = Query.boolean_query([(Occur.Must, self.found.everything), (Occur.Must, query)])
        searcher = self.compiler.snapshot.files
        hits = searcher.search(both, count, count=False, order_by_field=column, order=order).hits
        files = read_files(searcher, [(0.0, address) for _, address in hits])
        return [_Entry(value, file) for (value, _), file in zip(hits, files, strict=True)]

    def _in_order(self, entries: list[_Entry]) -> list[_Entry]:
        by_id = sorted(entries, key=lambda entry: entry.file.file_id)
        return sorted(by_id, key=lambda entry: entry.value, reverse=self.descending)
