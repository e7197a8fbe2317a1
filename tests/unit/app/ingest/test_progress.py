"""What counts as indexed: the metric of that name says no more than is true."""

from siss.app.ingest.progress import Progress
from siss.model.file import FileStat
from siss.model.ids import FileId
from siss.model.ingest import FileOutcome, Outcome


def test_only_what_changed_counts_as_indexed():
    progress = Progress()
    progress.count([FileOutcome(FileId(1), outcome, FileStat(10, 1, 1, 1)) for outcome in Outcome])
    assert (progress.indexed, progress.unchanged, progress.failed) == (3, 2, 1)
    assert progress.written == 5, "what went is a change too"
    assert progress.outcomes == dict.fromkeys(Outcome, 1)
