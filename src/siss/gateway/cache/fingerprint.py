"""What two questions must share before their texts are compared at all, and which vectors may be compared."""

from dataclasses import dataclass
from typing import Final

import orjson
from blake3 import blake3

from siss.gateway.cache.eligible import Template
from siss.gateway.cache.key import canonical_json
from siss.gateway.model.request import Question

_DIGEST: Final = 16


@dataclass(frozen=True, slots=True)
class Namespace:
    """Everything that a vector's meaning depends on: vectors of two namespaces are never compared.

    ``pooling``: last, mean, cls (criterion 20: changing it gives no cross hits). ``prefix``: put before every text.
    ``template``: the version of how text is prepared. ``dimension``: components of a vector. ``revision``: set where
    the probe showed that the model behind these names has changed.
    """

    model: str
    dimension: int
    quantisation: str = ""
    pooling: str = ""
    prefix: str = ""
    template: str = "1"
    revision: str = ""

    @property
    def digest(self) -> bytes:
        """16 bytes that stand for the namespace."""
        parts = (
            self.model,
            self.dimension,
            self.quantisation,
            self.pooling,
            self.prefix,
            self.template,
            self.revision,
        )
        return blake3(orjson.dumps(parts)).digest(_DIGEST)


def build_fingerprint(question: Question, template: Template) -> bytes:
    """The compatibility fingerprint: tenant, model and request with the last user text taken out (16 bytes)."""
    return blake3(b"compatibility\0" + canonical_json(question, template.body)).digest(_DIGEST)


def build_partition(namespace: Namespace, fingerprint: bytes) -> bytes:
    """The partition that a vector lies in: one namespace, one tenant, one fingerprint (16 bytes)."""
    return blake3(b"partition\0" + namespace.digest + fingerprint).digest(_DIGEST)
