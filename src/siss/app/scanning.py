"""Whether a file may be taken, as far as a malware scanner can say."""

from pathlib import Path

from siss.errors import MalwareError
from siss.logs import get_logger
from siss.ports.scanner import Scanner

_log = get_logger(__name__)


async def require_clean(scanner: Scanner | None, file: Path, name: str) -> None:
    """Raise ``MalwareError`` for a file in which something is found; without a scanner everything is taken.

    ``name``: what the file is to be called, for the message. Raises ``TooLargeError`` and
    ``ScannerUnavailableError``, too: what was not looked at whole is not clean.
    """
    if scanner is None:
        return
    found = await scanner.scan(file)
    if found is not None:
        _log.warning("an upload was refused", name=name, signature=found)
        raise MalwareError(f"{name} was refused: the malware scanner found {found}.", signature=found)
