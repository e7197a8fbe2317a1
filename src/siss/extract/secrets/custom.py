"""Rules, allow lists and baselines of the user's own, in the TOML that gitleaks reads.

::

    [[rules]]
    id = "acme-token"
    regex = '''acme_([a-z0-9]{32})'''
    secretGroup = 1          # default: the first group, or the whole match
    entropy = 3.0            # least bits a character
    keywords = ["acme_"]     # read, not needed: RE2 looks for everything at once

    [extend]
    disabledRules = ["jwt"]  # rules that are switched off; the built-in ones are always there

    [allowlist]              # or several [[allowlists]]
    regexes = ['''^acme_test_''']     # values that are no secrets
    stopwords = ["sandbox"]           # parts of such values
    rules = ["jwt"]                   # the same as disabledRules

Expressions are RE2. A file that cannot be used raises ``ConfigError``, which names the rule.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any, Final

import re2

from siss.errors import ConfigError
from siss.extract.secrets.candidate import Candidate
from siss.extract.secrets.values import entropy

VARIABLE: Final = "SISS_SECRET_RULES"

_RULE_ID: Final = re.compile(r"[a-z0-9][a-z0-9-]{0,62}")
_RULE_KEYS: Final = frozenset({"id", "description", "regex", "secretGroup", "entropy", "keywords", "tags"})
_FILE_KEYS: Final = frozenset({"title", "description", "minVersion", "extend", "rules", "allowlist", "allowlists"})
_EXTEND_KEYS: Final = frozenset({"useDefault", "disabledRules"})
_ALLOW_KEYS: Final = frozenset({"description", "regexes", "stopwords", "rules"})


@dataclass(frozen=True)
class CustomRule:
    """One rule. ``group``: of the expression, the secret; 0 for the whole match; ``least``: bits a character."""

    id: str
    pattern: str
    group: int = 0
    least: float = 0.0

    def classify(self, data: bytes, start: int, end: int) -> Candidate | None:
        """The secret at a place that the expression proposed."""
        found = self._compiled.match(data, start, end)
        if found is None or found.start(self.group) < 0:
            return None
        value: bytes = found.group(self.group)
        if b"\n" in value or not value or entropy(value.decode("utf-8", "replace")) < self.least:
            return None
        at: int = found.start(self.group)
        return Candidate(self.id, at, at + len(value), value)

    @cached_property
    def _compiled(self) -> Any:
        return _compile(self.pattern)


@dataclass(frozen=True)
class Customisation:
    """What a user adds and takes away."""

    rules: tuple[CustomRule, ...] = ()
    allowed: tuple[str, ...] = ()
    stopwords: tuple[str, ...] = ()
    disabled: frozenset[str] = field(default_factory=frozenset)

    def keeps(self, rule: str, value: bytes) -> bool:
        """Whether a value that a rule found is a secret for this user."""
        if rule in self.disabled:
            return False
        if self.stopwords:
            lowered = value.decode("utf-8", "replace").lower()
            if any(word in lowered for word in self.stopwords):
                return False
        return not any(pattern.search(value) for pattern in self._patterns)

    @cached_property
    def _patterns(self) -> list[Any]:
        return [_compile(pattern) for pattern in self.allowed]


NOTHING: Final = Customisation()


def read_customisation(text: str) -> Customisation:
    """The rules in a TOML file. Raises ``ConfigError`` that names what cannot be used, and the rule it is in."""
    try:
        found = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise _refuse(f"the file is not TOML: {error}") from error
    _check_keys(found, _FILE_KEYS, "the file")
    made = tuple(_read_rule(number, rule) for number, rule in enumerate(_tables(found, "rules"), 1))
    names = [rule.id for rule in made]
    if twice := next((name for name in names if names.count(name) > 1), None):
        raise _refuse(f"rule {twice!r} stands there twice")
    extend, allow = found.get("extend", {}), found.get("allowlist", {})
    if not isinstance(extend, dict) or not isinstance(allow, dict):
        raise _refuse("extend and allowlist must be tables")
    _check_keys(extend, _EXTEND_KEYS, "extend")
    if not extend.get("useDefault", True):
        raise _refuse("extend: the built-in rules are always there (useDefault); disabledRules switches some off")
    patterns: list[str] = []
    stopwords: list[str] = []
    disabled = [*_strings(extend, "disabledRules")]
    for each in (allow, *_tables(found, "allowlists")):
        _check_keys(each, _ALLOW_KEYS, "the allowlist")
        patterns += _strings(each, "regexes")
        stopwords += (word.lower() for word in _strings(each, "stopwords"))
        disabled += _strings(each, "rules")
    for pattern in patterns:
        _test(pattern, "the allowlist")
    return Customisation(made, tuple(patterns), tuple(stopwords), frozenset(disabled))


def read_baseline(lines: Iterable[str]) -> frozenset[str]:
    """The fingerprints in a baseline: one a line, as 16 hex digits or as shown in text; ``#`` begins a comment."""
    found: set[str] = set()
    for number, line in enumerate(lines, 1):
        entry = line.partition("#")[0].strip().strip("«»").rpartition(":")[2]
        if entry and not re.fullmatch(r"[0-9a-f]{16}", entry):
            raise ConfigError(
                f"SISS_SECRET_BASELINE: line {number} is no fingerprint.", variable="SISS_SECRET_BASELINE"
            )
        if entry:
            found.add(entry)
    return frozenset(found)


