"""Secrets in text: where they stand, what they are called, and what is shown in their place.

``tokens``, ``assignments``, ``forms`` (of ``lines``, ``commands`` and ``routers``), ``manifests`` and ``keyblocks``
each look at the places that one RE2 expression proposes, ``tables`` at columns; ``scan`` puts them together;
``siss.extract.redact`` applies the result to windows. No value leaves this package but as a keyed fingerprint.
"""
