"""What keeps a service from starting."""

import errno
import os
import socket

import pytest

from siss.api.serve import serve, why_unreachable
from siss.errors import ConfigError, StateLockedError
from siss.settings import Settings
from siss.state import acquire_owner


async def test_a_second_service_is_told_of_the_first_though_its_port_is_taken(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken, acquire_owner(tmp_path) as owner:
        owner.announce("http://127.0.0.1:8080")
        with pytest.raises(StateLockedError, match="siss scan"):
            await serve(Settings(data_dir=tmp_path, port=taken.getsockname()[1]))


async def test_a_port_that_is_taken_is_named(tmp_path):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(ConfigError, match=f"{port}.*--port"):
            await serve(Settings(data_dir=tmp_path, port=port))


async def test_an_address_that_is_not_of_this_machine_is_named(tmp_path):
    with pytest.raises(ConfigError, match=r"SISS_HOST: cannot listen on 192\.0\.2\.1:.*--host"):
        await serve(Settings(data_dir=tmp_path, host="192.0.2.1", port=0))


def test_an_address_that_has_no_route_is_told(monkeypatch):
    with socket.create_server(("127.0.0.1", 0)) as listening:
        assert why_unreachable(listening) is None
        monkeypatch.setattr(socket.socket, "connect", refuse_to_connect)
        assert why_unreachable(listening) == "Network is unreachable"


def refuse_to_connect(_socket, _address):
    raise OSError(errno.ENETUNREACH, os.strerror(errno.ENETUNREACH))
