"""Every endpoint, as a function that describes a request. Made by ``generate.py``, not by hand."""

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from siss.client.call import Call

if TYPE_CHECKING:
    from siss.api.models.access import AuditPageItem, KeyItem, KeyList, NewKey
    from siss.api.models.anomalies import AnomalyItem, AnomalyPage, FileAnomalyPage
    from siss.api.models.coverage import FileCoverage, PathCoverage
    from siss.api.models.entities import EntityDetail, EntityPage, NamedPage, NamingFilePage
    from siss.api.models.files import ChunkList, FileDetail, FilePage, VersionList
    from siss.api.models.ingest import IngestState, JobItem, JobList
    from siss.api.models.relationships import RelatedPage, RelationshipPage
    from siss.api.models.search import FacetList, SearchPage
    from siss.api.models.stats import Alive, Ready, Stats
    from siss.api.models.structure import DriftAnswer, SchemaDetail, SchemaFilePage, SchemaPage, StructurePage
    from siss.api.models.synonyms import SynonymItem, SynonymList
    from siss.api.models.webhooks import (
        DeliveryList,
        NewWebhook,
        SavedSearchItem,
        SavedSearchList,
        WebhookItem,
        WebhookList,
    )
    from siss.api.routes.maintenance import TaskList


def get_search(
    *,
    q: str | None = None,
    cursor: str | None = None,
    size: int | None = None,
    sort: str | None = None,
    order: str | None = None,
    facets: Sequence[str] | None = None,
    mime: Sequence[str] | None = None,
    tag: Sequence[str] | None = None,
    highlight: bool | None = None,
    explain: bool | None = None,
    typos: bool | None = None,
) -> "Call[SearchPage]":
    """Search with a line of text."""
    return Call(
        "GET",
        "/api/v1/search",
        "siss.api.models.search:SearchPage",
        params={
            "q": q,
            "cursor": cursor,
            "size": size,
            "sort": sort,
            "order": order,
            "facets": facets,
            "mime": mime,
            "tag": tag,
            "highlight": highlight,
            "explain": explain,
            "typos": typos,
        },
    )


def post_search(body: Mapping[str, Any]) -> "Call[SearchPage]":
    """Search with a structure."""
    return Call("POST", "/api/v1/search", "siss.api.models.search:SearchPage", body=body)


