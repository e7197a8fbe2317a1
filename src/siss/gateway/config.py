"""What an operator configures: hosts, models, routes, tenants, cache, lifecycle.

One definition of each value feeds parsing, errors and docs/gateway.md. ``config_file`` reads it from TOML and the
environment; a cache policy's own bounds are judged in ``model.policy``, wherever it comes from.
"""

import re
from dataclasses import fields
from typing import Annotated, Any, Final, Literal
from urllib.parse import urlsplit

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, InstanceOf, SecretStr
from pydantic_core import PydanticCustomError

from siss.errors import ConfigError
from siss.gateway.model.policy import CachePolicy
from siss.gateway.model.request import Endpoint
from siss.settings import Bytes, Folder, Seconds, parse_duration, parse_size

_DIGEST: Final = re.compile(r"sha256:[0-9a-f]{64}")
_DURATIONS: Final = frozenset({"ttl", "stale_while_revalidate", "stale_if_error", "negative_ttl"})
_POLICY_FIELDS: Final = frozenset(field.name for field in fields(CachePolicy))

ABOUT_POLICY: Final[dict[str, str]] = {
    "exact": "Whether the route is cached at all.",
    "semantic": "`off`, `shadow` (the host is always asked; what would have been served is counted) or `on`.",
    "threshold": "Least cosine similarity of the semantic tier, above 0 and up to 1.",
    "rerank_threshold": "Least score of the reranker; none: it is not asked.",
    "ttl": "How long an answer is fresh.",
    "stale_while_revalidate": "For so long after that it is served at once, and made anew in the background.",
    "stale_if_error": "For so long after that it is served where no host answers.",
    "negative_ttl": "How long a host's 400 or 404 is kept; at most 30 s.",
    "max_bytes": "The largest answer that is kept.",
    "candidates": "How many of the nearest questions are looked at.",
    "oversampling": "How many times as many are rescored; from 1 to 10.",
    "allow_tools": "Whether requests with tools may be kept (exact tier only).",
    "allow_temperature": "Whether requests with a temperature above 0 may be kept (exact tier only).",
    "tags": "Stand on every entry of the route, to purge it by.",
}
"""What each value of ``[routes.NAME.cache]`` means; a test compares the names with the policy's."""


def _names(value: object) -> object:
    """A list, or its text with commas: how the environment says it."""
    return [part.strip() for part in value.split(",") if part.strip()] if isinstance(value, str) else value


def _url(value: str) -> str:
    parts = urlsplit(value)
    if parts.scheme not in {"http", "https"} or not parts.hostname:
        raise ValueError("must be an http:// or https:// URL")
    if parts.username or parts.password:
        raise ValueError("must hold no user and no password: a host's key goes into api_key")
    return value.rstrip("/").removesuffix("/v1")


def _digest(value: str) -> str:
    if not _DIGEST.fullmatch(value):
        raise ValueError("must be sha256: and 64 hexadecimal digits, the hash of a key: keys do not stand in files")
    return value


def _policy(value: object) -> object:
    """A cache policy from its table; the field that is wrong stands in the error's context."""
    if not isinstance(value, dict):
        return value
    for name in value:
        if name not in _POLICY_FIELDS:
            raise PydanticCustomError("extra_forbidden", "there is no such value", {"field": name})
    try:
        given: dict[str, Any] = {
            name: _duration(name, each) if name in _DURATIONS else each for name, each in value.items()
        }
        given |= {"max_bytes": parse_size(given["max_bytes"])} if "max_bytes" in given else {}
        given |= {"tags": tuple(_strings("tags", given["tags"]))} if "tags" in given else {}
        given |= {name: _flag(name, given[name]) for name in _FLAGS if name in given}
        return CachePolicy(**given)
    except ConfigError as error:
        name = str(error.details["variable"])
        raise PydanticCustomError(
            "policy", "{problem}", {"problem": error.message.removeprefix(f"{name}: "), "field": name}
        ) from error


def _duration(name: str, value: object) -> object:
    found = parse_duration(value)
    if isinstance(found, str):
        try:
            return float(found)
        except ValueError as error:
            raise ConfigError(
                f"{name}: must be a duration such as 30s, 5min, 2h or 7d (given: {value!r})", variable=name
            ) from error
    return found


_FLAGS: Final = ("exact", "allow_tools", "allow_temperature")


