"""The naive formulation: §2 of the specification read aloud, for data of which all is known.

Written without a look at `ledger.consent.rules`: no lineages, no pruning, no residuals.
It shares with them only the values and the official tables.
"""

from ledger.consent.rules import Conditions, Effect, Labels, Node, Outcome, Request, Version
from ledger.vocabulary import facts

ABOVE = {
    **facts.PURPOSES,
    **facts.SENSITIVITIES,
    "HRESCH.falls": "HRESCH",
    "SOCIALCARE": "COC",
    "SVCPLAN": "HDM",
    "RISKSTRAT": "POPHLTH",
}


def at_or_below(code: str, ancestor: str) -> bool:
    while True:
        if code == ancestor:
            return True
        parent = ABOVE[code]
        if parent is None:
            return False
        code = parent


def in_period(period: object, t: object) -> bool:
    starts, ends = period.starts_at, period.ends_at  # type: ignore[attr-defined]
    return not (starts and t < starts) and not (ends and t >= ends)


def three(answers: list[bool | None]) -> bool | None:
    if False in answers:
        return False
    return None if None in answers else True


def matches(  # noqa: C901, PLR0912 - read aloud, one attribute after the other
    c: Conditions, effect: Effect, q: Request, *, normal: bool
) -> bool | None:
    """True, False, or None where a label is missing that the condition is about."""
    d = q.data
    labels = d.labels
    if normal and labels == Labels(None, frozenset()):
        labels = Labels("N", frozenset())
    assert labels is not None
    said: list[bool | None] = []
    if c.period:
        said.append(in_period(c.period, q.at))
    if c.actors:
        said.append(any(a in c.actors for a in q.actors))
    if c.actions:
        said.append(q.action in c.actions)
    if c.purposes:
        said.append(any(at_or_below(q.purpose, p) for p in c.purposes))
    for listed, own in (
        (c.categories, [d.category]),
        (c.resource_types, [d.resource_type]),
        (c.codes, d.codes),
        (c.items, [d.item]),
    ):
        if listed:
            said.append(any(one in listed for one in own))  # type: ignore[union-attr]
    if c.data_period:
        said.append(in_period(c.data_period, d.dated_at))
    if c.confidentiality:
        order = "ULMNRV".index
        if labels.confidentiality is None:
            said.append(None)
        elif effect is Effect.PERMIT:
            said.append(order(labels.confidentiality) <= order(c.confidentiality))
        else:
            said.append(order(labels.confidentiality) >= order(c.confidentiality))
    if c.sensitivities:
        if labels.confidentiality is None and not labels.sensitivities:
            said.append(None)
        else:
            said.append(
                any(at_or_below(s, p) for s in labels.sensitivities for p in c.sensitivities)
            )
    return three(said)


def emergency(c: Conditions) -> bool:
    return "BTG" in c.purposes or "ETREAT" in c.purposes


def worlds(n: Node, effect: Effect, q: Request, *, normal: bool) -> set[Effect]:
    """Every effect that *n* may have, whichever way the missing labels would turn out."""
    maybe = [
        (matched, decided)
        for c in n.children
        if not (
            q.purpose == "BTG" and effect.opposite is Effect.DENY and not emergency(c.conditions)
        )
        for matched in [matches(c.conditions, effect.opposite, q, normal=normal)]
        if matched is not False
        for decided in [worlds(c, effect.opposite, q, normal=normal)]
    ]
    if any(matched and decided == {effect.opposite} for matched, decided in maybe):
        return {effect.opposite}
    if any(effect.opposite in decided for _, decided in maybe):
        return {Effect.PERMIT, Effect.DENY}
    return {effect}


def decide(version: Version, q: Request) -> Outcome:
    """What an active consent says to a request without BTG."""
    assert q.purpose != "BTG", "see test_emergencies"
    terms = version.terms
    if not in_period(terms.period, q.at):
        return Outcome.NOT_APPLICABLE
    scope = matches(terms.scope, terms.base, q, normal=terms.unlabelled_is_normal)
    if scope is False:
        return Outcome.DENY if terms.closed else Outcome.NOT_APPLICABLE
    found = worlds(
        Node(terms.scope, terms.exceptions), terms.base, q, normal=terms.unlabelled_is_normal
    )
    if scope is None or len(found) == 2:
        return Outcome.INDETERMINATE
    return Outcome.PERMIT if found == {Effect.PERMIT} else Outcome.DENY
