"""What maintenance needs of the database."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from siss.model.coverage import Gap
from siss.model.ids import FileId
from siss.model.maintenance import StoredHash, Task, TaskRun, Vacuumed


class Maintenance(Protocol):
    """Raises ``DatabaseUnavailableError``."""

    async def runs(self) -> Mapping[Task, TaskRun]:
        """The last run of each task that ever ran."""
        ...

    async def record(self, run: TaskRun) -> None:
        """Keep how a task went, in place of its last run. Without ``succeeded_at`` the former one stays."""
        ...

    async def vacuum(self) -> Vacuumed:
        """Vacuum and analyse every table, and build indexes anew that take much more room than they need.

        Nobody who reads or writes waits for it.
        """
        ...

    async def forget_jobs(self, ended_before: datetime) -> int:
        """Delete jobs that ended before a time, well or not; returns how many."""
        ...

    async def sample_hashes(self, share: float) -> Sequence[StoredHash]:
        """A random share (0 to 1) of the files that can be compared, at least one, and all that are damaged.

        These are files of roots that can be read, whose hash is known and that are as they were indexed.
        """
        ...

    async def set_damaged(self, file_id: FileId, detail: str | None) -> None:
        """Put bit rot on a file's ledger, or (None) take it off. Reading the file again takes it off, too."""
        ...

    async def note_unread(self, file_id: FileId, gap: Gap) -> None:
        """Put on a file's ledger that it cannot be read any more, and since when. Reading it takes it off."""
        ...

    async def written(self) -> int:
        """A number that grows with everything that is written to the index, and never goes back."""
        ...

    async def upkeep_mark(self) -> str | None:
        """What the last upkeep that came to its end noted."""
        ...

    async def note_upkeep(self, mark: str) -> None:
        """Keep the mark of an upkeep that came to its end."""
        ...