def get_files(
    *,
    mime: Sequence[str] | None = None,
    kind: Sequence[str] | None = None,
    tag: Sequence[str] | None = None,
    status: Sequence[str] | None = None,
    extent: Sequence[str] | None = None,
    folder: str | None = None,
    name: str | None = None,
    hidden: bool | None = None,
    sort: str | None = None,
    order: str | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> "Call[FilePage]":
    """List files."""
    return Call(
        "GET",
        "/api/v1/files",
        "siss.api.models.files:FilePage",
        params={
            "mime": mime,
            "kind": kind,
            "tag": tag,
            "status": status,
            "extent": extent,
            "folder": folder,
            "name": name,
            "hidden": hidden,
            "sort": sort,
            "order": order,
            "cursor": cursor,
            "size": size,
        },
    )


def post_file(files: Any, *, idempotency_key: str | None = None) -> "Call[FileDetail]":
    """Upload a file."""
    return Call(
        "POST",
        "/api/v1/files",
        "siss.api.models.files:FileDetail",
        headers={"Idempotency-Key": idempotency_key},
        files=files,
        patient=True,
    )


def get_file(id_: str, *, hidden: bool | None = None) -> "Call[FileDetail]":
    """One file."""
    return Call(
        "GET", f"/api/v1/files/{quote(id_, safe='')}", "siss.api.models.files:FileDetail", params={"hidden": hidden}
    )


def patch_file(id_: str, body: Mapping[str, Any], *, if_match: str | None = None) -> "Call[FileDetail]":
    """Change tags and description."""
    return Call(
        "PATCH",
        f"/api/v1/files/{quote(id_, safe='')}",
        "siss.api.models.files:FileDetail",
        headers={"If-Match": if_match},
        body=body,
    )


def delete_file(id_: str, *, if_match: str | None = None) -> "Call[FileDetail]":
    """Take a file out of the index."""
    return Call(
        "DELETE",
        f"/api/v1/files/{quote(id_, safe='')}",
        "siss.api.models.files:FileDetail",
        headers={"If-Match": if_match},
    )


def get_chunks(
    id_: str, *, after: int | None = None, cursor: str | None = None, size: int | None = None
) -> "Call[ChunkList]":
    """Chunks of a file."""
    return Call(
        "GET",
        f"/api/v1/files/{quote(id_, safe='')}/chunks",
        "siss.api.models.files:ChunkList",
        params={"after": after, "cursor": cursor, "size": size},
    )


def get_coverage(id_: str) -> "Call[FileCoverage]":
    """What of a file is indexed."""
    return Call("GET", f"/api/v1/files/{quote(id_, safe='')}/coverage", "siss.api.models.coverage:FileCoverage")


def get_versions(id_: str, *, cursor: str | None = None, size: int | None = None) -> "Call[VersionList]":
    """Earlier contents of a file."""
    return Call(
        "GET",
        f"/api/v1/files/{quote(id_, safe='')}/versions",
        "siss.api.models.files:VersionList",
        params={"cursor": cursor, "size": size},
    )


def get_path_coverage(*, path: str) -> "Call[PathCoverage]":
    """What is known of a path."""
    return Call("GET", "/api/v1/coverage", "siss.api.models.coverage:PathCoverage", params={"path": path})


def post_batch(files: Any, *, idempotency_key: str | None = None) -> "Call[JobItem]":
    """Upload several files."""
    return Call(
        "POST",
        "/api/v1/files/batch",
        "siss.api.models.ingest:JobItem",
        headers={"Idempotency-Key": idempotency_key},
        files=files,
        patient=True,
    )


def post_restore(id_: str) -> "Call[FileDetail]":
    """Put a removed file into the index again."""
    return Call("POST", f"/api/v1/files/{quote(id_, safe='')}/restore", "siss.api.models.files:FileDetail")


def get_content(
    id_: str,
    *,
    offset: int | None = None,
    length: int | None = None,
    raw: bool | None = None,
    hidden: bool | None = None,
) -> "Call[bytes]":
    """The text of a file."""
    return Call(
        "GET",
        f"/api/v1/files/{quote(id_, safe='')}/content",
        "bytes",
        params={"offset": offset, "length": length, "raw": raw, "hidden": hidden},
    )


def download(id_: str, *, hidden: bool | None = None) -> "Call[bytes]":
    """Download a file."""
    return Call("GET", f"/api/v1/files/{quote(id_, safe='')}/download", "bytes", params={"hidden": hidden})


def get_entities(
    *,
    type_: str | None = None,
    value: str | None = None,
    network: str | None = None,
    sort: str | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> "Call[EntityPage]":
    """List what files name."""
    return Call(
        "GET",
        "/api/v1/entities",
        "siss.api.models.entities:EntityPage",
        params={"type": type_, "value": value, "network": network, "sort": sort, "cursor": cursor, "size": size},
    )


def get_naming_files(
    type_: str, value: str, *, cursor: str | None = None, size: int | None = None
) -> "Call[NamingFilePage]":
    """Files that name a thing."""
    return Call(
        "GET",
        f"/api/v1/entities/{quote(type_, safe='')}/{quote(value, safe='')}/files",
        "siss.api.models.entities:NamingFilePage",
        params={"cursor": cursor, "size": size},
    )


def get_entity(type_: str, value: str) -> "Call[EntityDetail]":
    """All about one thing."""
    return Call(
        "GET",
        f"/api/v1/entities/{quote(type_, safe='')}/{quote(value, safe='')}",
        "siss.api.models.entities:EntityDetail",
    )


def get_file_entities(
    id_: str,
    *,
    cursor: str | None = None,
    size: int | None = None,
    type_: Sequence[str] | None = None,
    hidden: bool | None = None,
) -> "Call[NamedPage]":
    """What a file names."""
    return Call(
        "GET",
        f"/api/v1/files/{quote(id_, safe='')}/entities",
        "siss.api.models.entities:NamedPage",
        params={"cursor": cursor, "size": size, "type": type_, "hidden": hidden},
    )


def get_related(
    id_: str,
    *,
    type_: Sequence[str] | None = None,
    min_confidence: float | None = None,
    size: int | None = None,
    cursor: str | None = None,
) -> "Call[RelatedPage]":
    """Files that belong to a file."""
    return Call(
        "GET",
        f"/api/v1/files/{quote(id_, safe='')}/related",
        "siss.api.models.relationships:RelatedPage",
        params={"type": type_, "min_confidence": min_confidence, "size": size, "cursor": cursor},
    )


def get_relationships(
    *,
    type_: Sequence[str] | None = None,
    min_confidence: float | None = None,
    size: int | None = None,
    cursor: str | None = None,
) -> "Call[RelationshipPage]":
    """Browse relationships."""
    return Call(
        "GET",
        "/api/v1/relationships",
        "siss.api.models.relationships:RelationshipPage",
        params={"type": type_, "min_confidence": min_confidence, "size": size, "cursor": cursor},
    )


def get_graph(
    *,
    type_: str | None = None,
    value: str | None = None,
    file: str | None = None,
    hops: int | None = None,
    max_nodes: int | None = None,
    format_: str | None = None,
) -> "Call[bytes]":
    """The graph around a thing or a file."""
    return Call(
        "GET",
        "/api/v1/graph",
        "bytes",
        params={"type": type_, "value": value, "file": file, "hops": hops, "max_nodes": max_nodes, "format": format_},
    )


def post_jsonpath(body: Mapping[str, Any]) -> "Call[StructurePage]":
    """JSONPath over all JSON files."""
    return Call("POST", "/api/v1/search/jsonpath", "siss.api.models.structure:StructurePage", body=body)


def post_xpath(body: Mapping[str, Any]) -> "Call[StructurePage]":
    """XPath over all XML files."""
    return Call("POST", "/api/v1/search/xpath", "siss.api.models.structure:StructurePage", body=body)


def get_schemas(*, cursor: str | None = None, size: int | None = None, kind: str | None = None) -> "Call[SchemaPage]":
    """List schemas."""
    return Call(
        "GET",
        "/api/v1/schemas",
        "siss.api.models.structure:SchemaPage",
        params={"cursor": cursor, "size": size, "kind": kind},
    )


def get_schema(id_: str) -> "Call[SchemaDetail]":
    """One schema."""
    return Call("GET", f"/api/v1/schemas/{quote(id_, safe='')}", "siss.api.models.structure:SchemaDetail")


def get_schema_files(id_: str, *, cursor: str | None = None, size: int | None = None) -> "Call[SchemaFilePage]":
    """The files of a schema."""
    return Call(
        "GET",
        f"/api/v1/schemas/{quote(id_, safe='')}/files",
        "siss.api.models.structure:SchemaFilePage",
        params={"cursor": cursor, "size": size},
    )


def get_drift(id_: str, *, since: str, cursor: str | None = None, size: int | None = None) -> "Call[DriftAnswer]":
    """What changed in a schema."""
    return Call(
        "GET",
        f"/api/v1/schemas/{quote(id_, safe='')}/drift",
        "siss.api.models.structure:DriftAnswer",
        params={"cursor": cursor, "size": size, "since": since},
    )


def get_file_schema(id_: str) -> "Call[SchemaDetail]":
    """The schema of a file."""
    return Call("GET", f"/api/v1/files/{quote(id_, safe='')}/schema", "siss.api.models.structure:SchemaDetail")


def get_anomalies(
    *,
    cursor: str | None = None,
    size: int | None = None,
    severity: Sequence[str] | None = None,
    status: Sequence[str] | None = None,
    type_: Sequence[str] | None = None,
    schema: str | None = None,
) -> "Call[AnomalyPage]":
    """List what is unusual."""
    return Call(
        "GET",
        "/api/v1/anomalies",
        "siss.api.models.anomalies:AnomalyPage",
        params={
            "cursor": cursor,
            "size": size,
            "severity": severity,
            "status": status,
            "type": type_,
            "schema": schema,
        },
    )


def get_anomaly(id_: str) -> "Call[AnomalyItem]":
    """One anomaly."""
    return Call("GET", f"/api/v1/anomalies/{quote(id_, safe='')}", "siss.api.models.anomalies:AnomalyItem")


def patch_anomaly(id_: str, body: Mapping[str, Any]) -> "Call[AnomalyItem]":
    """Acknowledge or dismiss an anomaly."""
    return Call(
        "PATCH", f"/api/v1/anomalies/{quote(id_, safe='')}", "siss.api.models.anomalies:AnomalyItem", body=body
    )


def get_file_anomalies(
    id_: str,
    *,
    cursor: str | None = None,
    size: int | None = None,
    severity: Sequence[str] | None = None,
    status: Sequence[str] | None = None,
    type_: Sequence[str] | None = None,
) -> "Call[FileAnomalyPage]":
    """What is unusual about a file."""
    return Call(
        "GET",
        f"/api/v1/files/{quote(id_, safe='')}/anomalies",
        "siss.api.models.anomalies:FileAnomalyPage",
        params={"cursor": cursor, "size": size, "severity": severity, "status": status, "type": type_},
    )


def post_scan(body: Mapping[str, Any] | None = None) -> "Call[JobItem]":
    """Look for changes now."""
    return Call("POST", "/api/v1/ingest/scan", "siss.api.models.ingest:JobItem", body=body)


def get_status() -> "Call[IngestState]":
    """What indexing does now."""
    return Call("GET", "/api/v1/ingest/status", "siss.api.models.ingest:IngestState")


def post_reindex_file(id_: str) -> "Call[JobItem]":
    """Read a file again."""
    return Call("POST", f"/api/v1/ingest/reindex/{quote(id_, safe='')}", "siss.api.models.ingest:JobItem")


def post_reindex(body: Mapping[str, Any] | None = None) -> "Call[JobItem]":
    """Read everything again."""
    return Call("POST", "/api/v1/ingest/reindex", "siss.api.models.ingest:JobItem", body=body)


def post_verify(body: Mapping[str, Any] | None = None) -> "Call[JobItem]":
    """Compare catalog and full-text index."""
    return Call("POST", "/api/v1/ingest/verify", "siss.api.models.ingest:JobItem", body=body)


def post_pause() -> "Call[IngestState]":
    """Pause indexing."""
    return Call("POST", "/api/v1/ingest/pause", "siss.api.models.ingest:IngestState")


def post_resume() -> "Call[IngestState]":
    """Resume indexing."""
    return Call("POST", "/api/v1/ingest/resume", "siss.api.models.ingest:IngestState")


def get_jobs(
    *, state: str | None = None, kind: str | None = None, cursor: str | None = None, size: int | None = None
) -> "Call[JobList]":
    """Jobs."""
    return Call(
        "GET",
        "/api/v1/jobs",
        "siss.api.models.ingest:JobList",
        params={"state": state, "kind": kind, "cursor": cursor, "size": size},
    )


def post_cancel(id_: str) -> "Call[JobItem]":
    """Cancel a job."""
    return Call("POST", f"/api/v1/jobs/{quote(id_, safe='')}/cancel", "siss.api.models.ingest:JobItem")


def get_job(id_: str) -> "Call[JobItem]":
    """How a job stands."""
    return Call("GET", f"/api/v1/jobs/{quote(id_, safe='')}", "siss.api.models.ingest:JobItem")


def get_stats() -> "Call[Stats]":
    """Numbers about the index."""
    return Call("GET", "/api/v1/stats", "siss.api.models.stats:Stats")


def get_facet(field: str, *, limit: int | None = None, cursor: str | None = None) -> "Call[FacetList]":
    """Values of a field."""
    return Call(
        "GET",
        f"/api/v1/stats/facets/{quote(field, safe='')}",
        "siss.api.models.search:FacetList",
        params={"limit": limit, "cursor": cursor},
    )


def get_events(
    *, kind: Sequence[str] | None = None, folder: str | None = None, tag: str | None = None, after: str | None = None
) -> "Call[bytes]":
    """What happens to files."""
    return Call("GET", "/api/v1/events", "bytes", params={"kind": kind, "folder": folder, "tag": tag, "after": after})


def get_synonyms(*, cursor: str | None = None, size: int | None = None) -> "Call[SynonymList]":
    """List synonyms."""
    return Call(
        "GET", "/api/v1/synonyms", "siss.api.models.synonyms:SynonymList", params={"cursor": cursor, "size": size}
    )


def put_synonyms(body: Mapping[str, Any]) -> "Call[SynonymItem]":
    """Set synonyms."""
    return Call("PUT", "/api/v1/synonyms", "siss.api.models.synonyms:SynonymItem", body=body)


def delete_synonyms(term: str) -> "Call[SynonymItem]":
    """Take synonyms back."""
    return Call("DELETE", f"/api/v1/synonyms/{quote(term, safe='')}", "siss.api.models.synonyms:SynonymItem")


def get_searches(*, cursor: str | None = None, size: int | None = None) -> "Call[SavedSearchList]":
    """List saved searches."""
    return Call(
        "GET", "/api/v1/searches", "siss.api.models.webhooks:SavedSearchList", params={"cursor": cursor, "size": size}
    )


def post_searches(body: Mapping[str, Any]) -> "Call[SavedSearchItem]":
    """Save a search."""
    return Call("POST", "/api/v1/searches", "siss.api.models.webhooks:SavedSearchItem", body=body)


def get_searches_by_id(id_: str) -> "Call[SavedSearchItem]":
    """One saved search."""
    return Call("GET", f"/api/v1/searches/{quote(id_, safe='')}", "siss.api.models.webhooks:SavedSearchItem")


def delete_search(id_: str) -> "Call[SavedSearchItem]":
    """Delete a saved search."""
    return Call("DELETE", f"/api/v1/searches/{quote(id_, safe='')}", "siss.api.models.webhooks:SavedSearchItem")


def get_results(id_: str, *, cursor: str | None = None, size: int | None = None) -> "Call[SearchPage]":
    """What a saved search finds."""
    return Call(
        "GET",
        f"/api/v1/searches/{quote(id_, safe='')}/results",
        "siss.api.models.search:SearchPage",
        params={"cursor": cursor, "size": size},
    )


def get_webhooks(*, cursor: str | None = None, size: int | None = None) -> "Call[WebhookList]":
    """List webhooks."""
    return Call(
        "GET", "/api/v1/webhooks", "siss.api.models.webhooks:WebhookList", params={"cursor": cursor, "size": size}
    )


def post_webhook(body: Mapping[str, Any]) -> "Call[NewWebhook]":
    """Have an address told what happens."""
    return Call("POST", "/api/v1/webhooks", "siss.api.models.webhooks:NewWebhook", body=body)


def get_webhook(id_: str) -> "Call[WebhookItem]":
    """One webhook."""
    return Call("GET", f"/api/v1/webhooks/{quote(id_, safe='')}", "siss.api.models.webhooks:WebhookItem")


def patch_webhook(id_: str, body: Mapping[str, Any]) -> "Call[WebhookItem]":
    """Pause or resume a webhook."""
    return Call("PATCH", f"/api/v1/webhooks/{quote(id_, safe='')}", "siss.api.models.webhooks:WebhookItem", body=body)


def delete_webhook(id_: str) -> "Call[WebhookItem]":
    """Delete a webhook."""
    return Call("DELETE", f"/api/v1/webhooks/{quote(id_, safe='')}", "siss.api.models.webhooks:WebhookItem")


def get_deliveries(id_: str, *, cursor: str | None = None, size: int | None = None) -> "Call[DeliveryList]":
    """What was sent to a webhook."""
    return Call(
        "GET",
        f"/api/v1/webhooks/{quote(id_, safe='')}/deliveries",
        "siss.api.models.webhooks:DeliveryList",
        params={"cursor": cursor, "size": size},
    )


def get_keys(*, cursor: str | None = None, size: int | None = None) -> "Call[KeyList]":
    """List the keys."""
    return Call("GET", "/api/v1/keys", "siss.api.models.access:KeyList", params={"cursor": cursor, "size": size})


def post_key(body: Mapping[str, Any]) -> "Call[NewKey]":
    """Make a key."""
    return Call("POST", "/api/v1/keys", "siss.api.models.access:NewKey", body=body)


def delete_key(key: str) -> "Call[KeyItem]":
    """End a key."""
    return Call("DELETE", f"/api/v1/keys/{quote(key, safe='')}", "siss.api.models.access:KeyItem")


def post_rotate(key: str, body: Mapping[str, Any] | None = None) -> "Call[NewKey]":
    """Replace a key."""
    return Call("POST", f"/api/v1/keys/{quote(key, safe='')}/rotate", "siss.api.models.access:NewKey", body=body)


def post_renew(key: str, body: Mapping[str, Any] | None = None) -> "Call[KeyItem]":
    """Give a key a new end."""
    return Call("POST", f"/api/v1/keys/{quote(key, safe='')}/renew", "siss.api.models.access:KeyItem", body=body)


def get_audit(
    *,
    subject: str | None = None,
    action: str | None = None,
    resource_id: str | None = None,
    since: str | None = None,
    until: str | None = None,
    cursor: str | None = None,
    size: int | None = None,
) -> "Call[AuditPageItem]":
    """Who did what."""
    return Call(
        "GET",
        "/api/v1/audit",
        "siss.api.models.access:AuditPageItem",
        params={
            "subject": subject,
            "action": action,
            "resource_id": resource_id,
            "since": since,
            "until": until,
            "cursor": cursor,
            "size": size,
        },
    )


def get_maintenance() -> "Call[TaskList]":
    """List the tasks."""
    return Call("GET", "/api/v1/maintenance", "siss.api.routes.maintenance:TaskList")


def post_maintenance(task: str) -> "Call[JobItem]":
    """Run a task now."""
    return Call("POST", f"/api/v1/maintenance/{quote(task, safe='')}", "siss.api.models.ingest:JobItem")


def healthz() -> "Call[Alive]":
    """Is the process alive?."""
    return Call("GET", "/healthz", "siss.api.models.stats:Alive")


def readyz(*, verbose: bool | None = None) -> "Call[Ready]":
    """Can it answer searches?."""
    return Call("GET", "/readyz", "siss.api.models.stats:Ready", params={"verbose": verbose}, also=(503,))


def metrics() -> "Call[bytes]":
    """Prometheus metrics."""
    return Call("GET", "/metrics", "bytes")
