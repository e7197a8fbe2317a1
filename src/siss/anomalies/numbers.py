"""How unlikely a number is, told from the others.

The tail beyond the others is extrapolated from their quantiles, which a few wild ones among them do not move: as
exponential from the last tenth (peaks over a threshold; with the predictive distribution, since the slope is
estimated from few), and, where the tail is lighter than that, as normal from median and upper quartile. Where all are
positive, a number must be as unlikely on the scale of logarithms.
"""

import bisect
import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import fmean, median, stdev
from typing import Final

from siss.model.schema import NumberProfile

SIGMAS: Final = 3.0
"""Section 3.6.4: so many standard deviations of the others from their mean, at least."""
WILD: Final = 0.02
"""So many of the others on each side may be unusual themselves."""
TAIL: Final = 0.1
_LEAST_TAIL: Final = 5
_LIGHT: Final = 3.2
"""(97.5 % - median) / (75 % - median): 2.9 for a normal distribution, 1.9 for an even one, 4.3 for an exponential."""
_QUARTILE: Final = 0.6745
_MEDIAN_EFFICIENCY: Final = 0.48
"""Of the median as an estimator of an exponential's scale, beside the mean: ln(2) squared."""
_MAD_EFFICIENCY: Final = 0.37


@dataclass(frozen=True, slots=True)
class Others:
    """The numbers of all siblings, sorted."""

    numbers: Sequence[float]

    @classmethod
    def of(cls, numbers: Sequence[float]) -> "Others":
        """These numbers, in any order."""
        return cls(sorted(numbers))

    def without(self, left_out: Sequence[float]) -> "Others":
        """All but some that are among them."""
        rest = list(self.numbers)
        for number in left_out:
            del rest[bisect.bisect_left(rest, number)]
        return Others(rest)

    def describe(self) -> NumberProfile:
        """Their distribution."""
        count = len(self.numbers)
        mean = fmean(self.numbers)
        middle = median(self.numbers)
        return NumberProfile(
            count,
            self.numbers[0],
            self.numbers[-1],
            mean,
            stdev(self.numbers, mean) if count > 1 else 0.0,
            middle,
            median(abs(number - middle) for number in self.numbers),
        )

    def is_far(self, number: float) -> bool:
        """Whether a number is more than ``SIGMAS`` standard deviations from the mean of all but the outermost.

        Two wild ones would hide each other behind the deviation that they make.
        """
        left_out = int(len(self.numbers) * WILD)
        inner = self.numbers[left_out : len(self.numbers) - left_out]
        mean = fmean(inner)
        return abs(number - mean) > SIGMAS * math.sqrt(fmean((other - mean) ** 2 for other in inner))

    def beyond(self, number: float) -> int:
        """How many are as far out, on the side of the median on which the number is."""
        if number >= _quantile(self.numbers, 0.5):
            return len(self.numbers) - bisect.bisect_left(self.numbers, number)
        return bisect.bisect_right(self.numbers, number)


def tail_probability(others: Sequence[float], number: float) -> float:
    """How likely one more number is as far out as this, on its side. ``others``: sorted, at least ten."""
    grain = 1.0 if all(other == int(other) for other in (others[0], others[len(others) // 2], others[-1])) else 0.0
    plain = _probability(others, number, _same, grain)
    if number <= 0 or others[int(len(others) * WILD)] <= 0:
        return plain
    return max(plain, _probability(others, number, math.log, 0.0))


def _same(number: float) -> float:
    return number


def _probability(others: Sequence[float], number: float, scale: Callable[[float], float], grain: float) -> float:
    """On one scale. ``grain``: the smallest step between two numbers."""
    upper = number >= _quantile(others, 0.5)
    count = len(others)
    share = max(TAIL, _LEAST_TAIL / count)

    def outer(part: float) -> float:
        """A quantile, counted from the side of the number."""
        found = scale(_quantile(others, 1 - part if upper else part))
        return found if upper else -found

    place = scale(number) if upper else -scale(number)
    middle, quarter, last = outer(0.5), outer(0.25), outer(0.025)
    least = max(grain, 0.02 * abs(middle) if scale is _same else 0.02)
    sigma = max((quarter - middle) / _QUARTILE, (last - middle) / 3, least)
    found = 1.0
    if last - middle <= _LIGHT * max(quarter - middle, sigma * _QUARTILE):
        found = _student((place - middle) / sigma, count * _MAD_EFFICIENCY)
    threshold = outer(share)
    if place > threshold:
        slope = max((outer(share / 2) - threshold) / math.log(2), 0.3 * sigma)
        seen = share * count * _MEDIAN_EFFICIENCY
        found = min(found, share * (1 + (place - threshold) / (seen * slope)) ** -seen)
    return found


def _student(deviation: float, freedom: float) -> float:
    """The upper tail of Student's t, through Wallace's approximation (1959) by a normal variable."""
    if deviation <= 0:
        return 1.0
    normal = (8 * freedom + 1) / (8 * freedom + 3) * math.sqrt(freedom * math.log1p(deviation**2 / freedom))
    return 0.5 * math.erfc(normal / math.sqrt(2))


def _quantile(ordered: Sequence[float], part: float) -> float:
    """Linear between the two nearest."""
    place = part * (len(ordered) - 1)
    low = int(place)
    if low + 1 >= len(ordered):
        return ordered[-1]
    return ordered[low] + (place - low) * (ordered[low + 1] - ordered[low])
