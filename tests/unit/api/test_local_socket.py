"""``siss index`` answers questions meanwhile, and nothing else."""

import asyncio

import pytest

from siss.api.local_socket import answering_locally
from siss.cli.backend import open_backend
from siss.client import calls
from siss.errors import StateLockedError
from siss.settings import Settings
from siss.state import acquire_owner, find_owner


async def test_commands_are_answered_while_something_else_goes_on(world, tmp_path):
    settings = Settings(data_dir=tmp_path / "state")
    with acquire_owner(settings.data_dir) as owner:
        async with answering_locally(world.services, owner):
            async with open_backend(settings) as backend:
                assert (await backend.ask(calls.get_stats()))["files"] == 1
                assert not backend.local
            with pytest.raises(StateLockedError, match="siss index"):
                async with open_backend(settings, indexing=True):
                    pass
            with pytest.raises(StateLockedError, match="wait for its end"):
                acquire_owner(settings.data_dir)
        assert find_owner(settings.data_dir).address is None
        assert list(owner.folder.run.iterdir()) == []


async def test_a_long_path_of_the_state_folder_is_no_hindrance(world, tmp_path):
    settings = Settings(data_dir=tmp_path / ("deep" * 40))
    with acquire_owner(settings.data_dir) as owner:
        async with answering_locally(world.services, owner), open_backend(settings) as backend:
            assert (await backend.ask(calls.get_stats()))["files"] == 1


async def test_who_asks_at_the_end_waits_for_it(world, tmp_path, monkeypatch):
    settings = Settings(data_dir=tmp_path / "state")
    monkeypatch.setattr("siss.cli.backend.OWNER_WAIT_SECONDS", 0.3)
    with acquire_owner(settings.data_dir) as owner:
        async with answering_locally(world.services, owner):
            announced = owner.info.address
        owner.announce(announced)
        with pytest.raises(StateLockedError, match="does not answer"):
            async with asyncio.timeout(60), open_backend(settings):
                pass
