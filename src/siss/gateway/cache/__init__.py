"""The response cache: exact tier, semantic tier, verification. ``ResponseCache`` in ``cache`` is its face.

A question's path: ``eligible`` (may it be cached) -> ``key`` -> ``memory`` -> ``store`` (exact tier) ->
``fingerprint`` -> ``embed`` -> ``vectors`` -> ``verify`` (semantic tier) -> the host -> ``storable`` -> ``store``.
"""
