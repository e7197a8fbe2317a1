"""Secrets in text: where they stand, what they are called, and what is shown in their place.

``tokens``, ``assignments``, ``lines`` and ``keyblocks`` each look at the places that one RE2 expression proposes;
``scan`` puts them together; ``siss.extract.redact`` applies the result to windows. No value leaves this package but
as a keyed fingerprint.
"""
