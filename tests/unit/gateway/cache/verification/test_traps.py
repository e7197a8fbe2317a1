"""What a semantic cache must never serve: questions that look alike and are others. Generated, and by hand."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench.paraphrases import TRAPS, make_same, make_trap
from draws import examples
from siss.gateway.cache.verify import find_difference, find_doubt
from unit.gateway.cache.verification.pairs import SAME as SAME_BY_HAND
from unit.gateway.cache.verification.pairs import TRAPS as TRAPS_BY_HAND

ALIKE = 0.999
"""A similarity that would fool any threshold: only the text can tell."""


@pytest.mark.parametrize("kind", sorted(TRAPS))
@settings(max_examples=examples(40))
@given(seed=st.integers(0, 2**32 - 1))
def test_no_generated_trap_is_served(kind, seed):
    trap = make_trap(kind, random.Random(seed))
    assert find_doubt(trap.left, trap.right, ALIKE, 0.5), (trap.left, trap.right)


@given(seed=st.integers(0, 2**32 - 1))
def test_another_wording_of_the_same_is_served(seed):
    pair = make_same(random.Random(seed))
    assert find_doubt(pair.left, pair.right, ALIKE, 0.5) == "", (pair.left, pair.right)


OTHERS = [
    ("Which log belongs to order 4711?", "Which log belongs to order 4171?"),
    ("Where is order #A-1029?", "Where is order #A-1092?"),
    ("How do I not lose data?", "How do I lose data?"),
    ("Is the share mounted?", "Is the share not mounted?"),
    ("Is the share mounted?", "Isn't the share mounted?"),
    ("Is it safe to delete the logs?", "Is it unsafe to delete the logs?"),
    ("How do I mount the plan?", "How do I mount the plane?"),
    ("Can I use postgres with redis?", "Can I use redis without postgres?"),
    ("How do I turn on compression?", "How do I turn off compression?"),
    ("Who can read but not write the share?", "Who can write but not read the share?"),
    ("Convert 5 km to miles", "Convert 5 miles to km"),
    ("Is 5 GB enough?", "Is 5 GiB enough?"),
    ("Is 5 GB enough?", "Is 5GB enough for 2 users?"),
    ("Does it take 10 ms?", "Does it take 10 s?"),
    ("Is 20 \u00b0C too hot?", "Is 20 \u00b0F too hot?"),
    ("Does it cost $5?", "Does it cost \u20ac5?"),
    ("What is new in Python 3.11?", "What is new in Python 3.12?"),
    ("What is new in v2?", "What is new in v2.1?"),
    ("What runs at 10:30?", "What runs at 10:20?"),
    ("What happened on 3 May?", "What happened on 3 March?"),
    ("What happened on 2024-01-02?", "What happened on 2024-02-01?"),
    ("Is /etc/passwd readable?", "Is /etc/shadow readable?"),
    ("What does `tar -x` do?", "What does `tar -c` do?"),
    ("What does the option -v do?", "What does the option -V do?"),
    ('What does "access denied" mean?', 'What does "access refused" mean?'),
    ("Who is alice@example.com?", "Who is bob@example.com?"),
    ("What is https://example.com/a?", "What is https://example.com/b?"),
    ("Who owns Alice's laptop?", "Who owns Bob's laptop?"),
    ("Is Alice taller than Bob?", "Is Bob taller than Alice?"),
    ("How old is my daughter's teacher?", "How old is my teacher's daughter?"),
    ("Who is the manager of Alice's assistant?", "Who is the assistant of Alice's manager?"),
    ("Was the report of Alice approved by Bob?", "Did Alice approve the report of Bob?"),
    ("How can the log of Alpha be sent to Beta?", "How do I send the log of Beta to Alpha?"),
    ("Is Alpha included in Beta?", "Does Alpha include Beta?"),
    ("Is the mail relay in the backup server?", "Is the backup server in the mail relay?"),
    ("Does the first node copy to the second node?", "Does the second node copy to the first node?"),
    ("Is port 80 open and port 443 closed?", "Is port 443 open and port 80 closed?"),
    ("Translate 'dog' from English to German", "Translate 'dog' from German to English"),
    (
        "What happens if the primary fails before the replica?",
        "What happens if the replica fails before the primary?",
    ),
    ("Set the timeout to 5 and the retries to 3", "Set the timeout to 3 and the retries to 5"),
    ("Which users like tea but hate coffee?", "Which users like coffee but hate tea?"),
    ("Did he pay her?", "Did she pay him?"),
    ("When does the bus leave?", "Where does the bus leave?"),
    ("How many nodes are there?", "How old are the nodes there?"),
    ("Will the job run?", "Did the job run?"),
    ("What is the latest release?", "What is the first release?"),
    ("Is it only for admins?", "Is it for admins?"),
    ("How do I enable caching for the api of the shop?", "How do I enable caching for the database of the shop?"),
    ("How do I rename a plugin in nginx?", "In nginx, how do I audit a plugin?"),
    ("How do I show a share?", "How do I share a share?"),
    ("The mail relay is full.", "The tape library is full."),
    ("Replace A with B", "Replace B with A"),
    ("Why is SISS_PORT set?", "Why is SISS_HOST set?"),
]


@pytest.mark.parametrize(("left", "right"), [*OTHERS, *TRAPS_BY_HAND])
def test_no_pair_that_an_answer_hangs_on_is_served(left, right):
    assert find_difference(left, right)
    assert find_difference(right, left)


SAME = [
    ("How do I restart nginx?", "What is the way to restart nginx?"),
    ("Please tell me how to restart nginx", "How can I restart nginx?"),
    ("How do I delete a user in postgres?", "How can I remove a user in postgres?"),
    ("What's the capital of France?", "What is the capital of France?"),
    ("How do I configure the proxy for git?", "How can git's proxy be configured?"),
    ("Can I run redis on port 6380?", "Is it possible to run redis on port 6380?"),
    ("how to install docker on debian 12", "How do I install Docker on Debian 12?"),
    ("Explain the difference between TCP and UDP.", "What is the difference between TCP and UDP?"),
    ("How do I list all running containers?", "Show me how to list all the running containers."),
    ("In nginx, how do I limit uploads?", "How do I limit uploads in nginx?"),
    ("Was Bob promoted by Alice?", "Did Alice promote Bob?"),
    ("Does the folder include a file?", "Is a file included in the folder?"),
    ("What does \u2018quorum\u2019 mean?", "What does 'quorum' mean?"),
    ("Is 5GB enough?", "Is 5 gigabytes enough?"),
    ("Are two replicas enough?", "Are 2 replicas enough?"),
]


@pytest.mark.parametrize(("left", "right"), [*SAME, *SAME_BY_HAND])
def test_harmless_differences_are_none(left, right):
    assert find_difference(left, right) == ""
    assert find_difference(right, left) == ""


FOREIGN = [
    (
        "Der Server im alten B\u00fcro l\u00e4uft jetzt mit neuer Software und ist schnell.",
        "Der Server im neuen B\u00fcro l\u00e4uft jetzt mit alter Software und ist schnell.",
    ),
    ("Der Server l\u00e4uft mit neuer Software und schnell.", "Der Server steht nicht mit alter Hardware und langsam."),
    ("\u8bf7\u95ee \u670d\u52a1\u5668 A \u542f\u52a8\u4e86\u5417 \u6570\u636e \u597d", "\u8bf7\u95ee \u670d\u52a1\u5668 A \u505c\u6b62\u4e86\u5417 \u6570\u636e \u574f"),
    ("\u0421\u0435\u0440\u0432\u0435\u0440 \u0432\u043a\u043b\u044e\u0447\u0435\u043d", "\u0421\u0435\u0440\u0432\u0435\u0440 \u0432\u044b\u043a\u043b\u044e\u0447\u0435\u043d"),
]  # fmt: skip


@pytest.mark.parametrize(("left", "right"), FOREIGN)
def test_what_is_not_english_answers_only_itself(left, right):
    assert find_difference(left, right)
    assert find_difference(left, left.replace(".", " .").upper()) == ""
