"""Anomalies as JSON. ``siss.api.models.anomalies`` describes the same shapes."""

from dataclasses import asdict

from siss.anomalies.explain import explain
from siss.api.render.encode import Json
from siss.app.anomalies import AnomalyList
from siss.model.anomaly import ACTIONS, Anomaly, AnomalyKind
from siss.model.file import FileRecord


def anomaly_list(found: AnomalyList) -> Json:
    """``GET /anomalies``."""
    return {"total": found.total, "cursor": found.cursor, "items": [anomaly(one) for one in found.anomalies]}


def file_anomalies(file: FileRecord, found: AnomalyList) -> Json:
    """``GET /files/{id}/anomalies``."""
    return {"id": str(file.public_id), "path": file.shown, **anomaly_list(found)}


def anomaly(found: Anomaly) -> Json:
    """``GET /anomalies/{id}``."""
    deviation = found.deviation
    formatted = deviation.kind is AnomalyKind.FORMAT_OUTLIER
    return {
        "id": str(found.id),
        "file_id": str(found.file),
        "path": found.shown,
        "schema_id": None if found.schema is None else str(found.schema),
        "schema_name": found.schema_name,
        "type": deviation.kind.value,
        "severity": deviation.severity.value,
        "action": ACTIONS[deviation.severity].value,
        "status": found.status.value,
        "description": explain(deviation),
        "field": deviation.path or None,
        "value": deviation.value,
        "expected": deviation.format if formatted else None,
        "usual": [{"value": value, "files": files} for value, files in deviation.usual],
        "numbers": None if deviation.numbers is None else asdict(deviation.numbers),
        "siblings": deviation.siblings,
        "alike": deviation.alike,
        "llm_assessment": None,
        "created_at": found.created_at,
        "updated_at": found.updated_at,
        "resolved_at": found.resolved_at,
    }
