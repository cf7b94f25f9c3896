"""The naive formulation: §2 of the specification read aloud, for data of which all is known.

Written without a look at `ledger.consent.rules`: no lineages, no pruning, no residuals.
It shares with them only the values and the official tables.
"""

from ledger.consent.rules import (
    Conditions,
    Effect,
    Event,
    Labels,
    Node,
    Outcome,
    Request,
    Version,
)
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


def several(versions: list[Version], q: Request) -> Outcome:
    """§3a and §3c read aloud: what one person said, several times and on several matters.

    A consent counts unless something that the same person said later on the same matter, and
    that has begun, replaced it. A permit is replaced by whatever came later, even if that has
    ended since; a deny only by a permit that is in force, because a dissent has no end unless
    the person gives one.
    """
    counting = [v for v in versions if begun(v, q) and not replaced(v, versions, q)]
    said = {decide(v, q) for v in counting if granted(v, q)}
    for outcome in (Outcome.DENY, Outcome.INDETERMINATE, Outcome.PERMIT):
        if outcome in said:
            return outcome
    return Outcome.NOT_APPLICABLE


def replaced(v: Version, versions: list[Version], q: Request) -> bool:
    matter = (v.kind, v.agreement_id or v.controller, v.category)
    later = [
        w
        for w in versions
        if w.order > v.order
        and (w.kind, w.agreement_id or w.controller, w.category) == matter
        and begun(w, q)
    ]
    if v.terms.base is Effect.PERMIT:
        return bool(later)
    last = max(later, key=lambda w: w.order, default=None)
    if last is None:
        return False
    return (
        last.terms.base is Effect.PERMIT and granted(last, q) and in_period(last.terms.period, q.at)
    )


def begun(v: Version, q: Request) -> bool:
    starts = v.terms.period.starts_at
    return starts is None or starts <= q.at


def granted(v: Version, q: Request) -> bool:
    """These lives know a grant and one end at most: see `strategies.histories`."""
    return all(e.event is Event.GRANTED for e in v.events if e.at <= q.at)
