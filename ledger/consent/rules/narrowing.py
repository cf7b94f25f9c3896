"""Whether one version of a consent permits nothing that another did not.

A permit is narrower if it matches less, and every no inside it is kept or wider; a no is wider if
it matches more, and every permit inside it is narrower. So it goes down both trees at once.
Conditions that state nothing match everything: none is wider than any.
"""

from collections.abc import Callable, Iterable
from typing import Final

from ledger.consent.rules.matching import names_emergency
from ledger.consent.rules.model import ALWAYS, ANY, Conditions, Effect, Node, Period, Terms
from ledger.core.errors import Conflict
from ledger.vocabulary import labels, purposes


class NotNarrower(Conflict):
    """A new version of a consent may only take away. More is a new consent."""

    slug = "consent-not-narrower"
    title = "This would share more than was agreed"


def check_narrower(new: Terms, old: Terms) -> None:
    """Check that *new* permits nothing that *old* did not.

    Raises:
        NotNarrower: it might.
    """
    if not shares_no_more(new, old):
        raise NotNarrower("withdraw it and agree to something else, if you want to share more")


def shares_no_more(new: Terms, old: Terms) -> bool:
    """Say whether *new* permits nothing that *old* does not."""
    same = new.base is old.base and new.unlabelled_is_normal == old.unlabelled_is_normal
    if not same or (_is_closed(old) and not new.closed) or not _inside(new.period, old.period):
        return False
    if new.base is Effect.PERMIT:
        return _permits_no_more(Node(new.scope, new.exceptions), Node(old.scope, old.exceptions))
    return new.scope == old.scope and _each_is_within(new.exceptions, old.exceptions)


def _is_closed(terms: Terms) -> bool:
    """Say whether there is anything outside the scope that is denied."""
    return terms.closed and terms.scope != ANY


def _permits_no_more(new: Node, old: Node) -> bool:
    """Say whether a permitting node permits nothing that another does not."""
    return _within(new.conditions, old.conditions, Effect.PERMIT) and all(
        any(_denies_no_less(kept, no) for kept in new.children) for no in old.children
    )


def _denies_no_less(new: Node, old: Node) -> bool:
    """Say whether a denying node denies all that another denies, in emergencies too."""
    reaches = names_emergency(new.conditions) or not names_emergency(old.conditions)
    return (
        reaches
        and _within(old.conditions, new.conditions, Effect.DENY)
        and _each_is_within(new.children, old.children)
    )


def _each_is_within(new: Iterable[Node], old: tuple[Node, ...]) -> bool:
    return all(any(_permits_no_more(one, was) for was in old) for one in new)


def _within(inner: Conditions, outer: Conditions, effect: Effect) -> bool:
    """Say whether all that *inner* matches, *outer* matches."""
    return (
        all(
            _fewer(getattr(inner, name), getattr(outer, name), is_a)
            for name, is_a in _BELOW.items()
        )
        and _no_closer(inner.confidentiality, outer.confidentiality, effect)
        and _inside(inner.period or ALWAYS, outer.period or ALWAYS)
        and (outer.data_period is None or _dated_inside(inner.data_period, outer.data_period))
    )


def _same(one: str, other: str) -> bool:
    return one == other


_BELOW: Final[dict[str, Callable[[str, str], bool]]] = {
    "actors": _same,
    "actions": _same,
    "purposes": purposes.is_a,
    "categories": _same,
    "resource_types": _same,
    "codes": _same,
    "items": _same,
    "sensitivities": labels.sensitivity_is_a,
}
"""Each condition that lists values, and when one value stands for another."""


def _fewer(some: frozenset[str], of: frozenset[str], is_a: Callable[[str, str], bool]) -> bool:
    """Say whether *some* match no more than *of*, where none means any."""
    if not of:
        return True
    return bool(some) and all(one in of or any(is_a(one, other) for other in of) for one in some)


def _no_closer(inner: str | None, outer: str | None, effect: Effect) -> bool:
    """A permit reaches data as close as it names or less; a no, as close or more."""
    if outer is None or inner == outer:
        return True
    known = (labels.rank(inner) if inner else None, labels.rank(outer))
    if known[0] is None or known[1] is None:
        return False
    return known[0] <= known[1] if effect is Effect.PERMIT else known[0] >= known[1]


def _dated_inside(inner: Period | None, outer: Period) -> bool:
    """As `_inside`; even an open stretch does not match data of no known date."""
    return inner is not None and _inside(inner, outer)


def _inside(new: Period, old: Period) -> bool:
    starts = old.starts_at is None or (new.starts_at is not None and new.starts_at >= old.starts_at)
    return starts and (
        old.ends_at is None or (new.ends_at is not None and new.ends_at <= old.ends_at)
    )