def _read_rule(number: int, rule: Mapping[str, Any]) -> CustomRule:
    name = rule.get("id")
    if not isinstance(name, str) or not _RULE_ID.fullmatch(name):
        raise _refuse(f"rule {number} needs an id of small letters, digits and hyphens")
    where = f"rule {name!r}"
    _check_keys(rule, _RULE_KEYS, where)
    pattern = rule.get("regex")
    if not isinstance(pattern, str) or not pattern:
        raise _refuse(f"{where} needs a regex")
    compiled = _test(pattern, where)
    if compiled.search(b"") is not None:
        raise _refuse(f"{where}: its regex matches nothing at all, and so everywhere")
    group = rule.get("secretGroup", 1 if compiled.groups else 0)
    if not isinstance(group, int) or not 0 <= group <= compiled.groups:
        raise _refuse(f"{where}: there is no group {group!r}")
    least = rule.get("entropy", 0.0)
    if not isinstance(least, int | float) or not 0 <= least <= 8:
        raise _refuse(f"{where}: entropy must be from 0 to 8 bits")
    return CustomRule(name, pattern, group, float(least))


def _compile(pattern: str) -> Any:
    options = re2.Options()
    options.log_errors = False
    options.max_mem = 16 << 20
    return re2.compile(pattern.encode(), options)


def _test(pattern: str, where: str) -> Any:
    try:
        return _compile(pattern)
    except re2.error as error:
        detail = error.args[0].decode("utf-8", "replace") if isinstance(error.args[0], bytes) else str(error)
        raise _refuse(f"{where}: the expression is not RE2: {detail}") from error


def _tables(table: Mapping[str, Any], name: str) -> list[dict[str, Any]]:
    found = table.get(name, [])
    if not isinstance(found, list) or not all(isinstance(entry, dict) for entry in found):
        raise _refuse(f"{name} must be [[{name}]] tables")
    return found


def _strings(table: Mapping[str, Any], name: str) -> tuple[str, ...]:
    found = table.get(name, [])
    if not isinstance(found, list) or not all(isinstance(entry, str) for entry in found):
        raise _refuse(f"{name} must be a list of strings")
    return tuple(found)


def _check_keys(table: Mapping[str, Any], known: frozenset[str], where: str) -> None:
    if unknown := sorted(table.keys() - known):
        raise _refuse(f"{where} has {unknown[0]!r}; known are {', '.join(sorted(known))}")


def _refuse(what: str) -> ConfigError:
    return ConfigError(f"{VARIABLE}: {what}.", variable=VARIABLE)
