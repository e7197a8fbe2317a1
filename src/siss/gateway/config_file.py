"""The configuration from one TOML file and the environment; a bad value names its line and key.

``SISS_GATEWAY__ROUTES__ASK__TIMEOUT`` stands for ``routes.ask.timeout``: the environment's word counts before the
file's. ``SISS_STELLA_URL``, ``SISS_PEGASUS_URL``, ``SISS_MAX_URL`` and ``SISS_EMBEDDING_URL`` are a host and a model
of that name each, so that the gateway runs without a file.
"""

import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import fields
from difflib import get_close_matches
from pathlib import Path
from typing import Any, Final

from pydantic import ValidationError

from siss.errors import ConfigError
from siss.gateway.config import (
    GatewayConfig,
    HostTable,
    LifecycleTable,
    ModelTable,
    RouteTable,
    ServerTable,
    TenantTable,
)
from siss.gateway.model.policy import CachePolicy

PREFIX: Final = "SISS_GATEWAY__"
WELL_KNOWN: Final = {f"SISS_{name.upper()}_URL": name for name in ("stella", "pegasus", "max", "embedding")}
"""Variables of the main product's model hosts, and the models that they stand for."""

Key = tuple[str, ...]

_SECRET: Final = frozenset({"api_key", "keys", "s3_access_key", "s3_secret_key"})
"""Values that no message repeats: who gets one wrong may have put a key itself there."""


class _Source:
    """Where values came from: so that an error can say it."""

    def __init__(self, file: Path | None, text: str, variables: Mapping[Key, str]) -> None:
        self._file = file
        self._text = text
        self._variables = variables

    def problem(self, key: Key, message: str) -> ConfigError:
        """The error about a key."""
        spelt = ".".join(key)
        for length in range(len(key), 0, -1):
            if (variable := self._variables.get(key[:length])) is not None:
                return ConfigError(f"{variable}: {spelt}: {message}", variable=variable, key=spelt)
        if self._file is None:
            return ConfigError(f"{spelt}: {message}", variable=spelt, key=spelt)
        line = find_line(self._text, key)
        return ConfigError(f"{self._file}:{line}: {spelt}: {message}", variable=spelt, key=spelt, line=line)


def load_config(
    file: Path | None, environ: Mapping[str, str] | None = None, folder: Path | None = None
) -> GatewayConfig:
    """The configuration. Raises ``ConfigError`` that names file, line and key, or the variable.

    ``folder``: of the cache, where the configuration names none; None: the cache is in memory only.
    ``details``: ``key`` (dotted), ``line`` in the file, ``variable`` (the key, or the variable that it came from).
    """
    environ = environ or {}
    text = "" if file is None else _read(file)
    try:
        values = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigError(f"{file}: is not TOML: {error}", variable=str(file)) from error
    variables = dict(_apply_environment(values, environ))
    source = _Source(file, text, variables)
    try:
        config = GatewayConfig.model_validate(values)
    except ValidationError as error:
        raise _first_problem(source, error) from error
    for key, message in _contradictions(config):
        raise source.problem(key, message)
    if config.cache.folder is None and folder is not None:
        config = config.model_copy(update={"cache": config.cache.model_copy(update={"folder": folder})})
    return config


def find_line(text: str, key: Key) -> int:
    """The line (from 1) where a key's value begins; of the nearest table above where the key is not there.

    A TOML document's beginnings are documents wherever a statement ends, so the first beginning that holds the key
    ends with the statement that gives it.
    """
    lines = text.splitlines()
    begins = 1
    nearest = (0, 1)
    for number in range(1, len(lines) + 1):
        try:
            read: Any = tomllib.loads("\n".join(lines[:number]))
        except tomllib.TOMLDecodeError:
            continue  # within a value of several lines
        depth = _depth(read, key)
        if depth > nearest[0]:
            nearest = (depth, begins)
        begins = number + 1
    return nearest[1]


def _depth(read: Any, key: Key) -> int:
    for depth, part in enumerate(key):
        if isinstance(read, list) and part.isdigit() and int(part) < len(read):
            read = read[int(part)]
        elif isinstance(read, dict) and part in read:
            read = read[part]
        else:
            return depth
    return len(key)


