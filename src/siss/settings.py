"""Every setting, once: parsing, ``siss config`` and docs/settings.md are made from this class.

A value comes from, in this order: the command line, an environment variable (``SISS_`` and the name), the TOML
file that ``SISS_CONFIG`` names (``siss.toml`` in the state folder otherwise), the default. A value that cannot be
used, or a name that does not exist, ends the program and is named.
"""

import json
import os
import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches
from functools import partial
from pathlib import Path
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, SecretStr, ValidationError

from siss.errors import ConfigError

_UNITS = {"": 1, "b": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}
_SIZE = re.compile(r"\s*(\d+(?:\.\d+)?)\s*([kmgt]?)(?:i?b)?\s*", re.IGNORECASE)
_SECONDS = {"": 1.0, "ms": 0.001, "s": 1.0, "m": 60.0, "min": 60.0, "h": 3600.0, "d": 86400.0}
_DURATION = re.compile(r"\s*(\d+(?:\.\d+)?)\s*(ms|s|min|m|h|d|)\s*", re.IGNORECASE)

_BETWEEN_PAIRS = re.compile(rf"(?<!=[A-Za-z]){os.pathsep}(?!//)")
"""Not the colon of a drive (``/nas=Z:\\``) nor of a URL (``/nas=smb://host/nas``)."""


def parse_size(value: object) -> object:
    """Bytes from ``10MB`` or ``64 KiB`` (powers of 1,024); anything else is left to the validator."""
    if isinstance(value, str) and (found := _SIZE.fullmatch(value)):
        return int(float(found[1]) * _UNITS[found[2].lower()])
    return value


def parse_duration(value: object) -> object:
    """Seconds from ``300ms``, ``5 min`` or ``2h``; anything else is left to the validator."""
    if isinstance(value, str) and (found := _DURATION.fullmatch(value)):
        return float(found[1]) * _SECONDS[found[2].lower()]
    return value


def _parse_list(value: object) -> object:
    if isinstance(value, str):
        return [part for part in value.split(os.pathsep) if part]
    return value


def _parse_map(value: object) -> object:
    if isinstance(value, str):
        pairs = [part.partition("=") for part in _BETWEEN_PAIRS.split(value) if part]
        if any(not sep for _, sep, _ in pairs):
            raise ValueError("expected FROM=TO pairs, separated by colons")
        return {left: right for left, _, right in pairs}
    return value


def _parse_lines(value: object) -> object:
    if isinstance(value, str):
        pairs = [line.partition("=") for line in value.splitlines() if line.strip()]
        if any(not sep for _, sep, _ in pairs):
            raise ValueError("expected NAME=PATTERN pairs, one a line")
        return {left.strip(): right for left, _, right in pairs}
    return value


def _refuse(value: str) -> str:
    if value:
        raise ValueError("reserved for a later version, leave it empty")
    return value


def _expand(value: object) -> object:
    if value == "":
        raise ValueError("it is empty, which would be the current folder")
    return Path(value).expanduser().absolute() if isinstance(value, str | Path) else value


Bytes = Annotated[int, BeforeValidator(parse_size), Field(ge=0)]
Seconds = Annotated[float, BeforeValidator(parse_duration), Field(ge=0)]
Paths = Annotated[tuple[Annotated[Path, BeforeValidator(_expand)], ...], BeforeValidator(_parse_list)]
Strings = Annotated[tuple[str, ...], BeforeValidator(_parse_list)]
Folder = Annotated[Path, BeforeValidator(_expand)]
File = Annotated[Path | None, BeforeValidator(lambda value: _expand(value) if value else None)]
Patterns = Annotated[dict[str, str], BeforeValidator(_parse_lines)]
StringMap = Annotated[dict[str, str], BeforeValidator(_parse_map)]
Reserved = Annotated[str, AfterValidator(_refuse)]


def _default_workers() -> int:
    return max(1, min(8, len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1))


