"""A host as it is probed: what is said of it, and when."""

from typing import Any, cast

from siss.gateway.config import HostTable
from siss.gateway.hosts.client import Transport
from siss.gateway.hosts.host import Health, Host


class Came:
    """A host that is back with another model. ``seen``: how it was called while it was asked which."""

    def __init__(self) -> None:
        self.host: Host | None = None
        self.seen: list[Health] = []

    async def get(self, path: str, _seconds: float) -> tuple[int, Any]:
        if path == "/health":
            return 200, {}
        assert self.host is not None
        self.seen.append(self.host.health)
        return 200, {"model_path": "other", "build_info": "", "chat_template": ""}


async def test_a_host_that_is_back_is_ready_when_its_model_is_known():
    transport = Came()
    config = HostTable(url="http://127.0.0.1:1")
    host = transport.host = Host("one", config, cast("Transport", transport), lambda: 0.0)
    host.health, host.reported = Health.DOWN, ("before", "", "")
    await host.probe()
    assert transport.seen == [Health.DOWN]
    assert (host.health, host.reported) == (Health.READY, ("other", "", ""))
