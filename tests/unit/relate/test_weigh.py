"""What shared things weigh."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.model.entity import Confidence, EntityType, Name
from siss.model.ids import ContentId
from siss.model.relationship import RelationshipKind
from siss.ports.relationships import CommonName
from siss.relate.weigh import combine, rarity, tie_names

A, B, C = ContentId(1), ContentId(2), ContentId(3)


def common(kind: EntityType, value: str, *others: int, sure: Confidence = Confidence.HIGH) -> CommonName:
    return CommonName(Name(kind, value), sure, dict.fromkeys(map(ContentId, others), Confidence.HIGH))


def test_rarity_is_that_of_adamic_and_adar():
    assert [rarity(contents) for contents in (1, 2, 4, 16)] == [1, 1, 0.5, 0.25]


@given(st.lists(st.floats(0, 1), max_size=20), st.floats(0, 1))
def test_more_never_makes_less_sure(weights, more):
    assert 0 <= combine(weights) <= combine([*weights, more]) <= 1


def test_kinds():
    names = [
        common(EntityType.HOSTNAME, "a", 2),
        common(EntityType.IP_ADDRESS, "10.0.0.1", 2),
        common(EntityType.CREDENTIAL_REF, "PGPASSWORD", 2),
        common(EntityType.URL, "http://a/", 3),
        common(EntityType.URL, "/index.html", 3),
        common(EntityType.USERNAME, "alice", 4),
    ]
    ties = {(tie.other, tie.kind): [one.name.value for one in tie.shared] for tie in tie_names(names)}
    assert ties == {
        (2, RelationshipKind.SAME_HOST): ["10.0.0.1", "a"],
        (2, RelationshipKind.SHARED_CREDENTIALS): ["PGPASSWORD"],
        (2, RelationshipKind.SHARED_ENTITIES): ["10.0.0.1", "PGPASSWORD", "a"],
        (3, RelationshipKind.SAME_SERVICE): ["http://a/"],
        (3, RelationshipKind.SHARED_ENTITIES): ["/index.html", "http://a/"],
    }


def test_what_is_rare_comes_first_and_counts_both_files():
    (tie,) = [
        tie
        for tie in tie_names([common(EntityType.HOSTNAME, "often", 2, 3, 4), common(EntityType.HOSTNAME, "rare", 2)])
        if (tie.other, tie.kind) == (2, RelationshipKind.SAME_HOST)
    ]
    assert [(one.name.value, one.contents) for one in tie.shared] == [("rare", 2), ("often", 4)]


def test_what_is_unsure_weighs_less():
    sure, unsure = (
        tie_names([common(EntityType.HOSTNAME, "a", 2, sure=confidence)])[0].confidence
        for confidence in (Confidence.HIGH, Confidence.LOW)
    )
    assert (sure, unsure) == pytest.approx((0.9, 0.45))
