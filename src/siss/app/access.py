"""What decides who may ask, and remembers who did."""

from dataclasses import dataclass

from siss.app.audit import AuditWriter
from siss.app.authenticate import Authenticator
from siss.ports.audit import AuditLog
from siss.ports.keys import Keys


@dataclass(frozen=True, slots=True)
class AccessControl:
    """One a process that answers."""

    keys: Keys
    audit: AuditLog
    authenticator: Authenticator
    writer: AuditWriter
