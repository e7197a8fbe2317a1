"""What use cases work with: settings, ports, evaluators. Bootstrap fills it, nothing else picks an adapter."""

from collections.abc import Callable
from dataclasses import dataclass, field

from siss.access.event_ids import EventIds
from siss.app.concurrency import ConcurrencyLimit
from siss.app.evaluators import Evaluators
from siss.ports.anomalies import Anomalies
from siss.ports.cache import Cache
from siss.ports.catalog import Catalog
from siss.ports.catalog_check import CatalogCheck
from siss.ports.edits import FileEdits
from siss.ports.entities import Entities
from siss.ports.events import Events
from siss.ports.fulltext import FullText
from siss.ports.idempotency import Idempotency
from siss.ports.ingest_catalog import IngestCatalog
from siss.ports.ingest_state import IngestState
from siss.ports.jobs import Jobs
from siss.ports.maintenance import Maintenance
from siss.ports.outbox import Outbox
from siss.ports.pages import Pages
from siss.ports.relationships import Relationships
from siss.ports.renewal import Renewal
from siss.ports.scan_catalog import ScanCatalog
from siss.ports.scanner import Scanner
from siss.ports.sender import Sender
from siss.ports.structure import Structures
from siss.ports.synonyms import Synonyms
from siss.ports.texts import Texts
from siss.ports.uploads import Uploads
from siss.ports.webhooks import SavedSearches, Webhooks
from siss.settings import Settings


@dataclass(frozen=True, slots=True)
class Services:
    """The ports as a process that answers questions holds them.

    ``scans``, ``ingest``, ``renewal``, ``catalog_check``, ``outbox``: for the process that owns the state folder;
    the others only count with them, and ask the owner for work through ``jobs`` and ``ingest_state``. ``scanner``:
    None where uploads are not looked at; ``uploads``: None where none are taken; ``redact``: puts fingerprints for
    the credentials in a text, ``redact_path``: in the names of a shown path; ``event_ids``: names of events;
    ``search_limit``: how many searches of this process are worked on at once.
    """

    settings: Settings
    catalog: Catalog
    texts: Texts
    pages: Pages
    fulltext: FullText
    cache: Cache
    jobs: Jobs
    scans: ScanCatalog
    ingest: IngestCatalog
    ingest_state: IngestState
    renewal: Renewal
    catalog_check: CatalogCheck
    outbox: Outbox
    entities: Entities
    relationships: Relationships
    structures: Structures
    evaluators: Evaluators
    anomalies: Anomalies
    maintenance: Maintenance
    edits: FileEdits
    idempotency: Idempotency
    synonyms: Synonyms
    events: Events
    searches: SavedSearches
    webhooks: Webhooks
    sender: Sender
    uploads: Uploads | None = None
    scanner: Scanner | None = None
    redact: Callable[[str], str] = str
    redact_path: Callable[[str], str] = str
    event_ids: EventIds = field(default_factory=EventIds)
    search_limit: ConcurrencyLimit = field(default_factory=ConcurrencyLimit)
