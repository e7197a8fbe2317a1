"""Numbers over the whole index: few passes over the tables, folded here."""

from collections import Counter
from datetime import UTC, datetime
from typing import Final

from siss.adapters.postgres.database import Database
from siss.adapters.postgres.scopes import scope_values
from siss.adapters.postgres.statements import load_statements
from siss.model.file import FileStatus
from siss.model.principal import Principal, Role
from siss.model.stats import CorpusStats, RootStatus

SQL: Final = load_statements("catalog")
_UNKNOWN: Final = "unknown"


async def count_corpus(database: Database, principal: Principal) -> CorpusStats:
    """Counts over what a principal may see; missing files stand in ``by_status`` alone."""
    values = scope_values(principal)
    statuses: Counter[str] = Counter()
    mimes: Counter[str] = Counter()
    kinds: Counter[str] = Counter()
    extents: Counter[str] = Counter()
    of_root: Counter[int] = Counter()
    size = 0
    for status, mime, kind, extent, root_id, count, total in await database.rows(
        SQL["count_groups"], values, plan=True
    ):
        statuses[status] += count
        if status != FileStatus.MISSING:
            mimes[mime or _UNKNOWN] += count
            kinds[kind or _UNKNOWN] += count
            extents[extent] += count
            of_root[root_id] += count
            size += int(total)
    contents = await database.row(SQL["count_contents"], values, plan=True)
    assert contents is not None
    reasons = dict(await database.rows(SQL["count_reasons"], values, plan=True))
    skipped = dict(await database.rows(SQL["count_skipped"], values | {"below": ""}, plan=True))
    hidden = await database.row(SQL["count_hidden"], values | {"hidden": True})
    assert hidden is not None
    roots = [
        RootStatus(shown, state, watch, reason, of_root[root_id], last_scan_at)
        for root_id, shown, state, watch, reason, last_scan_at in await database.rows(SQL["root_statuses"])
        if of_root[root_id] or principal.may_see(shown)
    ]
    return CorpusStats(
        files=of_root.total(),
        bytes=size,
        contents=contents[0],
        chunks=contents[1],
        text_bytes=contents[2],
        by_status=_ranked(statuses),
        by_mime=_ranked(mimes),
        by_kind=_ranked(kinds),
        by_extent=_ranked(extents),
        by_reason=_ranked(Counter(reasons)),
        skipped=_ranked(Counter(skipped)),
        roots=tuple(roots),
        hidden=hidden[0] if principal.role is Role.ADMIN else 0,
        counted_at=datetime.now(UTC),
    )


def _ranked(counts: Counter[str]) -> dict[str, int]:
    return dict(sorted(counts.items(), key=lambda pair: (-pair[1], pair[0])))
