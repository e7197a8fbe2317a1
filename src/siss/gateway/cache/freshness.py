"""What a kept entry is worth now: fresh, stale but served, kept for a failure of the host, or nothing."""

from siss.gateway.model.directives import Directives
from siss.gateway.model.entry import Entry
from siss.gateway.model.lookup import Hit, Lookup, Miss, Reason, Ticket, Tier
from siss.gateway.model.policy import CachePolicy


def judge_entry(
    entry: Entry | None, now: float, ticket: Ticket, policy: CachePolicy, directives: Directives
) -> Lookup:
    """The exact tier's answer from an entry, or from none. ``now``: seconds since 1970.

    Times are judged by the route that asks, not by the one that kept the entry. What a client calls too old is never
    served to it, not even when the host fails.
    """
    if entry is None:
        return Miss(Reason.ABSENT, ticket)
    age = max(0.0, now - entry.created)
    if directives.max_age is not None and age > directives.max_age:
        return Miss(Reason.MAX_AGE, ticket)
    good = entry.reply.status == 200
    if age <= (policy.ttl if good else policy.negative_ttl):
        return Hit(Tier.EXACT, entry.reply, age, ticket)
    if not good:
        return Miss(Reason.EXPIRED, ticket)
    stale = Hit(Tier.EXACT, entry.reply, age, ticket, stale=True)
    if age <= policy.ttl + policy.stale_while_revalidate:
        return stale
    return Miss(Reason.EXPIRED, ticket, stale if age <= policy.ttl + policy.stale_if_error else None)


def oldest_allowed(now: float, policy: CachePolicy, directives: Directives) -> float:
    """When an entry must have been made, at the earliest, to answer by meaning (seconds since 1970).

    Neither stale ones may, nor those that the client calls too old.
    """
    return now - (policy.ttl if directives.max_age is None else min(policy.ttl, directives.max_age))
