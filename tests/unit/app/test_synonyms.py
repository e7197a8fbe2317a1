"""Queries with the synonyms of their words."""

from datetime import UTC, datetime

import pytest

from siss.adapters.memory.synonyms import MemorySynonyms
from siss.app.synonyms import key_of, with_synonyms
from siss.model.query import And, Field, Match, Node, Not, Or, Phrase, Word
from siss.model.synonym import Synonym, SynonymSource


async def told(**said: list[str]) -> MemorySynonyms:
    kept = MemorySynonyms()
    for term, others in said.items():
        made = Synonym(term.replace("_", " "), tuple(others), False, SynonymSource.USER, datetime.now(UTC))
        await kept.put(key_of(made.term), made, [key_of(other) for other in others])
    return kept


K8S = Or((Word("kubernetes"), Phrase("container platform"), Word("K8s")))


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (None, None),
        (Word("other"), Word("other")),
        (Word("K8s"), K8S),
        (Word("K8s", prefix=True), Word("K8s", prefix=True)),
        (Phrase("K8s"), Phrase("K8s")),
        (Not(Word("K8s")), Not(Word("K8s"))),
        (And((Word("K8s"), Match(Field.MIME, "x"))), And((K8S, Match(Field.MIME, "x")))),
        (Or((Word("K8s"), Word("b"))), Or((K8S, Word("b")))),
        (
            And((Word("load"), Word("balancer"), Word("down"))),
            And((Or((Word("haproxy"), And((Word("load"), Word("balancer"))))), Word("down"))),
        ),
        (And((Word("load"), Word("balancer"))), Or((Word("haproxy"), And((Word("load"), Word("balancer")))))),
        (
            And((Word("load"), Match(Field.EXT, "log"), Word("balancer"))),
            And((Word("load"), Match(Field.EXT, "log"), Word("balancer"))),
        ),
    ],
)
async def test_words_also_mean_their_synonyms(asked: Node | None, expected: Node | None):
    kept = await told(k8s=["kubernetes", "container platform"], load_balancer=["haproxy"])
    assert await with_synonyms(kept, asked) == expected


async def test_a_word_of_a_longer_term_keeps_its_own():
    kept = await told(load=["charge"], load_balancer=["haproxy"])
    found = await with_synonyms(kept, And((Word("load"), Word("balancer"))))
    assert found == Or((Word("haproxy"), And((Or((Word("charge"), Word("load"))), Word("balancer")))))
