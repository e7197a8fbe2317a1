"""RE2 over bytes where every match of a text is wanted: linear time whatever the text, and a loop that runs in C++.

RE2 has two bindings. google-re2 is used everywhere else (it has sets and all options); of a text with a hundred
matches it takes longer to hand them over than to find them. pyre2 hands them over three times as fast. Both packages
bring a module called ``re2``; ``import re2`` finds google's, as a package goes before a module, and pyre2's is loaded
here by its file, under a name of its own. Where it has no wheel google-re2 gives the same answers.
"""

from collections.abc import Iterator
from importlib.machinery import EXTENSION_SUFFIXES, ExtensionFileLoader
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from types import ModuleType
from typing import Final, Protocol

import re2

MEMORY: Final = 64 << 20
"""Bytes that an automaton may take; with less it is thrown away and built anew again and again."""

_PACKAGE: Final = Path(re2.__file__).parent
_NAME: Final = "siss.matching.re2"


class Match(Protocol):
    """One match."""

    def group(self) -> bytes:
        """What matched."""

    def span(self) -> tuple[int, int]:
        """Where: half-open byte offsets."""


class Pattern(Protocol):
    """A compiled pattern. It has no captures; each byte is a character, and letters are those of ASCII."""

    def finditer(self, text: bytes) -> Iterator[Match]:
        """All matches, in order, none in another."""

    def findall(self, text: bytes) -> list[bytes]:
        """What they are."""

    def search(self, text: bytes) -> Match | None:
        """The first of them."""

    def fullmatch(self, text: bytes) -> Match | None:
        """The whole text."""


def _load_native(folder: Path) -> ModuleType | None:
    """pyre2's module, beside the package of google-re2; None where there is none."""
    for suffix in EXTENSION_SUFFIXES:
        file = folder / f"re2{suffix}"
        if file.is_file():
            spec = spec_from_file_location(_NAME, file, loader=ExtensionFileLoader(_NAME, str(file)))
            assert spec is not None
            assert spec.loader is not None
            module = module_from_spec(spec)
            spec.loader.exec_module(module)
            # What RE2 does not take (look-around) must not go to a matcher that takes exponential time.
            module.set_fallback_notification(module.FALLBACK_EXCEPTION)
            return module
    return None


def _compile_native(native: ModuleType, pattern: bytes) -> Pattern:
    compiled: Pattern = native.compile(pattern, max_mem=MEMORY)
    return compiled


def _compile_google(pattern: bytes) -> Pattern:
    options = re2.Options()
    options.max_mem = MEMORY
    options.log_errors = False
    options.encoding = re2.Options.Encoding.LATIN1
    compiled: Pattern = re2.compile(pattern, options)
    return compiled


_NATIVE: Final = _load_native(_PACKAGE.parent)


def compile_matcher(pattern: str | bytes) -> Pattern:
    """A pattern of ours, of characters up to U+00FF. Raises an error of the binding's where RE2 does not take it.

    Patterns of users are google-re2's business, which takes RE2's syntax as it is written.
    """
    raw = pattern.encode("latin-1") if isinstance(pattern, str) else pattern
    return _compile_google(raw) if _NATIVE is None else _compile_native(_NATIVE, raw)