def _read(file: Path) -> str:
    try:
        return file.read_text("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(f"{file}: cannot be read: {error}", variable=str(file)) from error


def _apply_environment(values: dict[str, Any], environ: Mapping[str, str]) -> Iterator[tuple[Key, str]]:
    """Put the environment's values in; yields which key came from which variable."""
    for variable, name in WELL_KNOWN.items():
        if url := environ.get(variable):
            tables = [values.setdefault("hosts", {}), values.setdefault("models", {})]
            if not all(isinstance(table, dict) for table in tables):
                continue  # which is an error of its own
            host = tables[0].setdefault(name, {})
            if isinstance(host, dict):
                host.setdefault("url", url)
            tables[1].setdefault(name, {"hosts": [name]})
            yield ("hosts", name, "url"), variable
    for variable in sorted(environ):
        if not variable.startswith(PREFIX):
            continue
        table: Any = values
        key: list[str] = []
        *parents, last = variable.removeprefix(PREFIX).split("__")
        for part in parents:
            key.append(_spelt_in(table, part))
            table = table.setdefault(key[-1], {})
            if not isinstance(table, dict):
                raise ConfigError(f"{variable}: {'.'.join(key)} is not a table", variable=variable)
        key.append(_spelt_in(table, last))
        table[key[-1]] = environ[variable]
        yield tuple(key), variable


def _spelt_in(table: Mapping[str, Any], part: str) -> str:
    """A name as the file spells it: variables have no small letters, and no hyphens."""
    for name in table:
        if name.upper().replace("-", "_") == part.upper():
            return name
    return part.lower()


def _first_problem(source: _Source, error: ValidationError) -> ConfigError:
    first = error.errors()[0]
    key = tuple(str(part) for part in first["loc"] if part != "[key]")
    context = first.get("ctx", {})
    if field := context.get("field"):
        key = (*key, str(field))
    if first["type"] == "extra_forbidden":
        return source.problem(key, f"there is no such value.{_hint(key)}".rstrip("."))
    message = str(first["msg"]).removeprefix("Value error, ")
    secret = _SECRET.intersection(key) or "@" in str(first.get("input"))  # a password may stand in a URL
    given = "" if secret or context.get("field") else _given(first.get("input"))
    return source.problem(key, message[:1].lower() + message[1:] + given)


def _given(value: object) -> str:
    return "" if isinstance(value, dict) else f" (given: {str(value)[:80]!r})"


def _hint(key: Key) -> str:
    near = get_close_matches(key[-1], _known_names(), 1, 0.6)
    return f" Did you mean {near[0]}?" if near else ""


def _known_names() -> set[str]:
    """Every name that may stand in the file, for the hint at a misspelt one."""
    tables = (GatewayConfig, ServerTable, HostTable, ModelTable, RouteTable, TenantTable, LifecycleTable)
    return {name for table in tables for name in table.model_fields} | {field.name for field in fields(CachePolicy)}


def _contradictions(config: GatewayConfig) -> Iterator[tuple[Key, str]]:
    """What each value alone cannot show: names that point to nothing, or to two things."""
    taken: dict[str, str] = {}
    for name, model in config.models.items():
        for host in model.hosts:
            if host not in config.hosts:
                yield ("models", name, "hosts"), f"there is no host {host!r}{_near(host, config.hosts)}"
        for alias in (name, *model.aliases):
            if (other := taken.setdefault(alias, name)) != name:
                yield ("models", name, "aliases"), f"{alias!r} is a name of the model {other!r} already"
    for name, route in config.routes.items():
        for field in ("models", "fallback"):
            for model_name in getattr(route, field):
                if model_name not in taken and not (field == "models" and model_name == "*"):
                    near = _near(model_name, taken)
                    yield ("routes", name, field), f"there is no model {model_name!r}{near}"
        for tenant in route.tenants:
            if tenant != "*" and tenant not in config.tenants:
                yield ("routes", name, "tenants"), f"there is no tenant {tenant!r}{_near(tenant, config.tenants)}"
        for field in ("model", "messages", "prompt", "input", "stream"):
            if field in route.defaults:
                yield ("routes", name, "defaults", field), "is the client's to say"
    digests: dict[str, str] = {}
    for name, tenant_table in config.tenants.items():
        for digest in tenant_table.keys:
            if (other := digests.setdefault(digest, name)) != name:
                yield ("tenants", name, "keys"), f"the tenant {other!r} has the same key"
        for model_name in tenant_table.models:
            if model_name != "*" and model_name not in taken:
                yield ("tenants", name, "models"), f"there is no model {model_name!r}{_near(model_name, taken)}"
    embedder, reranker = config.cache.embedder, config.cache.reranker
    if embedder is not None and embedder.source == "host" and embedder.model not in taken:
        yield ("cache", "embedder", "model"), f"there is no model {embedder.model!r}{_near(embedder.model, taken)}"
    if reranker is not None and reranker.model not in taken:
        yield ("cache", "reranker", "model"), f"there is no model {reranker.model!r}{_near(reranker.model, taken)}"
    if config.lifecycle.provider == "command" and not config.lifecycle.command:
        yield ("lifecycle", "command"), "the provider 'command' needs a command"


def _near(name: str, names: Any) -> str:
    near = get_close_matches(name, list(names), 1, 0.5)
    return f": did you mean {near[0]!r}?" if near else ""
