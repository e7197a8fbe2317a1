import pytest

from integration.postgres.made import World
from siss.adapters.postgres.ingest_catalog import PostgresIngestCatalog


@pytest.fixture
async def world(ingest_catalog: PostgresIngestCatalog) -> World:
    """One root, ``/nas``, and no files."""
    made = World(ingest_catalog)
    await made.begin("/nas")
    return made
