"""One attempt to tell a webhook, as a collector sees it."""

import uuid
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest

from siss.app.deliveries import _try
from siss.errors import UnavailableError
from siss.model.event import EventFilter
from siss.model.principal import LOCAL
from siss.model.webhook import Delivery, DeliveryState, Webhook, WebhookState
from unit.traces.recording import recording

NOW = datetime.now(UTC)
WEBHOOK = Webhook(
    uuid.uuid4(),
    LOCAL,
    "http://nas/told?key=hunter2",
    b"s" * 32,
    EventFilter(),
    None,
    WebhookState.ACTIVE,
    "",
    0,
    NOW,
)
DELIVERY = Delivery(
    uuid.uuid4(), WEBHOOK.id, DeliveryState.WAITING, 2, NOW, NOW, None, None, None, b'{"path": "/secret"}'
)


@pytest.mark.parametrize(
    ("answer", "told", "failed"),
    [
        (204, (204, None), None),
        (500, (500, "the answer was 500"), "500"),
        (UnavailableError("nas cannot be reached"), (None, "nas cannot be reached"), UnavailableError.kind.code),
    ],
)
async def test_an_attempt_is_a_span_without_its_address_and_its_words(answer, told, failed):
    async def send(*_given: object) -> int:
        if isinstance(answer, Exception):
            raise answer
        return answer

    with recording() as spans:
        assert await _try(SimpleNamespace(sender=SimpleNamespace(send=send)), DELIVERY, WEBHOOK) == told
    (span,) = spans
    assert (span.name, span.kind, span.failed) == ("webhook delivery", "client", failed)
    expected = {"siss.webhook": str(WEBHOOK.id), "siss.attempt": 2}
    assert span.attributes == expected | ({"http.response.status_code": told[0]} if told[0] else {})
