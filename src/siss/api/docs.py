"""The OpenAPI document as one readable page: no scripts, nothing loaded from anywhere, works with keys and phones."""

import base64
import hashlib
from collections.abc import Iterator, Mapping
from html import escape
from typing import Any, Final
from urllib.parse import quote

import orjson

from siss.api.examples import make_example, resolve
from siss.errors import error_kinds

_STYLE: Final = """
:root{color-scheme:light dark;--line:#8884;--soft:#8882}
body{font:16px/1.5 system-ui,sans-serif;max-width:60rem;margin:0 auto;padding:1rem}
h1{margin:.2em 0}h2{margin-top:2em;text-transform:capitalize}
details{border:1px solid var(--line);border-radius:.5rem;margin:.5rem 0}
summary{padding:.6rem .8rem;cursor:pointer;overflow-wrap:anywhere}
summary:focus-visible,a:focus-visible{outline:3px solid Highlight;outline-offset:2px}
details>div{padding:0 .8rem .6rem}
code,pre{font:.875em ui-monospace,monospace}
pre{background:var(--soft);border-radius:.4rem;padding:.6rem;overflow-x:auto}
.verb{display:inline-block;min-width:3.5em;font-weight:700}
.about{display:block;opacity:.8}
.scroll{overflow-x:auto}
table{border-collapse:collapse;width:100%}
th,td{text-align:left;vertical-align:top;padding:.3rem .6rem .3rem 0;border-top:1px solid var(--line)}
nav a{margin-right:1em;display:inline-block;padding:.3rem 0}
""".strip()

DOCS_POLICY: Final = (
    "default-src 'none'; style-src 'sha256-"
    + base64.b64encode(hashlib.sha256(_STYLE.encode()).digest()).decode()
    + "'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'"
)
"""The page may use its own style and nothing else."""

_METHODS: Final = ("get", "post", "put", "patch", "delete")


def render_docs(document: Mapping[str, Any]) -> str:
    """The page for an OpenAPI document."""
    operations: dict[str, list[str]] = {}
    for path, item in document["paths"].items():
        for method in _METHODS:
            if method in item:
                operation = item[method]
                tag = (operation.get("tags") or ["other"])[0]
                operations.setdefault(tag, []).append(_operation(document, path, method, operation))
    info = document["info"]
    links = "".join(f'<a href="#{escape(tag)}">{escape(tag)}</a>' for tag in [*operations, "errors"])
    body = "".join(f'<h2 id="{escape(tag)}">{escape(tag)}</h2>{"".join(found)}' for tag, found in operations.items())
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(info['title'])} API</title><style>{_STYLE}</style></head><body>"
        f"<header><h1>{escape(info['title'])} API <small>{escape(info['version'])}</small></h1>"
        f"{_paragraphs(info.get('description', ''))}"
        '<p>For programs: <a href="/openapi.json">openapi.json</a>. '
        'Try <a href="/api/v1/search?q=error">a search</a>, <a href="/api/v1/stats">the numbers</a>, '
        '<a href="/readyz?verbose=true">the health</a>.</p></header>'
        f'<nav aria-label="Sections">{links}</nav><main>{body}{_errors()}</main></body></html>'
    )


def _operation(document: Mapping[str, Any], path: str, method: str, operation: Mapping[str, Any]) -> str:
    parts = [_paragraphs(operation.get("description", ""))]
    if parameters := operation.get("parameters"):
        rows = "".join(_parameter(document, parameter) for parameter in parameters)
        parts.append(_table("Parameters", ("Name", "Type", "Meaning"), rows))
    if body := operation.get("requestBody"):
        schema = _json_schema(body)
        if schema is not None:
            parts.append(_fields(document, "Body (JSON)", schema))
            example = body["content"]["application/json"].get("example", make_example(document, schema))
            parts.append(f"<p>For example</p>{_pre(example)}")
    parts.append(_table("Answers", ("Status", "Meaning"), "".join(_answers(operation))))
    good: Mapping[str, Any] = next(
        (answer for status, answer in operation["responses"].items() if status.startswith("2")), {}
    )
    if (schema := _json_schema(good)) is not None:
        parts.append(f"<p>For example</p>{_pre(make_example(document, schema))}")
    if method == "get" and "{" not in path:
        parts.append(f'<p><a href="{quote(path)}">{escape(path)}</a></p>')
    return (
        f'<details><summary><span class="verb">{method.upper()}</span> <code>{escape(path)}</code>'
        f'<span class="about">{escape(operation.get("summary", ""))}</span></summary>'
        f"<div>{''.join(parts)}</div></details>"
    )


def _answers(operation: Mapping[str, Any]) -> Iterator[str]:
    for status, answer in operation["responses"].items():
        yield f"<tr><td>{escape(status)}</td><td>{_inline(answer.get('description', ''))}</td></tr>"


def _errors() -> str:
    """What each code means, under the anchor that problem details name."""
    rows = "".join(
        f'<tr id="{kind.anchor}"><td><code>{kind.code}</code></td>'
        f"<td>{kind.status}</td><td>{_inline(about)}</td></tr>"
        for kind, about in error_kinds().values()
    )
    return f'<h2 id="errors">errors</h2>{_table("Codes", ("Code", "Status", "Meaning"), rows)}'


def _parameter(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> str:
    schema = parameter.get("schema", {})
    required = " (required)" if parameter.get("required") else ""
    about = parameter.get("description") or schema.get("description", "")
    if "default" in schema and schema["default"] is not None:
        about = f"{about} Default: `{orjson.dumps(schema['default']).decode()}`.".strip()
    return (
        f"<tr><td><code>{escape(parameter['name'])}</code>{required}</td>"
        f"<td>{escape(_type(document, schema))}</td><td>{_inline(about)}</td></tr>"
    )


def _fields(document: Mapping[str, Any], title: str, schema: Mapping[str, Any]) -> str:
    schema = resolve(document, schema)
    rows = "".join(
        f"<tr><td><code>{escape(name)}</code></td><td>{escape(_type(document, field))}</td>"
        f"<td>{_inline(resolve(document, field).get('description', ''))}</td></tr>"
        for name, field in schema.get("properties", {}).items()
    )
    return _table(title, ("Name", "Type", "Meaning"), rows) if rows else ""


def _table(title: str, heads: tuple[str, ...], rows: str) -> str:
    head = "".join(f'<th scope="col">{escape(name)}</th>' for name in heads)
    return f'<h3>{escape(title)}</h3><div class="scroll"><table><tr>{head}</tr>{rows}</table></div>'


def _json_schema(holder: Mapping[str, Any]) -> Mapping[str, Any] | None:
    schema: Mapping[str, Any] | None = holder.get("content", {}).get("application/json", {}).get("schema")
    return schema or None


def _type(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    schema = resolve(document, schema)
    if "enum" in schema:
        return " | ".join(str(value) for value in schema["enum"])
    if schema.get("type") == "array":
        return f"list of {_type(document, schema.get('items', {}))}"
    return str(schema.get("format") or schema.get("type") or schema.get("const") or "any")


def _pre(example: Any) -> str:
    return f"<pre>{escape(orjson.dumps(example, option=orjson.OPT_INDENT_2).decode())}</pre>"


def _paragraphs(text: str) -> str:
    return "".join(f"<p>{_inline(part)}</p>" for part in text.strip().split("\n\n") if part)


def _inline(text: str) -> str:
    """Escaped text in which what stands between backticks is code."""
    parts = escape(text).replace("``", "`").split("`")
    return "".join(f"<code>{part}</code>" if index % 2 else part for index, part in enumerate(parts))