class Settings(BaseModel):
    """All settings. Sizes are bytes (``10MB`` works), times seconds (``5min`` works), lists are parted by ``:``."""

    model_config = ConfigDict(frozen=True, extra="forbid", validate_default=True)

    # Where things are
    data_dir: Folder = Field(Path("~/.local/share/siss"), description="The state folder: database, index, logs.")
    roots: Paths = Field((), description="The folders to index; the command line's DIR arguments take their place.")
    database_url: SecretStr = Field(SecretStr(""), description="`postgresql://` URL; empty: embedded PostgreSQL.")
    search_url: Reserved = Field(
        "", description="Reserved: full-text search is embedded in this version (Tantivy, in the state folder)."
    )
    cache_url: Reserved = Field("", description="Reserved: the cache is a table of the database in this version.")
    scanner_url: str = Field(
        "", description="ClamAV for uploads: `unix:/run/clamav/clamd.ctl` or `clamd://HOST:3310`; empty: no scan."
    )
    scanner_timeout: Seconds = Field(60.0, gt=0, description="A scanner without progress for longer is away (503).")
    upload_root: File = Field(
        None,
        description="The one folder that uploads are written to: in a root, or indexed as one; empty: no uploads.",
    )
    path_map: StringMap = Field(
        {},
        description="`FROM=TO` pairs: how users see a NAS path on their own mounts (`path_on_client` in results), "
        "such as `/nas=Z:\\`.",
    )

    # The service
    host: str = Field("127.0.0.1", description="Address to listen on. Any but loopback wants API keys.")
    keys: Literal["auto", "required", "off"] = Field(
        "auto", description="Whether requests need an API key; `auto`: unless only this machine can ask."
    )
    port: int = Field(8080, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    api_workers: int = Field(2, ge=1, le=64, description="Processes that answer requests.")
    allowed_hosts: Strings = Field((), description="Further `Host` header values to answer to.")
    upload_size: Bytes = Field(1 << 30, ge=1, description="The largest file that may be uploaded.")
    upload_batch_size: Bytes = Field(4 << 30, ge=1, description="All files of one batch together.")
    body_timeout: Seconds = Field(
        30.0, gt=0, description="A request's body without progress for longer is given up with 408."
    )
    request_timeout: Seconds = Field(
        60.0, description="An answer that has not begun after this long is given up with 503; 0: never."
    )
    query_timeout: Seconds = Field(5.0, description="A search that takes longer is given up with 503.")
    nas_timeout: Seconds = Field(5.0, description="How long to wait for the NAS before a download answers 503.")
    gateway_config: str = Field("", description="The LLM gateway's TOML file, to serve it below `/llm` too.")
    search_log: bool = Field(default=False, description="Whether query texts stand in the logs.")

    # Finding files
    follow_symlinks: bool = Field(
        default=True, description="Follow links (never out of their root, never in circles)."
    )
    one_filesystem: bool = Field(default=False, description="Do not enter file systems mounted below a root.")
    default_ignores: bool = Field(default=True, description="Ignore `.git`, `@eaDir`, `#recycle` and the like.")
    ignore: Strings = Field((), description="Further ignore rules, in gitignore's syntax, relative to each root.")
    case_insensitive: Literal["auto", "yes", "no"] = Field(
        "auto", description="Whether names that differ in case are one file; `auto` probes each root."
    )
    watch: Literal["auto", "events", "polling", "off"] = Field(
        "auto", description="How changes are noticed; `auto` probes each root."
    )
    scan_interval: Seconds = Field(900.0, description="Time between reconciling scans; 0: only on request.")
    poll_interval: Seconds = Field(60.0, description="Time between scans of roots that send no events.")
    nas_retry: Seconds = Field(60.0, description="How often a root that is away is probed again.")
    settle_seconds: Seconds = Field(0.3, description="How long a local file must be still before it is read.")
    settle_seconds_network: Seconds = Field(3.0, description="The same on network mounts.")
    tail_seconds: Seconds = Field(
        2.0, description="How often new lines of a growing log are indexed; an unfinished one waits as long."
    )
    rest_seconds: Seconds = Field(60.0, description="How long a growing log must be still to be hashed whole.")
    missing_grace: Seconds = Field(86400.0, description="How long a vanished file is kept as `missing`.")
    outage_fraction: float = Field(
        0.5,
        gt=0,
        le=1,
        description="A scan that misses more than this share of at least 100 files is an outage.",
    )
    io_limit: Bytes = Field(
        0, description="Bytes a second to read from roots at the most, folders listed one by one; 0: no limit."
    )

    # Reading files
    index_workers: int = Field(
        default_factory=_default_workers,
        ge=1,
        le=256,
        description="Processes that read and parse; default: processors.",
    )
    nice: int = Field(10, ge=0, le=19, description="How far indexing steps behind searches.")
    worker_memory: Bytes = Field(1 << 30, description="A reading process above this is ended, its file recorded.")
    parse_timeout: Seconds = Field(60.0, description="A file without progress for longer is ended and recorded.")
    whole_size: Bytes = Field(10 << 20, description="Files up to this are read whole, larger ones as a stream.")
    max_file_size: Bytes = Field(100 << 20, description="Larger files: metadata only, unless line-structured.")
    max_decompressed_size: Bytes = Field(1 << 30, description="Where reading through a compressed file ends.")
    max_decompressed_ratio: int = Field(1000, ge=1, description="The same, as a multiple of the compressed size.")
    max_depth: int = Field(32, ge=1, le=512, description="Nesting of JSON and XML beyond it is text only.")
    max_members: int = Field(10_000, ge=0, description="Names of archive members that are searchable.")
    chunk_bytes: int = Field(4096, ge=256, le=65536, description="The most text in one search chunk.")

    # What files say
    secret_rules: File = Field(
        None, description="Rules and allow lists of your own: a TOML file as gitleaks reads it."
    )
    secret_baseline: File = Field(
        None,
        description="Fingerprints of secrets that are known and accepted, one a line: no file is hidden for them.",
    )
    secret_key_file: File = Field(
        None, description="The key of the fingerprints (hexadecimal); empty: `secrets.key` in the state folder."
    )
    entity_patterns: Patterns = Field(
        {}, description="Entities of your own: `NAME=PATTERN` (RE2), one a line; `custom` entities are `NAME:value`."
    )

    recluster_interval: Seconds = Field(
        300.0, description="Least time from one grouping of structured files into schemas to the next; 0: never."
    )

    # Writing the index
    commit_files: int = Field(10_000, ge=1, description="Files in one commit while much waits.")
    commit_seconds: Seconds = Field(
        10.0, description="The longest that a read file waits for its commit while much waits; else it is at once."
    )
    commit_pause: Seconds = Field(
        0.5, description="Least time from one commit to the next: each makes files, which are merged later."
    )
    writer_memory: Bytes = Field(128 << 20, description="Memory of the full-text writer.")

    # Telling others
    webhook_allow: Strings = Field(
        (),
        description="Names, addresses and networks that webhooks may be sent to though they are private.",
    )
    events_kept: int = Field(100_000, ge=1, description="How many events can be asked for again.")

    # Maintenance
    vacuum_interval: Seconds = Field(604_800.0, description="Time between vacuums of the database; 0: never.")
    snapshot_dir: File = Field(
        None, description="Where backups are saved by themselves, on another disk if possible; empty: none are."
    )
    snapshot_interval: Seconds = Field(86_400.0, description="Time between these backups; 0: never.")
    snapshots_kept: int = Field(7, ge=1, description="How many of these backups are kept.")
    integrity_interval: Seconds = Field(604_800.0, description="Time between searches for bit rot; 0: never.")
    integrity_share: float = Field(
        0.01,
        gt=0,
        le=1,
        description="The share of files that each of them reads again, and of contents for `siss verify`.",
    )
    audit_interval: Seconds = Field(2_592_000.0, description="Time between rotations of the audit log; 0: never.")
    audit_retention: Seconds = Field(
        7_776_000.0, description="Older entries of the audit log move into `audit/` of the state folder."
    )
    jobs_interval: Seconds = Field(86_400.0, description="Time between clean-ups of ended jobs; 0: never.")
    job_retention: Seconds = Field(604_800.0, description="How long a job that ended can be asked for.")
    dead_files_interval: Seconds = Field(86_400.0, description="Time between searches for dead files; 0: never.")
    compact_interval: Seconds = Field(
        86_400.0, description="Time between looks at how much of the full-text index is gone; 0: never."
    )

    # Logs and traces
    log_level: Literal["debug", "info", "warning", "error"] = Field("info", description="Least level that is logged.")
    log_format: Literal["auto", "json", "text"] = Field("auto", description="`auto`: text on a terminal, else JSON.")
    otel_endpoint: str = Field(
        "",
        description="OpenTelemetry collector for traces (OTLP over HTTP): `http://localhost:4318`; empty: as "
        "`OTEL_EXPORTER_OTLP_ENDPOINT` says, otherwise none.",
    )


@dataclass(frozen=True, slots=True)
class Origin:
    """Where a setting's value came from: ``default``, ``environment``, ``file`` or ``command line``."""

    source: str
    name: str = ""


@dataclass(frozen=True, slots=True)
class Loaded:
    """Settings with the origin of each value."""

    settings: Settings
    origins: Mapping[str, Origin]


RESERVED = {
    *("config", "api_url", "api_key", "gateway_url", "gateway_key"),
    *("stella_url", "pegasus_url", "max_url", "embedding_url"),
}
"""``SISS_`` variables that are not settings of the service: ``SISS_CONFIG``, and where the CLI finds a server."""


def load_settings(overrides: Mapping[str, Any] | None = None, environ: Mapping[str, str] | None = None) -> Loaded:
    """Settings from the command line, the environment, a TOML file and the defaults.

    Raises ``ConfigError`` whose message and ``details['variable']`` name the first value that cannot be used.
    """
    environ = os.environ if environ is None else environ
    values: dict[str, Any] = {}
    origins: dict[str, Origin] = {name: Origin("default") for name in Settings.model_fields}
    from_environment = {name[5:].lower(): text for name, text in environ.items() if name.startswith("SISS_")}
    file = _config_file(from_environment, overrides or {})
    for source, found in (
        ("file", _read_toml(file) if file else {}),
        ("environment", {name: text for name, text in from_environment.items() if not _is_others(name)}),
        ("command line", {name: value for name, value in (overrides or {}).items() if value is not None}),
    ):
        for name, value in found.items():
            origin = Origin(source, {"environment": f"SISS_{name.upper()}", "file": str(file)}.get(source, ""))
            if name not in Settings.model_fields:
                raise _unknown(name, origin)
            values[name] = value
            origins[name] = origin
    try:
        return Loaded(Settings(**values), origins)
    except ValidationError as error:
        first = error.errors()[0]
        name = str(first["loc"][0])
        raise _unusable(name, origins[name], first) from error


def _is_others(name: str) -> bool:
    return name in RESERVED or name.startswith("gateway__")


def as_toml(settings: Settings) -> str:
    """What differs from the defaults, as the file that is read; not where things are, and no secrets."""
    lines = []
    defaults = Settings().model_dump(mode="json")
    for name, value in settings.model_dump(mode="json").items():
        if name != "data_dir" and value != defaults[name] and not isinstance(getattr(settings, name), SecretStr):
            lines.append(f"{name} = {_toml(value)}\n")
    return "".join(lines)


def _toml(value: Any) -> str:
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_toml(str(name))} = {_toml(item)}" for name, item in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(_toml(item) for item in value) + "]"
    return json.dumps(value)  # numbers, truths and strings are written alike


