"""Every error that SISS raises on purpose.

::

    SissError
    ├── ConfigError            a setting cannot be used                      exit 2
    ├── RequestError           the caller's fault
    │   ├── InvalidQueryError      a query does not parse: position, expectation   400
    │   ├── InvalidRequestError    another part of a request is wrong              400 (422)
    │   ├── NotFoundError          no such file, job, route                        404
    │   ├── ForbiddenError         the principal may not                           403
    │   ├── ConflictError          the state does not allow it now                 409
    │   ├── GoneError              a cursor outlived its list                      410
    │   ├── MethodError            the route exists, for another method            405
    │   ├── TooLargeError          a request's body is over the limit              413
    │   ├── RangeError             a byte range lies outside of the file           416
    │   ├── HostRefusedError       a Host header that is not this service's        421
    │   ├── PreconditionError      it changed since the caller looked (If-Match)       412
    │   ├── LongAddressError       a request's address is over the limit               414
    │   ├── MediaTypeError         a body of a kind or coding that is not taken        415
    │   ├── KeyReuseError          an Idempotency-Key of another request               422
    │   ├── SlowRequestError       a request's body did not come in time               408
    │   ├── MalwareError           a scanner found something in an upload          422
    │   ├── UnauthenticatedError   no API key, or one that may not be used          401
    │   └── RateError              more requests than a key or an address may send  429
    ├── UnavailableError       try again later                               503
    │   ├── NasUnavailableError    the root cannot be read now
    │   ├── DatabaseUnavailableError
    │   ├── EngineUnavailableError
    │   ├── ScannerUnavailableError
    │   └── DiskFullError          the state folder's disk is full           507
    ├── StateError             the state folder cannot be used
    │   ├── StateLockedError       another process owns it                   409
    │   └── MigrationError         the database is newer, older or altered
    ├── CorruptError           stored data does not read back                500
    │   └── DatabaseDamagedError   a page of the database's own files            503
    ├── GatewayError           a model cannot answer, or may not be asked
    │   ├── KeyRefusedError        no key, or one that is not known          401
    │   ├── BudgetError            a tenant's budget is used up              429
    │   ├── HostAnswerError        what a host said is no answer             502
    │   ├── ModelUnavailableError  no host of a model answers now            503
    │   └── DeadlineError          the request waited as long as it may      504
    └── CacheError             the gateway's cache failed: counted, and a miss   500
        ├── CacheMissingError      its file or folder is not there
        ├── CacheForbiddenError    its file may not be read or written
        ├── CacheCorruptError      its data does not read back
        ├── CacheRefusedError      what it depends on refused the connection     503
        └── VectorError            a vector of the wrong size, truncated, or not finite

Outside errors (psycopg, tantivy, OSError) are translated where they are caught, ``from exc``. What goes wrong
with one *file* while indexing is not an error of the program: it is a ``Reason`` on the coverage ledger
(``siss.model.coverage``).
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar, Final


@dataclass(frozen=True, slots=True)
class ErrorKind:
    """One row of the table: how a class of errors looks from outside.

    ``status`` is the HTTP status, ``exit_code`` what the CLI ends with, ``retry`` whether the same call may
    succeed later, ``anchor`` the heading in docs/errors.md.
    """

    code: str
    status: int
    exit_code: int
    retry: bool
    anchor: str


class SissError(Exception):
    """The root. ``message`` says what happened, to what, and what to do; ``details`` are for programs."""

    kind: ClassVar[ErrorKind] = ErrorKind("INTERNAL", 500, 70, False, "internal")

    def __init__(self, message: str, **details: Any) -> None:
        super().__init__(message)
        self.message: Final = message
        self.details: Final[Mapping[str, Any]] = details

    def __reduce__(self) -> tuple[Any, ...]:
        return _rebuild, (type(self), self.message, dict(self.details))


def _rebuild(cls: type[SissError], message: str, details: dict[str, Any]) -> SissError:
    return cls(message, **details)


class ConfigError(SissError):
    """A setting cannot be used; ``details['variable']`` names it."""

    kind = ErrorKind("CONFIG", 500, 2, False, "config")


class RequestError(SissError):
    """The caller's fault."""

    kind = ErrorKind("INVALID_REQUEST", 400, 2, False, "invalid-request")


class InvalidQueryError(RequestError):
    """A query does not parse.

    ``details`` holds ``expression``, ``position`` (the character in question, from 1) and ``expected``.
    """

    kind = ErrorKind("INVALID_QUERY", 400, 2, False, "invalid-query")


