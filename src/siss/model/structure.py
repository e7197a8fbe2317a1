"""Questions about structure: what must be there, and where a match stands."""

import uuid
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final, Literal

import msgspec

from siss.model.content import Kind
from siss.model.field import ANY_ELEMENT, ANY_MEMBER, split_path
from siss.model.ids import ContentId

ANY_STEP: Final = "*"
"""In a required path: any one step."""
ANY_DEPTH: Final = "**"
"""In a required path: any number of steps, none too."""

Language = Literal["jsonpath", "xpath"]

KINDS: Final[dict[Language, tuple[Kind, ...]]] = {"jsonpath": (Kind.JSON, Kind.JSONL), "xpath": (Kind.XML,)}
"""What each language can be asked of."""

VALUE_KINDS: Final = frozenset(kind for kinds in KINDS.values() for kind in kinds)
"""Whose contents are looked up by values."""


@dataclass(frozen=True, slots=True)
class StructureQuery:
    """A question about structure. ``namespaces``: prefixes that an XPath uses, with their URIs."""

    language: Language
    expression: str
    namespaces: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class RequiredPath:
    """A path that a document must have to match, as steps of ``siss.model.field``, ``ANY_STEP`` or ``ANY_DEPTH``.

    ``values``: canonical values (``canonical_value``), one of which the path must have; None for any. The document's
    own paths may be folded: a map (``.*``) has every name.
    """

    steps: tuple[str, ...]
    values: frozenset[bytes] | None = None

    def matches(self, path: str) -> bool:
        """Whether a path of a shape is one that this asks for."""
        return _matches(self.steps, split_path(path))


def either(left: Iterable[RequiredPath], right: Iterable[RequiredPath]) -> Iterator[RequiredPath]:
    """What is required whichever of two is asked for: the paths of both, with the values of one or the other."""
    others = _by_steps(right)
    for steps, values in _by_steps(left).items():
        if steps in others:
            more = others[steps]
            yield RequiredPath(steps, None if values is None or more is None else values | more)


def _by_steps(paths: Iterable[RequiredPath]) -> dict[tuple[str, ...], frozenset[bytes] | None]:
    found: dict[tuple[str, ...], frozenset[bytes] | None] = {}
    for path in paths:
        if found.get(path.steps) is None:
            found[path.steps] = path.values
    return found


def _matches(wanted: tuple[str, ...], steps: tuple[str, ...]) -> bool:
    # Which of the wanted steps may come next: so many as there are, whatever the path.
    states = _closure({0}, wanted)
    for step in steps:
        following = set()
        for state in states:
            if state == len(wanted):
                continue
            want = wanted[state]
            if want == ANY_DEPTH:
                following.add(state)
            elif want in {step, ANY_STEP} or (step == ANY_MEMBER and want != ANY_ELEMENT):
                following.add(state + 1)
        states = _closure(following, wanted)
    return len(wanted) in states


def _closure(states: set[int], wanted: tuple[str, ...]) -> set[int]:
    found = set(states)
    for state in states:
        at = state
        while at < len(wanted) and wanted[at] == ANY_DEPTH:
            at += 1
            found.add(at)
    return found


class StructureMatch(msgspec.Struct, frozen=True, gc=False):
    """One value that matches, in one content.

    ``path``: its place (a normalized path of RFC 9535, or an XPath to the node); ``line`` (from 1), ``start`` and
    ``end`` (half-open byte offsets in the local text) where it stands, None for what stands nowhere (a computed
    number); ``value``: what stands there, cut to ``PREVIEW_CHARS``; ``document``: which line of JSON Lines, from 1;
    ``source``: half-open byte offsets in the (decompressed) file, which evaluation does not know.
    """

    path: str
    value: str
    line: int | None = None
    start: int | None = None
    end: int | None = None
    document: int | None = None
    source: tuple[int, int] | None = None


PREVIEW_CHARS: Final = 500


class EvaluationTask(msgspec.Struct, frozen=True):
    """One text and a question about it, for a process that may be killed.

    ``namespaces``: prefixes of an XPath; ``skip`` and ``limit``: which matches are wanted; ``deadline``: the
    time, by ``time.monotonic()``, after which nobody waits for the answer.
    """

    number: int
    language: Language
    expression: str
    kind: Kind
    text: bytes
    limit: int
    skip: int = 0
    deadline: float = 0.0
    namespaces: dict[str, str] = {}


class Evaluated(msgspec.Struct, frozen=True):
    """The answer to a task. ``total``: how many matched in all; ``problem``: why the text was not evaluated."""

    number: int
    matches: list[StructureMatch]
    total: int
    problem: str = ""


@dataclass(frozen=True, slots=True)
class StructureHit:
    """The matches in one file (the first visible one that has the content), with the paths of the others."""

    content_id: ContentId
    file_id: uuid.UUID
    shown: str
    mime: str
    matches: tuple[StructureMatch, ...]
    total: int
    other_paths: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class StructureAnswer:
    """A page of hits.

    ``candidates``: contents that could match by their shapes and values, of ``indexed`` of that kind; ``evaluated``:
    how many were looked into for this page; ``given_up``: of these, how many could not be evaluated, the first with
    their ``problems`` (path, reason); ``unreadable``: how many of the kind are no candidates for anything, since no
    parser reads them. ``timed_out``: the page ends early, and ``cursor`` goes on from there.
    """

    hits: tuple[StructureHit, ...]
    indexed: int
    candidates: int
    evaluated: int
    cursor: str | None
    took_ms: float
    given_up: int = 0
    unreadable: int = 0
    problems: tuple[tuple[str, str], ...] = ()
    timed_out: bool = False
