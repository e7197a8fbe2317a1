"""Every route has a word for the audit log."""

from siss.api.actions import ACTIONS
from siss.api.authentication import OPEN
from siss.api.render import PREFIX
from siss.api.server import build_api


def test_every_route_is_audited_under_a_name_of_its_own():
    routes = {
        (method.upper(), path.removeprefix(PREFIX))
        for path, methods in build_api().openapi()["paths"].items()
        for method in methods
        if path not in OPEN
    }
    assert len(routes) > 20
    assert not routes - ACTIONS.keys()