def _config_file(environment: Mapping[str, str], overrides: Mapping[str, Any]) -> Path | None:
    if named := environment.get("config"):
        return Path(named).expanduser()
    folder = overrides.get("data_dir") or environment.get("data_dir") or Settings.model_fields["data_dir"].default
    beside = Path(folder).expanduser() / "siss.toml"
    try:
        return beside if beside.is_file() else None
    except OSError as error:  # somebody else's folder, or a mount that does not answer
        raise ConfigError(
            f"SISS_DATA_DIR: {folder} cannot be looked into ({error.strerror}): choose a folder of your own",
            variable="SISS_DATA_DIR",
        ) from error


def _read_toml(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text("utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"SISS_CONFIG: {file} cannot be read: {error}", variable="SISS_CONFIG") from error


def _unknown(name: str, origin: Origin) -> ConfigError:
    # Options of a command are there: on a command line an unknown one stands behind ``--set``.
    spell = "--set {}".format if origin.source == "command line" else partial(_spell, origin=origin)
    near = get_close_matches(name, list(Settings.model_fields), 1, 0.5)
    hint = f" Did you mean {spell(near[0])}?" if near else ""
    spelt = spell(name)
    return ConfigError(f"{spelt}: there is no such setting.{hint}", variable=spelt)


def _unusable(name: str, origin: Origin, error: Any) -> ConfigError:
    spelt = _spell(name, origin)
    given = "" if "secret" in str(error["type"]) else f" (given: {str(error['input'])[:80]!r})"
    message = str(error["msg"]).removeprefix("Value error, ")
    return ConfigError(f"{spelt}: {message}{given}. {Settings.model_fields[name].description}", variable=spelt)


def _spell(name: str, origin: Origin) -> str:
    match origin.source:
        case "file":
            return f"{name} in {origin.name}"
        case "command line":
            return f"--{name.replace('_', '-')}"
        case _:
            return f"SISS_{name.upper()}"
