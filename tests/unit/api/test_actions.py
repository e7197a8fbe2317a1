"""Every route has a word for the audit log."""

import pytest
from pydantic import ValidationError

from siss.api.actions import ACTIONS, NAMES
from siss.api.authentication import OPEN
from siss.api.links import PREFIX
from siss.api.routes.audit import AuditParams
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


def test_the_log_is_asked_for_actions_that_there_are():
    assert AuditParams(action="search").action == "search"
    with pytest.raises(ValidationError, match=r"there is no action 'serach'; there are .*search"):
        AuditParams(action="serach")
    parameters = build_api().openapi()["paths"]["/api/v1/audit"]["get"]["parameters"]
    (schema,) = (each["schema"] for each in parameters if each["name"] == "action")
    assert schema["anyOf"][0]["enum"] == NAMES
