"""A typed client of the REST API.

Each endpoint is one function of ``siss.client.calls`` that describes a request and the type of its answer; ``Client``
sends it now, ``AsyncClient`` when it is awaited::

    from siss.client import Client, calls

    with Client("http://127.0.0.1:8080", key="siss_…") as client:
        for hit in client.ask(calls.get_search(q="disk failed")).items:
            print(hit.path)

``ask_json`` gives an answer as it came and loads no types; ``stream`` gives the events of ``calls.get_events`` while
they happen. What the service refuses is raised as the error of ``siss.errors`` that it raised.
"""

from siss.client import calls
from siss.client.call import Call
from siss.client.clients import AsyncClient, Client
from siss.client.events import StreamEvent

__all__ = ["AsyncClient", "Call", "Client", "StreamEvent", "calls"]