class InvalidRequestError(RequestError):
    """A parameter or a body is wrong; ``details['field']`` names it where one is to blame."""

    kind = ErrorKind("INVALID_REQUEST", 400, 2, False, "invalid-request")


class NotFoundError(RequestError):
    """There is no such thing, or this principal may not know of it."""

    kind = ErrorKind("NOT_FOUND", 404, 4, False, "not-found")


class ForbiddenError(RequestError):
    """The principal may not do this."""

    kind = ErrorKind("FORBIDDEN", 403, 5, False, "forbidden")


class ConflictError(RequestError):
    """The present state does not allow it."""

    kind = ErrorKind("CONFLICT", 409, 6, False, "conflict")


class GoneError(RequestError):
    """A cursor outlived the list that it names: start again from the first page."""

    kind = ErrorKind("CURSOR_EXPIRED", 410, 2, False, "cursor-expired")


class MethodError(RequestError):
    """The route exists, but not for this method."""

    kind = ErrorKind("METHOD_NOT_ALLOWED", 405, 2, False, "method-not-allowed")


class TooLargeError(RequestError):
    """A request's body is larger than the service takes."""

    kind = ErrorKind("TOO_LARGE", 413, 2, False, "too-large")


class RangeError(RequestError):
    """A byte range begins after the end of the file."""

    kind = ErrorKind("RANGE_NOT_SATISFIABLE", 416, 2, False, "range-not-satisfiable")


class HostRefusedError(RequestError):
    """The ``Host`` header names none of the names that this service answers to (SISS_ALLOWED_HOSTS)."""

    kind = ErrorKind("HOST_REFUSED", 421, 2, False, "host-refused")


class PreconditionError(RequestError):
    """It is not what it was when the caller looked (``If-Match``): look again."""

    kind = ErrorKind("PRECONDITION_FAILED", 412, 6, False, "precondition-failed")


class LongAddressError(RequestError):
    """The path, or what follows the question mark, is longer than the service takes: send a body."""

    kind = ErrorKind("ADDRESS_TOO_LONG", 414, 2, False, "address-too-long")


class MediaTypeError(RequestError):
    """A request's body is of a kind (``Content-Type``) or coding (``Content-Encoding``) that is not taken here."""

    kind = ErrorKind("UNSUPPORTED_MEDIA_TYPE", 415, 2, False, "unsupported-media-type")


class KeyReuseError(RequestError):
    """An ``Idempotency-Key`` was sent before, with another request."""

    kind = ErrorKind("IDEMPOTENCY_KEY_REUSED", 422, 2, False, "idempotency-key-reused")


class SlowRequestError(RequestError):
    """A request's body came too slowly, or stopped coming."""

    kind = ErrorKind("REQUEST_TIMEOUT", 408, 7, True, "request-timeout")


class MalwareError(RequestError):
    """The malware scanner found something in an upload; ``details['signature']`` names it. Nothing was kept."""

    kind = ErrorKind("MALWARE", 422, 5, False, "malware")


class UnauthenticatedError(RequestError):
    """A request has no API key, or one that may not be used."""

    kind = ErrorKind("UNAUTHENTICATED", 401, 5, False, "unauthenticated")


class RateError(RequestError):
    """More requests than a key or an address may send. ``details['retry_after']``: seconds until the next may."""

    kind = ErrorKind("RATE_LIMITED", 429, 7, True, "rate-limited")


class UnavailableError(SissError):
    """Something that SISS needs does not answer now. ``retry_after`` (seconds) may stand in ``details``."""

    kind = ErrorKind("UNAVAILABLE", 503, 7, True, "unavailable")


class NasUnavailableError(UnavailableError):
    """A root cannot be read now; what is indexed stays searchable."""

    kind = ErrorKind("NAS_UNAVAILABLE", 503, 7, True, "nas-unavailable")


class DatabaseUnavailableError(UnavailableError):
    """PostgreSQL does not answer."""

    kind = ErrorKind("DATABASE_UNAVAILABLE", 503, 7, True, "database-unavailable")


class EngineUnavailableError(UnavailableError):
    """The full-text engine does not answer."""

    kind = ErrorKind("ENGINE_UNAVAILABLE", 503, 7, True, "engine-unavailable")


class ScannerUnavailableError(UnavailableError):
    """The malware scanner does not answer: uploads are refused until it does, everything else goes on."""

    kind = ErrorKind("SCANNER_UNAVAILABLE", 503, 7, True, "scanner-unavailable")


class DiskFullError(UnavailableError):
    """The disk of the state folder is full: nothing is lost, indexing goes on when there is room."""

    kind = ErrorKind("DISK_FULL", 507, 7, True, "disk-full")


