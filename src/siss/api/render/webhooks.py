"""Saved searches, webhooks and deliveries as JSON. ``siss.api.models.webhooks`` describes the same shapes."""

from dataclasses import asdict

from siss.api.render.encode import Json
from siss.model.event import EventKind
from siss.model.webhook import Delivery, SavedSearch, Webhook


def saved_search(found: SavedSearch) -> Json:
    """A saved search: its name and its question."""
    return {**asdict(found), "id": str(found.id)}


def webhook(found: Webhook) -> Json:
    """A webhook without its secret, which is shown once."""
    return {
        "id": str(found.id),
        "subject": found.principal.subject,
        "url": found.url,
        "kinds": found.where.kinds or tuple(EventKind),
        "folder": found.where.folder,
        "tag": found.where.tag,
        "search": None if found.search_id is None else str(found.search_id),
        "state": found.state.value,
        "reason": found.reason,
        "created_at": found.created_at,
    }


def delivery(found: Delivery) -> Json:
    """One delivery of a webhook's list."""
    shown = asdict(found)
    del shown["body"], shown["webhook_id"]
    return {**shown, "id": str(found.id), "state": found.state.value}
