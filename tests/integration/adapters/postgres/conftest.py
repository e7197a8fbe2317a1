import pytest

from integration.adapters.postgres.made import World
from siss.adapters.postgres.database import Database


@pytest.fixture
async def world(database: Database) -> World:
    """One root, ``/nas``, and no files."""
    made = World(database)
    await made.begin("/nas")
    return made
