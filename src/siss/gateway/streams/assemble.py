"""A stream put together into the one canonical message that a request without a stream gets."""

from collections.abc import Mapping
from typing import Any, Final

from siss.gateway.answers import Identity
from siss.gateway.hosts.client import HostFailure
from siss.gateway.model.request import Endpoint

_JOINED: Final = frozenset({"content", "reasoning_content", "reasoning", "refusal"})
"""Texts that arrive in pieces; of any other field of a delta the last value counts."""


class Assembler:
    """Add the chunks of one stream; ``finish`` gives the whole body.

    ``identity``: the one id, created and model of the stream; the first chunk's where the host has them.
    """

    def __init__(self, endpoint: Endpoint, model: str, host: str) -> None:
        self._chat = endpoint is Endpoint.CHAT
        self._endpoint = endpoint
        self._model = model
        self._host = host
        self._identity: Identity | None = None
        self._choices: dict[int, dict[str, Any]] = {}
        self._usage: Mapping[str, Any] | None = None
        self._others: dict[str, Any] = {}

    def add(self, chunk: dict[str, Any]) -> dict[str, Any] | None:
        """A chunk as clients are to see it, without usage (which ``usage_chunk`` has); None where nothing is left.

        Raises ``HostFailure`` for a chunk of another shape.
        """
        try:
            return self._add(chunk)
        except (TypeError, ValueError, AttributeError) as error:  # a number where there should be a text, and so on
            raise HostFailure(f"{self._host} sent a chunk of another shape", retry=False, garbage=True) from error

    def _add(self, chunk: dict[str, Any]) -> dict[str, Any] | None:
        if self._identity is None:
            self._identity = Identity.of(self._endpoint, chunk, self._model)
        usage = chunk.pop("usage", None)
        if isinstance(usage, Mapping):
            self._usage = usage
        choices = chunk.get("choices")
        if not isinstance(choices, list) or not all(isinstance(choice, dict) for choice in choices):
            raise HostFailure(f"{self._host} sent a chunk without choices", retry=False, garbage=True)
        for name, value in chunk.items():
            if name not in {"choices", "id", "created", "model", "object"}:
                self._others[name] = value
        for choice in choices:
            self._add_choice(choice)
        if not choices:
            return None
        return chunk | self._identity.fields(streamed=True)

    @property
    def finished(self) -> bool:
        """Whether every choice has been brought to its end."""
        return bool(self._choices) and all(choice["finish_reason"] for choice in self._choices.values())

    def usage_chunk(self) -> dict[str, Any] | None:
        """The chunk that a client gets who asked for the usage; None where the host told none."""
        if self._usage is None or self._identity is None:
            return None
        return self._identity.fields(streamed=True) | {"choices": [], "usage": self._usage}

    def finish(self) -> dict[str, Any]:
        """The whole message. Raises ``HostFailure`` for a stream that was cut off."""
        if not self.finished or self._identity is None:
            raise HostFailure(f"{self._host} ended its stream before the answer was whole")
        body = self._others | self._identity.fields(streamed=False)
        body["choices"] = [self._close(self._choices[index]) for index in sorted(self._choices)]
        if self._usage is not None:
            body["usage"] = self._usage
        return body

    def _add_choice(self, given: dict[str, Any]) -> None:
        index = given.get("index", 0)
        if not isinstance(index, int):
            raise HostFailure(f"{self._host} sent a choice without a number", retry=False, garbage=True)
        choice = self._choices.setdefault(index, {"index": index, "finish_reason": None})
        if given.get("finish_reason"):
            choice["finish_reason"] = given["finish_reason"]
        if isinstance(logprobs := given.get("logprobs"), Mapping):
            _extend(choice.setdefault("logprobs", {}), logprobs)
        if not self._chat:
            choice.setdefault("pieces", {}).setdefault("text", []).append(str(given.get("text") or ""))
            return
        message = choice.setdefault("message", {"role": "assistant", "content": None})
        delta = given.get("delta")
        for name, value in (delta or {}).items() if isinstance(delta, dict | None) else ():
            if value is None:
                continue
            if name in _JOINED and isinstance(value, str):
                choice.setdefault("pieces", {}).setdefault(name, []).append(value)
            elif name == "tool_calls" and isinstance(value, list):
                self._add_calls(choice.setdefault("calls", {}), value)
            elif name == "function_call" and isinstance(value, Mapping):
                _join(message.setdefault("function_call", {}), value)
            else:
                message[name] = value

    def _add_calls(self, calls: dict[int, dict[str, Any]], given: list[Any]) -> None:
        for place, piece in enumerate(given):
            if not isinstance(piece, Mapping):
                raise HostFailure(f"{self._host} sent a tool call of another shape", retry=False, garbage=True)
            index = piece.get("index", place)
            if not isinstance(index, int):
                raise HostFailure(f"{self._host} sent a tool call without a number", retry=False, garbage=True)
            call = calls.setdefault(index, {"id": "", "type": "function", "function": {"name": "", "arguments": ""}})
            for name, value in piece.items():
                if name == "function" and isinstance(value, Mapping):
                    _join(call["function"], value)
                elif name != "index" and value is not None:
                    call[name] = value

    def _close(self, choice: dict[str, Any]) -> dict[str, Any]:
        for name, pieces in choice.pop("pieces", {}).items():  # joined once: a long answer has thousands
            (choice["message"] if self._chat else choice)[name] = "".join(pieces)
        calls = choice.pop("calls", None)
        if calls:
            choice["message"]["tool_calls"] = [calls[index] for index in sorted(calls)]
        elif self._chat and not choice["message"].keys() & {"refusal", "function_call"}:
            choice["message"]["content"] = choice["message"]["content"] or ""  # null means: see elsewhere
        return choice


def _join(whole: dict[str, Any], piece: Mapping[str, Any]) -> None:
    for name, value in piece.items():
        if isinstance(value, str):
            whole[name] = whole.get(name, "") + value
        elif value is not None:
            whole[name] = value


def _extend(whole: dict[str, Any], piece: Mapping[str, Any]) -> None:
    for name, value in piece.items():
        if isinstance(value, list):
            whole[name] = [*(whole.get(name) or []), *value]
        else:
            whole.setdefault(name, value)
