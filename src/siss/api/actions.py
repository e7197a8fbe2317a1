"""What each route does, in the words of the audit log. A test finds a route that is missing here."""

from typing import Final

UNKNOWN: Final = ("unknown", "none")
"""A request for which there is no route."""

ACTIONS: Final = {
    ("GET", "/metrics"): ("read", "stats"),
    ("GET", "/sign-in"): ("sign_in", "session"),
    ("GET", "/search"): ("search", "search"),
    ("POST", "/search"): ("search", "search"),
    ("POST", "/search/jsonpath"): ("search", "search"),
    ("POST", "/search/xpath"): ("search", "search"),
    ("GET", "/files"): ("list", "file"),
    ("GET", "/files/{id}"): ("read", "file"),
    ("GET", "/files/{id}/content"): ("read", "file"),
    ("GET", "/files/{id}/download"): ("download", "file"),
    ("GET", "/files/{id}/chunks"): ("read", "file"),
    ("GET", "/files/{id}/coverage"): ("read", "file"),
    ("GET", "/files/{id}/versions"): ("read", "file"),
    ("GET", "/files/{id}/entities"): ("read", "file"),
    ("GET", "/files/{id}/related"): ("read", "file"),
    ("GET", "/files/{id}/schema"): ("read", "file"),
    ("GET", "/files/{id}/anomalies"): ("read", "file"),
    ("GET", "/files/{id}/secrets"): ("read", "file"),
    ("POST", "/files"): ("upload", "file"),
    ("POST", "/files/batch"): ("upload", "job"),
    ("PATCH", "/files/{id}"): ("change", "file"),
    ("DELETE", "/files/{id}"): ("delete", "file"),
    ("POST", "/files/{id}/restore"): ("change", "file"),
    ("GET", "/coverage"): ("read", "file"),
    ("GET", "/secrets"): ("list", "secret"),
    ("GET", "/entities"): ("list", "entity"),
    ("GET", "/entities/{type}/{value}"): ("read", "entity"),
    ("GET", "/entities/{type}/{value}/files"): ("list", "entity"),
    ("GET", "/relationships"): ("list", "relationship"),
    ("GET", "/graph"): ("read", "relationship"),
    ("GET", "/schemas"): ("list", "schema"),
    ("GET", "/schemas/{id}"): ("read", "schema"),
    ("GET", "/schemas/{id}/files"): ("list", "schema"),
    ("GET", "/schemas/{id}/drift"): ("read", "schema"),
    ("GET", "/anomalies"): ("list", "anomaly"),
    ("GET", "/anomalies/{id}"): ("read", "anomaly"),
    ("PATCH", "/anomalies/{id}"): ("change", "anomaly"),
    ("GET", "/stats"): ("read", "stats"),
    ("GET", "/stats/facets/{field}"): ("read", "stats"),
    ("POST", "/ingest/scan"): ("index", "job"),
    ("POST", "/ingest/reindex"): ("index", "job"),
    ("POST", "/ingest/reindex/{id}"): ("index", "file"),
    ("POST", "/ingest/verify"): ("index", "job"),
    ("POST", "/ingest/pause"): ("change", "ingest"),
    ("POST", "/ingest/resume"): ("change", "ingest"),
    ("GET", "/ingest/status"): ("read", "ingest"),
    ("GET", "/jobs"): ("list", "job"),
    ("POST", "/jobs/{id}/cancel"): ("change", "job"),
    ("GET", "/jobs/{id}"): ("read", "job"),
    ("GET", "/events"): ("read", "event"),
    ("GET", "/searches"): ("list", "saved_search"),
    ("POST", "/searches"): ("create", "saved_search"),
    ("GET", "/searches/{id}"): ("read", "saved_search"),
    ("DELETE", "/searches/{id}"): ("delete", "saved_search"),
    ("GET", "/searches/{id}/results"): ("search", "saved_search"),
    ("GET", "/webhooks"): ("list", "webhook"),
    ("POST", "/webhooks"): ("create", "webhook"),
    ("GET", "/webhooks/{id}"): ("read", "webhook"),
    ("PATCH", "/webhooks/{id}"): ("change", "webhook"),
    ("DELETE", "/webhooks/{id}"): ("delete", "webhook"),
    ("GET", "/webhooks/{id}/deliveries"): ("list", "webhook"),
    ("GET", "/synonyms"): ("list", "synonym"),
    ("PUT", "/synonyms"): ("change", "synonym"),
    ("DELETE", "/synonyms/{term}"): ("delete", "synonym"),
    ("GET", "/keys"): ("list", "key"),
    ("POST", "/keys"): ("create", "key"),
    ("DELETE", "/keys/{key}"): ("delete", "key"),
    ("POST", "/keys/{key}/renew"): ("change", "key"),
    ("POST", "/keys/{key}/rotate"): ("change", "key"),
    ("GET", "/audit"): ("list", "audit"),
    ("GET", "/maintenance"): ("list", "maintenance"),
    ("POST", "/maintenance/{task}"): ("index", "job"),
}
"""By method and pattern, without the API's prefix."""

NAMES: Final = sorted({action for action, _ in ACTIONS.values()} | {UNKNOWN[0]})
"""Every action that an entry may have."""


def action_of(method: str, path: str | None) -> tuple[str, str]:
    """Action and kind of resource of a route."""
    return ACTIONS.get(("GET" if method == "HEAD" else method, path or ""), UNKNOWN)
