"""How near two vectors must be for texts that no rule tells apart.

Where each text has words of meaning that the other lacks, nothing but the vectors says that they mean the same: so
they must be nearer than the threshold asks, and the more so the more words it is. The shares were chosen on labelled
pairs and on made ones; the benchmark ``gateway_cache`` prints the curve of both.
"""

from typing import Final

from siss.gateway.cache.verification.tokens import Reading

REWORDED: Final = 0.3
"""Share of the way from the threshold to 1, where a word or two differ ..."""

RETOLD: Final = 0.7
"""... and where so many differ that little but the topic is certain."""

_MANY: Final = 3


def needed_similarity(left: Reading, right: Reading, threshold: float) -> float:
    """The least cosine that is enough for two texts, on a route with a threshold."""
    return threshold + (1.0 - threshold) * _share(left, right)


def highest_threshold(left: Reading, right: Reading, similarity: float) -> float:
    """The highest threshold of a route at which a cosine is enough for two texts; not above 0 where none is."""
    share = _share(left, right)
    return (similarity - share) / (1.0 - share)


def _share(left: Reading, right: Reading) -> float:
    differ = min(len(left.content_set - right.content_set), len(right.content_set - left.content_set))
    return 0.0 if not differ else REWORDED if differ < _MANY else RETOLD
