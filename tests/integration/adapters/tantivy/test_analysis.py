"""The engine cuts a body where the analyser does: a question's tokens are the index's."""

from siss.adapters.tantivy.schema import word_analyser
from siss.index.analyser import chunk_terms, cut_tokens, too_long


def test_the_engine_cuts_and_lowers_as_the_analyser_does() -> None:
    analyser = word_analyser()
    differing = []
    for code in range(0x20, 0x30000):
        if 0xD800 <= code < 0xE000:
            continue
        body = chunk_terms(0, f"a{chr(code)}b {chr(code)}").body
        if analyser.analyze(body) != [token for token in cut_tokens(body) if not too_long(token)]:
            differing.append(code)
    # Letters that one side's edition of Unicode has and the other's has not, and a few circled ones.
    assert len(differing) < 6_000
    assert not [code for code in differing if code < 0x800]
