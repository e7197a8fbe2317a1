"""Possessive quantifiers behind groups, where the interpreter's own are not sound."""

import re
import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from siss.possessive import SOUND, compile_possessive, make_atomic

STRANGERS = """
import importlib, pkgutil, re, sys
compiled, own = [], re.compile

def spy(pattern, flags=0):
    name = sys._getframe(1).f_globals.get("__name__", "")
    if name.startswith("siss.") and name != "siss.possessive" and isinstance(pattern, str | bytes):
        compiled.append((name, pattern if isinstance(pattern, str) else pattern.decode("latin-1")))
    return own(pattern, flags)

re.compile = spy
import siss
from siss.possessive import make_atomic
for module in pkgutil.walk_packages(siss.__path__, "siss."):
    if not module.name.endswith("__main__"):
        importlib.import_module(module.name)
assert len(compiled) > 100
print([found for found in compiled if make_atomic(found[1]) != found[1]])
"""


@pytest.mark.parametrize(
    ("pattern", "atomic"),
    [
        (r"a(?:b)++c", r"a(?>(?:b)+)c"),
        (r"(?:a(?:b)*+c)?+", r"(?>(?:a(?>(?:b)*)c)?)"),
        (r"(?:a){2,3}+", r"(?>(?:a){2,3})"),
        (r"[)]++\)++[]()]*+[^]()]*+(?:\]|[\])])++", r"[)]++\)++[]()]*+[^]()]*+(?>(?:\]|[\])])+)"),
        (r"(a)+b(a)*(a)??", r"(a)+b(a)*(a)??"),
    ],
)
def test_only_what_stands_behind_a_group_is_made_atomic(pattern: str, atomic: str) -> None:
    assert make_atomic(pattern) == atomic
    re.compile(atomic)


PATTERNS = [
    r"(?:[.]+\w)++",
    r'"(?:[^"\\]++|\\.)*+"',
    r"(?:\w++[.])*+\w",
    r"\w?+(?:[.]{1,2}\w++)++(?:\\.)?+",
    r"(?:a(?:[.]\w)*+|[.]\w++[.]){1,2}+",
]


@given(st.text('aé.\\"', max_size=12), st.sampled_from(PATTERNS))
def test_both_spellings_match_the_same(text: str, pattern: str) -> None:
    found = [match.span() for match in compile_possessive(pattern).finditer(text)]
    assert found == [match.span() for match in re.finditer(make_atomic(pattern), text)]


def test_this_interpreter_is_known_to_be_sound_or_not() -> None:
    assert (sys.version_info >= (3, 11, 5)) == SOUND


def test_no_module_compiles_one_by_itself() -> None:
    done = subprocess.run([sys.executable, "-c", STRANGERS], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