class StateError(SissError):
    """The state folder cannot be used."""

    kind = ErrorKind("STATE", 500, 3, False, "state")


class StateLockedError(StateError):
    """Another process owns the state folder; ``details`` may hold its ``pid`` and ``address``."""

    kind = ErrorKind("STATE_LOCKED", 409, 3, True, "state-locked")


class MigrationError(StateError):
    """The database's schema is not one that this version knows, or a migration was altered or failed."""

    kind = ErrorKind("MIGRATION", 500, 3, False, "migration")


class CorruptError(SissError):
    """Stored data does not read back as it was written: run ``siss verify --repair``."""

    kind = ErrorKind("CORRUPT", 500, 8, False, "corrupt")


class DatabaseDamagedError(CorruptError):
    """A page of PostgreSQL's own files cannot be read; the message names the table. What needs no such page goes on.

    No command mends that: ``siss restore`` a backup into a new state folder, or index into a new one. ``/readyz``,
    ``siss doctor`` and ``siss stats`` tell of it from then on, until ``siss verify`` could read everything.
    """

    kind = ErrorKind("DATABASE_DAMAGED", 503, 8, False, "database-damaged")


class GatewayError(SissError):
    """A model cannot answer, or may not be asked."""

    kind = ErrorKind("GATEWAY", 500, 70, False, "gateway")


class KeyRefusedError(GatewayError):
    """A request to the gateway has no API key, or one that it does not know."""

    kind = ErrorKind("KEY_REFUSED", 401, 5, False, "key-refused")


class BudgetError(GatewayError):
    """A tenant's budget is used up. ``details['retry_after']``: seconds until there is some again."""

    kind = ErrorKind("BUDGET", 429, 7, True, "budget")


class HostAnswerError(GatewayError):
    """What a model's host said is no answer: not JSON, another shape, or a stream that breaks off."""

    kind = ErrorKind("HOST_ANSWER", 502, 7, False, "host-answer")


class ModelUnavailableError(GatewayError):
    """No host of a model answers now. ``details['retry_after']``: seconds after which one may."""

    kind = ErrorKind("MODEL_UNAVAILABLE", 503, 7, True, "model-unavailable")


class DeadlineError(GatewayError):
    """A request waited as long as its route lets it, for a free slot or for the host."""

    kind = ErrorKind("DEADLINE", 504, 7, False, "deadline")


class CacheError(SissError):
    """The gateway's cache failed. ``details['errno']`` keeps the system's number, ``details['path']`` the place.

    A client never sees it: the host is asked instead. Operators see it counted, at start, and in ``siss gateway``.
    """

    kind = ErrorKind("CACHE", 500, 8, False, "cache")


class CacheMissingError(CacheError):
    """A file or folder of the gateway's cache is not there."""

    kind = ErrorKind("CACHE_MISSING", 500, 8, False, "cache-missing")


class CacheForbiddenError(CacheError):
    """A file of the gateway's cache may not be read or written by this user."""

    kind = ErrorKind("CACHE_FORBIDDEN", 500, 8, False, "cache-forbidden")


class CacheCorruptError(CacheError):
    """The gateway's cache does not read back as it was written: move its file away, it is filled anew."""

    kind = ErrorKind("CACHE_CORRUPT", 500, 8, False, "cache-corrupt")


class CacheRefusedError(CacheError):
    """What the cache depends on (embedder, reranker, object store) refused the connection or does not answer."""

    kind = ErrorKind("CACHE_REFUSED", 503, 7, True, "cache-refused")


class VectorError(CacheError):
    """A vector of the wrong size, cut off, or not finite; ``details`` may hold ``expected`` and ``given`` sizes."""

    kind = ErrorKind("VECTOR", 500, 8, False, "vector")


def error_kinds() -> dict[str, tuple[ErrorKind, str]]:
    """The table: how each code looks from outside, and what it means, in Markdown."""
    found: dict[str, tuple[ErrorKind, str]] = {}
    for cls in error_classes():
        about = "\n".join(line.strip() for line in (cls.__doc__ or "").replace("``", "`").splitlines()).strip()
        found.setdefault(cls.kind.code, (cls.kind, about))
    root = SissError.kind
    found[root.code] = root, "A fault of SISS itself. The answer names the request id under which the log has it."
    return found


def error_classes() -> list[type[SissError]]:
    """Every class of the tree, parents first: the one table that docs and OpenAPI are made from."""
    found: list[type[SissError]] = []
    waiting: list[type[SissError]] = [SissError]
    while waiting:
        cls = waiting.pop(0)
        found.append(cls)
        waiting.extend(cls.__subclasses__())
    return found