def _flag(name: str, value: object) -> bool:
    spelt = {"true": True, "1": True, "false": False, "0": False}
    found = value if isinstance(value, bool) else spelt.get(str(value).lower())
    if found is None:
        raise ConfigError(f"{name}: must be true or false (given: {value!r})", variable=name)
    return found


def _strings(name: str, value: object) -> list[str]:
    found = _names(value)
    if not isinstance(found, list) or not all(isinstance(each, str) for each in found):
        raise ConfigError(f"{name}: must be a list of strings (given: {value!r})", variable=name)
    return found


Names = Annotated[tuple[str, ...], BeforeValidator(_names)]
Url = Annotated[str, AfterValidator(_url)]
Policy = Annotated[InstanceOf[CachePolicy], BeforeValidator(_policy)]


class _Table(BaseModel):
    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True, hide_input_in_errors=True)


class ServerTable(_Table):
    """``[server]``: where the gateway listens when it runs alone."""

    host: str = Field("127.0.0.1", description="Address to listen on; only loopback while there are no tenants.")
    port: int = Field(8090, ge=0, le=65535, description="Port; 0 picks a free one.")
    allowed_hosts: Names = Field((), description="Further `Host` header values to answer to without tenants.")
    max_body: Bytes = Field(16 << 20, ge=1, description="The largest request body.")
    max_reply: Bytes = Field(64 << 20, ge=1, description="The largest answer that is taken from a host.")
    probe_timeout: Seconds = Field(5.0, description="How long the start waits for the hosts' first word.")
    drain_timeout: Seconds = Field(10.0, description="How long requests may take to finish when the gateway stops.")


class HostTable(_Table):
    """``[hosts.NAME]``: a server that speaks OpenAI's API, such as llama-server."""

    url: Url = Field(description="Its address, with or without `/v1`.")
    api_key: SecretStr = Field(SecretStr(""), description="The key that the host asks for.")
    slots: int = Field(0, ge=0, le=4096, description="Requests at once; 0: as its `/props` say, 4 where it has none.")
    queue: int = Field(64, ge=0, le=100_000, description="Requests that may wait for a slot; more are refused.")
    connect_timeout: Seconds = Field(2.0, gt=0, description="How long a connection may take.")
    health_interval: Seconds = Field(5.0, gt=0, description="How often `/health` is asked.")
    breaker_failures: int = Field(5, ge=1, description="Failures in a row that open the circuit breaker.")
    breaker_seconds: Seconds = Field(10.0, gt=0, description="How long an open breaker waits before one trial.")
    batch_items: int = Field(32, ge=1, le=4096, description="Texts in one embedding call.")
    batch_tokens: int = Field(512, ge=1, description="Tokens in one embedding call: the host's physical batch.")
    batch_wait: Seconds = Field(0.005, le=0.005, description="How long an embedding may wait for company.")


class ModelTable(_Table):
    """``[models.NAME]``: a name that clients ask by, and who answers to it."""

    hosts: Names = Field(min_length=1, description="Hosts that serve it, the preferred one first.")
    upstream: str = Field("", description="What the hosts call it; empty: the same name.")
    aliases: Names = Field((), description="Further names that clients may use.")


class RouteTable(_Table):
    """``[routes.NAME]``: rules for the requests that match; the first that matches counts, in the file's order."""

    models: Names = Field(("*",), description="Models that it is for; `*`: all.")
    endpoints: tuple[Endpoint, ...] = Field((), description="Paths that it is for; empty: all.")
    tenants: Names = Field(("*",), description="Tenants that it is for; `*`: all.")
    timeout: Seconds = Field(300.0, gt=0, description="The longest that a request may take, its wait included.")
    retries: int = Field(1, ge=0, le=10, description="Further rounds over a model's hosts before the first byte.")
    defaults: dict[str, Any] = Field({}, description="Values of request fields where the client says nothing.")
    fallback: Names = Field((), description="Other models that may answer when no host of the asked one can.")
    cache: Policy = Field(default_factory=CachePolicy, description="The cache policy.")


class BudgetTable(_Table):
    """``[tenants.NAME.budget]``: what a tenant may use; 0 is no limit."""

    requests_per_minute: int = Field(0, ge=0, description="Requests in a minute, hits included.")
    tokens_per_minute: int = Field(0, ge=0, description="Tokens that models spend in a minute; hits cost none.")
    tokens_per_day: int = Field(0, ge=0, description="The same in a UTC day.")
    concurrency: int = Field(0, ge=0, description="Requests at once.")


