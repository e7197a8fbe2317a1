import pytest

from siss.model.entity import EntityType, Name
from siss.model.ids import ContentId
from siss.model.relationship import RelationshipKind, SharedThing, Tie
from siss.relate.describe import describe_tie


def shared(*named: tuple[EntityType, str, int]) -> tuple[SharedThing, ...]:
    return tuple(SharedThing(Name(sort, value), contents) for sort, value, contents in named)


@pytest.mark.parametrize(
    ("kind", "things", "said"),
    [
        ("references_same_host", [("hostname", "a", 2)], "Both name a, as no other file does."),
        ("references_same_host", [("hostname", "a", 3)], "Both name a, as one other does."),
        ("references_same_host", [("hostname", "a", 9)], "Both name a, as 7 others do."),
        (
            "shares_entities",
            [("uuid", name, 2) for name in "abcde"],
            "Both name a, b, c and 2 more; no other file names a.",
        ),
        ("references_same_host", [("hostname", "a", 4), ("hostname", "b", 5)], "Both name a, b; 2 others name a."),
        ("references_same_service", [("hostname", "a", 3), ("port", "80", 3)], "Both name a:80, as one other does."),
        ("references_same_service", [("url", "http://a", 2)], "Both name http://a, as no other file does."),
        (
            "references_same_service",
            [("url", "http://a", 2), ("url", "http://b", 2), ("url", "http://c", 2)],
            "Both name http://a, http://b, http://c; no other file names http://a.",
        ),
        (
            "references_same_service",
            [("hostname", "a", 3), ("port", "80", 3), ("hostname", "b", 3), ("port", "81", 3)],
            "Both name a:80, b:81; one other names a:80.",
        ),
    ],
)
def test_what_two_files_share_is_told_in_a_sentence(kind: str, things: list[tuple[str, str, int]], said: str):
    tie = Tie(
        RelationshipKind(kind),
        ContentId(1),
        0.5,
        shared=shared(*((EntityType(sort), value, contents) for sort, value, contents in things)),
    )
    assert describe_tie(tie) == said
