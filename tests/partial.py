"""Services of which a test has some ports only."""

from dataclasses import MISSING, fields
from typing import Any

from siss.adapters.memory.synonyms import MemorySynonyms
from siss.app.services import Services


def services_of(**ports: Any) -> Services:
    """With these ports, and synonyms in memory, which every search asks for. Those that are not given are None."""
    needed = [port.name for port in fields(Services) if port.default is MISSING and port.default_factory is MISSING]
    return Services(**dict.fromkeys(needed, None) | {"synonyms": MemorySynonyms()} | ports)