class TenantTable(_Table):
    """``[tenants.NAME]``: who may ask. Without any, everybody on this machine is the tenant `local`."""

    keys: tuple[Annotated[str, AfterValidator(_digest)], ...] = Field(
        min_length=1, description="SHA-256 of API keys, as `sha256:…`; several while one is being replaced."
    )
    models: Names = Field(("*",), description="Models that it may ask; `*`: all.")
    admin: bool = Field(default=False, description="Whether it may list and purge the cache, of every tenant.")
    budget: BudgetTable = Field(default_factory=BudgetTable, description="What it may use.")


class EmbedderTable(_Table):
    """``[cache.embedder]``: where the semantic tier's vectors come from. Without it, that tier is off."""

    source: Literal["host", "local"] = Field("host", description="`local`: the optional extra in this process.")
    model: str = Field("embedding", description="Model of an embedding host.")
    dimension: int = Field(0, ge=0, description="Components of a vector; 0: learnt from the host.")
    quantisation: str = Field("", description="Of the model's weights; another value is another namespace.")
    pooling: str = Field("", description="`mean`, `cls` or `last`; another value is another namespace.")
    prefix: str = Field("", description="Put before every text, where the model asks for it.")


class RerankerTable(_Table):
    """``[cache.reranker]``: the optional last judge of a semantic candidate."""

    model: str = Field(description="Model of a host that answers `/v1/rerank`.")
    slope: float = Field(1.0, description="Calibration: score = 1 / (1 + exp(-(slope * raw + offset))); 0: raw.")
    offset: float = Field(0.0, description="See `slope`.")


class CacheTable(_Table):
    """``[cache]``: where answers are kept."""

    folder: Folder | None = Field(None, description="Its folder; without it `gateway` in the state folder.")
    memory: Bytes = Field(64 << 20, description="Of the memory tier.")
    disk: Bytes = Field(1 << 30, description="Of the disk tier.")
    embedder: EmbedderTable | None = Field(None, description="Where vectors come from.")
    reranker: RerankerTable | None = Field(None, description="The last judge.")


class LifecycleTable(_Table):
    """``[lifecycle]``: an instance that costs money stops when it is idle. A stop takes a provider *and* the flag."""

    provider: Literal["local", "gcp", "command"] = Field("local", description="`local`: never stops anything.")
    enable_instance_stop: bool = Field(default=False, description="Whether the instance may be stopped.")
    idle_timeout: Seconds = Field(1800.0, gt=0, description="Idle for longer, the instance is stopped.")
    command: Names = Field((), description="What `command` runs to stop the instance: program and arguments.")
    project: str = Field("", description="GCP project; empty: asked of the metadata service when stopping.")
    zone: str = Field("", description="GCP zone; the same.")
    instance: str = Field("", description="GCP instance; the same.")
    snapshot: str = Field("", description="`s3://BUCKET/PREFIX` or a folder that the cache is snapshotted to.")
    s3_endpoint: Url = Field("https://s3.amazonaws.com", description="S3-compatible object store.")
    s3_region: str = Field("us-east-1", description="Its region.")
    s3_access_key: str = Field("", description="Its access key.")
    s3_secret_key: SecretStr = Field(SecretStr(""), description="Its secret key.")


class GatewayConfig(_Table):
    """The whole configuration."""

    server: ServerTable = Field(default_factory=ServerTable)
    hosts: dict[str, HostTable] = Field({})
    models: dict[str, ModelTable] = Field({})
    routes: dict[str, RouteTable] = Field({})
    tenants: dict[str, TenantTable] = Field({})
    cache: CacheTable = Field(default_factory=CacheTable)
    lifecycle: LifecycleTable = Field(default_factory=LifecycleTable)


TABLES: Final[dict[str, type[BaseModel]]] = {
    "server": ServerTable,
    "hosts.NAME": HostTable,
    "models.NAME": ModelTable,
    "routes.NAME": RouteTable,
    "tenants.NAME": TenantTable,
    "tenants.NAME.budget": BudgetTable,
    "cache": CacheTable,
    "cache.embedder": EmbedderTable,
    "cache.reranker": RerankerTable,
    "lifecycle": LifecycleTable,
}
"""Every table of the file, by its name there."""
