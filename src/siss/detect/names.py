"""What a file's name suggests: a MIME type, and the structure to try first. The bytes decide."""

import re
from dataclasses import dataclass
from functools import lru_cache
from mimetypes import MimeTypes
from typing import Final

from siss.model.content import Kind

_COMPRESSED: Final = frozenset({"gz", "bz2", "xz", "zst", "zstd", "z"})
# What rotation appends: app.log.1, app.log-20260101, app.log.2026-01-01, app.log.old
_ROTATED: Final = re.compile(r"(?:[.-](?:\d{1,4}|\d{8,14}|\d{4}-\d\d-\d\d(?:[-_T]?\d\d){0,3}|old|bak|orig|prev))$")


@dataclass(frozen=True, slots=True)
class Promise:
    """What a name says. ``firm``: the text is of this kind whatever its lines look like (source code, YAML)."""

    mime: str
    kind: Kind
    firm: bool = False


_JSON: Final = Promise("application/json", Kind.JSON)
_XML: Final = Promise("text/xml", Kind.XML)
_LOG: Final = Promise("text/x-log", Kind.LOG)


def _text(mime: str) -> Promise:
    return Promise(mime, Kind.TEXT, firm=True)


_EXTENSIONS: Final[dict[str, Promise]] = {
    "json": _JSON,
    "geojson": Promise("application/geo+json", Kind.JSON),
    "topojson": _JSON,
    "jsonld": Promise("application/ld+json", Kind.JSON),
    "ipynb": Promise("application/x-ipynb+json", Kind.JSON),
    "har": _JSON,
    "avsc": _JSON,
    "tfstate": _JSON,
    "webmanifest": Promise("application/manifest+json", Kind.JSON),
    "jsonc": _JSON,
    "json5": Promise("application/json5", Kind.JSON),
    "jsonl": Promise("application/jsonl", Kind.JSONL),
    "ndjson": Promise("application/jsonl", Kind.JSONL),
    "csv": Promise("text/csv", Kind.DELIMITED),
    "tsv": Promise("text/tab-separated-values", Kind.DELIMITED),
    "tab": Promise("text/tab-separated-values", Kind.DELIMITED),
    "psv": Promise("text/csv", Kind.DELIMITED),
    "log": _LOG,
    "env": Promise("text/x-env", Kind.KEYVALUE),
    "properties": Promise("text/x-java-properties", Kind.KEYVALUE),
    "ini": _text("text/x-ini"),
    "yaml": _text("application/yaml"),
    "yml": _text("application/yaml"),
    "toml": _text("application/toml"),
    "md": _text("text/markdown"),
    "markdown": _text("text/markdown"),
    "rst": _text("text/x-rst"),
    "html": _text("text/html"),
    "htm": _text("text/html"),
    "css": _text("text/css"),
    "js": _text("text/javascript"),
    "mjs": _text("text/javascript"),
    "ts": _text("text/x-typescript"),
    "py": _text("text/x-python"),
    "sh": _text("text/x-shellscript"),
    "bash": _text("text/x-shellscript"),
    "ps1": _text("text/x-powershell"),
    "bat": _text("text/x-msdos-batch"),
    "cmd": _text("text/x-msdos-batch"),
    "sql": _text("application/sql"),
    "c": _text("text/x-c"),
    "h": _text("text/x-c"),
    "cpp": _text("text/x-c++"),
    "cc": _text("text/x-c++"),
    "hpp": _text("text/x-c++"),
    "java": _text("text/x-java"),
    "go": _text("text/x-go"),
    "rs": _text("text/x-rust"),
    "rb": _text("text/x-ruby"),
    "php": _text("text/x-php"),
    "pl": _text("text/x-perl"),
    "lua": _text("text/x-lua"),
    "r": _text("text/x-r"),
    "tf": _text("text/x-terraform"),
    "tfvars": _text("text/x-terraform"),
    "kt": _text("text/x-kotlin"),
    "cs": _text("text/x-csharp"),
    "scala": _text("text/x-scala"),
    "swift": _text("text/x-swift"),
    "vbs": _text("text/vbscript"),
    "psm1": _text("text/x-powershell"),
    "zsh": _text("text/x-shellscript"),
    "awk": _text("text/x-awk"),
    "tcl": _text("text/x-tcl"),
    "gradle": _text("text/x-groovy"),
    "groovy": _text("text/x-groovy"),
    "graphql": _text("application/graphql"),
    "ldif": _text("text/x-ldif"),
    "adoc": _text("text/x-asciidoc"),
    "hcl": _text("text/x-hcl"),
    "proto": _text("text/x-protobuf"),
    "diff": _text("text/x-diff"),
    "patch": _text("text/x-diff"),
    "tex": _text("text/x-tex"),
    "eml": _text("message/rfc822"),
    "ics": _text("text/calendar"),
    "vcf": _text("text/vcard"),
    "rtf": _text("text/rtf"),
    "srt": _text("application/x-subrip"),
    "pem": _text("application/x-pem-file"),
    "crt": _text("application/x-pem-file"),
    **dict.fromkeys(("service", "timer", "socket", "mount", "target"), _text("text/x-systemd-unit")),
    "reg": _text("text/x-ms-regedit"),
    **dict.fromkeys(("xsd", "pom", "xhtml", "plist", "kml", "gpx", "wsdl", "csproj", "config", "xml"), _XML),
    "svg": Promise("image/svg+xml", Kind.XML),
    "rss": Promise("application/rss+xml", Kind.XML),
    "atom": Promise("application/atom+xml", Kind.XML),
    "xsl": Promise("application/xslt+xml", Kind.XML),
    "xslt": Promise("application/xslt+xml", Kind.XML),
    "dtd": _text("application/xml-dtd"),
    "ent": _text("application/xml-external-parsed-entity"),
}

_WHOLE_NAMES: Final[dict[str, Promise]] = {
    "makefile": _text("text/x-makefile"),
    "dockerfile": _text("text/x-dockerfile"),
    "jenkinsfile": _text("text/x-groovy"),
    "vagrantfile": _text("text/x-ruby"),
    "gemfile": _text("text/x-ruby"),
    ".env": _EXTENSIONS["env"],
    "syslog": _LOG,
    "messages": _LOG,
    "auth.log": _LOG,
}

# The defaults of the standard library, without what this machine adds: the same on every machine.
_REGISTERED: Final = MimeTypes()


def extension_of(name: str) -> str:
    """The extension that describes the content, in lower case without the dot: ``csv`` for ``a.csv.gz``."""
    return _plain(name.lower())[1]


@lru_cache(maxsize=4096)
def promise_of(name: str) -> Promise | None:
    """What a file's name suggests of its content; None if nothing."""
    name, extension = _plain(name.lower())
    if found := _WHOLE_NAMES.get(name) or _EXTENSIONS.get(extension):
        return found
    if name.startswith((".env.", "dockerfile.")):
        return _WHOLE_NAMES[name[: name.index(".", 1)]]
    mime, _ = _REGISTERED.guess_type(f"x.{extension}") if extension else (None, None)
    return _text(mime) if mime and mime.startswith("text/") and mime != "text/plain" else None


@lru_cache(maxsize=256)
def _plain(name: str) -> tuple[str, str]:
    """A name without what compression and rotation appended, and its extension."""
    stem, dot, extension = name.rpartition(".")
    if dot and extension in _COMPRESSED:
        name = stem
    shorter = _ROTATED.sub("", name) if name[-1:].isalnum() else name
    if shorter != name and shorter:
        name = shorter
    return name, name.rpartition(".")[2] if "." in name[1:] else ""
