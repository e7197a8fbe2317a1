from siss.index.plan import (
    All,
    ChunkTest,
    FileTest,
    No,
    PhraseLeaf,
    Some,
    WordLeaf,
    adjacent_words,
    leave_out,
    leaves,
    plan_query,
    respell,
    rows_of,
)
from siss.model.query import And, Field, Match, Node, Not, Or, Phrase, Query, Range, Word


def plan(where: Node | None, last_is_prefix: bool = False) -> object:
    return plan_query(Query(where, last_is_prefix=last_is_prefix))


LEVEL = Match(Field.LEVEL, "error")
TIME = Range(Field.TIME, 1, 2)
TAG = Match(Field.TAG, "x")


def test_no_question_asks_for_every_file() -> None:
    assert plan(None) == All(())
    assert plan(And((Word("!"), Not(Word("?"))))) == All(())


def test_filters_on_chunks_hold_together() -> None:
    assert plan(And((LEVEL, TAG, And((TIME,))))) == All((FileTest(TAG), ChunkTest((LEVEL, TIME))))
    assert plan(Or((LEVEL, TIME))) == Some((ChunkTest((LEVEL,)), ChunkTest((TIME,))))
    assert plan(And((LEVEL, Not(TIME)))) == All((No(ChunkTest((TIME,))), ChunkTest((LEVEL,))))


def test_a_phrase_of_one_word_is_that_word_as_it_stands() -> None:
    leaf = plan(Phrase("Error."), last_is_prefix=True)
    assert isinstance(leaf, WordLeaf)
    assert (leaf.exact, leaf.prefix, leaf.word.tokens) == (True, False, ("error",))
    assert respell(leaf, lambda _: (("errors", 0.9),)) == leaf
    assert plan(Phrase("a b")) == PhraseLeaf(("a", "b"))


def test_only_the_last_word_is_open() -> None:
    def opened(where: Node) -> list[bool]:
        tree = plan_query(Query(where, last_is_prefix=True))
        return [leaf.prefix for leaf in leaves(tree) if isinstance(leaf, WordLeaf)]

    assert opened(Word("conn")) == [True]
    assert opened(Word("co")) == [False]
    assert opened(Word("1234")) == [False]
    assert opened(Word("10.0.1.5")) == [False]
    assert opened(And((Word("alpha"), Word("beta")))) == [False, True]
    assert opened(And((Word("alpha"), TAG))) == [True]
    assert opened(And((Word("alpha"), Phrase("beta gamma")))) == [False]
    assert opened(And((Word("alpha"), Not(Word("beta"))))) == [True]
    assert opened(Or((Word("alpha"), And((Word("beta"), Word("gamma")))))) == [False, False, True]


def test_respelling_keeps_not_and_filters() -> None:
    tree = plan_query(Query(And((Word("alpha"), Not(Word("beta")), TAG)), last_is_prefix=False))
    spelt = respell(tree, lambda token: ((f"{token}x", 0.5),))
    assert isinstance(spelt, All)
    assert [leaf.alternatives for leaf in leaves(spelt) if isinstance(leaf, WordLeaf)] == [(("alphax", 0.5),)]
    assert spelt.nodes[1:] == tree.nodes[1:]  # type: ignore[union-attr]


def test_leaving_out() -> None:
    tree = plan_query(Query(And((Word("the"), Word("pump"), Word("two-stage"), TAG)), last_is_prefix=False))
    looser = leave_out(tree, lambda leaf: leaf.word.tokens == ("the",))
    assert isinstance(looser, All)
    words, test = looser.nodes
    assert isinstance(words, Some)
    assert [leaf.word.tokens for leaf in words.nodes if isinstance(leaf, WordLeaf)] == [
        ("pump",),
        ("two",),
        ("stage",),
    ]
    assert test == FileTest(TAG)
    assert leave_out(plan_query(Query(Word("alone"))), lambda _: False) is None
    assert leave_out(plan_query(Query(And((Phrase("a b"), Word("one"))))), lambda _: False) is None


def test_rows_and_neighbours() -> None:
    tree = plan_query(Query(And((Word("red"), Word("green"), Word("db-01"), Phrase("x y"))), last_is_prefix=False))
    assert rows_of(tree) == (("db", "01"), ("x", "y"))
    assert adjacent_words(tree) == [("red", "green")]
