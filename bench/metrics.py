"""Quality of rankings, as trec_eval defines it."""

import math
from collections.abc import Mapping, Sequence


def ndcg(ranking: Sequence[str], relevant: Mapping[str, int], depth: int = 10) -> float:
    """Normalised discounted cumulative gain of the first ``depth``: gain is the grade, discount log2(rank + 1).

    Järvelin and Kekäläinen, ACM TOIS 20(4), 2002, as trec_eval's ndcg_cut does it. 0 where nothing is relevant.
    """
    ideal = sorted((grade for grade in relevant.values() if grade > 0), reverse=True)[:depth]
    best = _gain(ideal)
    return _gain([max(0, relevant.get(name, 0)) for name in ranking[:depth]]) / best if best else 0.0


def recall(ranking: Sequence[str], relevant: Mapping[str, int], depth: int = 100) -> float:
    """Share of what is relevant that stands among the first ``depth``. 0 where nothing is relevant."""
    wanted = {name for name, grade in relevant.items() if grade > 0}
    return len(wanted.intersection(ranking[:depth])) / len(wanted) if wanted else 0.0


def _gain(grades: Sequence[int]) -> float:
    return sum(grade / math.log2(rank + 2) for rank, grade in enumerate(grades))
