"""Examples of answers for the OpenAPI document: put together from those of their fields, and one for each error."""

from collections.abc import Mapping
from typing import Any, Final

from siss.errors import error_kinds

_FILE_ID: Final = "0192f7c1-9a1b-7c3e-8f00-5b1f0a7d3c11"
_PATH: Final = "/volume1/data/configs/db-config.json"
_LIKE: Final[dict[str, Any]] = {
    "ai_summary": "PostgreSQL connection pool of the production cluster.",
    "arguments": {"path": "/volume1/data/configs", "accept_deletions": False},
    "attempts": 1,
    "by_extent": {"whole": 1180, "partial": 16, "none": 4},
    "by_kind": {"json": 700, "log": 500},
    "by_mime": {"application/json": 700, "text/x-log": 500},
    "by_reason": {"binary": 4, "encoding_errors": 16},
    "by_status": {"indexed": 1196, "metadata_only": 4},
    "bytes": 48_211_968,
    "bytes_per_second": 7_340_032.0,
    "bytes_read": 48_211_968,
    "chunks": 12_904,
    "contents": 1164,
    "current": [_PATH],
    "cursor": "ksQIwHL0Si0Q-rGSuy90bXAvaDQ1L25hcy9sb2dzL2FwcC0xLmxvZ1c",
    "date": "2026-02-10",
    "description": "The primary's connection pool.",
    "detail": "1,200 files, 12,904 chunks",
    "ended": "",
    "extent": "whole",
    "failed": 0,
    "file_id": _FILE_ID,
    "files": 1200,
    "files_per_second": 700.0,
    "hidden": 1,
    "id": _FILE_ID,
    "in_flight": 2,
    "indexed": 1200,
    "item": "server.pool",
    "last_scan_seconds": 2.5,
    "latency_ms": 0.8,
    "line": 17,
    "lines": 120,
    "links": {"self": f"/api/v1/files/{_FILE_ID}"},
    "notes": ["Too few files have all words: those that have most of them follow."],
    "oldest_pending_seconds": 0.4,
    "other_paths": ["/volume1/backup/configs/db-config.json"],
    "outbox": 0,
    "outdated": 0,
    "partial": 16,
    "path": _PATH,
    "pending": 12,
    "preview": "max_connections: 100\ndatabase: prod_main",
    "progress": {"files": 700},
    "query": {"query": {"text": "disk failed"}},
    "read_bytes": 2048,
    "requested_by": "key:7Qm2xV0bRt4L",
    "resource_id": _FILE_ID,
    "result": {"files": 1200},
    "seen": 1212,
    "sentence": "Bytes 4,096 to 8,192 are no text.",
    "sha256": "9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08",
    "size": 2048,
    "skipped": {"ignored": 14},
    "source_bytes": 2048,
    "status": "indexed",
    "subject": "key:7Qm2xV0bRt4L",
    "text_bytes": 2048,
    "total": 142,
    "unchanged": 4,
    "url": "https://hooks.example.com/siss",
    "version": "0.1.0",
    "versions": 2,
    "whole": 1180,
    "workers": 2,
    "name": "failed disks",
}
"""What fields of these names may hold, where the models say nothing."""
_EMPTY: Final[dict[str, Any]] = {"string": "", "integer": 0, "number": 0, "boolean": False, "null": None}
_TYPES: Final[dict[str, type | tuple[type, ...]]] = {
    "string": str, "integer": int, "number": (int, float), "array": list, "object": dict, "boolean": bool,
}  # fmt: skip
_DEEPEST: Final = 10


def complete_examples(document: dict[str, Any]) -> None:
    """Put an example to each answer that is JSON, and to each code that an error may have."""
    examples = document["components"].setdefault("examples", {})
    for kind, about in error_kinds().values():
        error = {"code": kind.code, "message": about.split("\n", 1)[0].replace("`", ""), "details": {}}
        examples[kind.code] = {"summary": kind.code, "value": {"error": error}}
    for item in document["paths"].values():
        for operation in item.values():
            for status, answer in operation["responses"].items():
                media = answer.get("content", {}).get("application/json")
                if media is None:
                    continue
                if media["schema"].get("$ref") == "#/components/schemas/ErrorBody":
                    codes = [code for code in answer["description"].split(" or ") if code in examples] or ["INTERNAL"]
                    media["examples"] = {code: {"$ref": f"#/components/examples/{code}"} for code in codes}
                elif status.startswith("2"):
                    media.setdefault("example", make_example(document, media["schema"]))


def make_example(document: Mapping[str, Any], schema: Mapping[str, Any], name: str = "", depth: int = 0) -> Any:
    """A value of a schema: its own example, or one of each of its fields. ``name``: of the field that it is for."""
    if examples := schema.get("examples"):
        return examples[0]
    nullable = any(choice.get("type") == "null" for choice in schema.get("anyOf", ()))
    schema = resolve(document, schema)
    kind = schema.get("type")
    if examples := schema.get("examples"):
        return examples[0]
    if (value := schema.get("const", schema.get("default"))) is not None:
        return value
    if "enum" in schema:
        return schema["enum"][0]
    if schema.get("format") == "date-time":
        return "2026-02-10T14:30:00Z"
    if kind == "object" and (fields := schema.get("properties")) and depth < _DEEPEST:
        return {name: make_example(document, field, name, depth + 1) for name, field in fields.items()}
    if name in _LIKE and isinstance(_LIKE[name], _TYPES.get(str(kind), ())):
        return _LIKE[name]
    if nullable:
        return None
    if kind == "array":
        return [make_example(document, schema.get("items", {}), "", depth + 1)]
    return _EMPTY.get(str(kind), {} if depth else None)


def resolve(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    """The schema itself: references followed, and the choice that is not null taken."""
    while True:
        if "$ref" in schema:
            schema = document["components"]["schemas"][schema["$ref"].rsplit("/", 1)[1]]
        elif choices := schema.get("anyOf"):
            schema = next((choice for choice in choices if choice.get("type") != "null"), choices[0])
        else:
            return schema
