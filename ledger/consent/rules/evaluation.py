"""One consent, one request.

    decide(n) = ¬effect(n)   if some child c matches and decide(c) = ¬effect(n)
                effect(n)    otherwise

What is known of the request is settled first (`_prune`), which leaves a tree that holds
only conditions on data: the *residual*, if the data was not known when asked. It is a
tree and never a flat list, which could not carry exceptions to exceptions. Whoever holds
the data settles the rest with `enforce`.
"""

from dataclasses import dataclass, replace
from enum import StrEnum
from uuid import UUID

from ledger.consent.rules.lifecycle import Status, status_at
from ledger.consent.rules.matching import (
    BREAK_GLASS,
    Match,
    all_of,
    known_codes,
    match_data,
    match_request,
    names_emergency,
    reaches,
)
from ledger.consent.rules.model import ANY, Conditions, Data, Effect, Node, Request, Version
from ledger.vocabulary import purposes
from ledger.vocabulary.purposes import Family

_DIRECT = {Family.CARE, Family.EMERGENCY}
Path = tuple[int, ...]
"""Where a node is: which exception, which exception to that, and so on. Empty is the root."""


class Outcome(StrEnum):
    """What consents say to a request."""

    PERMIT = "permit"
    DENY = "deny"
    RESIDUAL = "residual"
    NOT_APPLICABLE = "not-applicable"
    INDETERMINATE = "indeterminate"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Branch:
    """A node of a residual tree.

    Attributes:
        sure: False if something about the request could not be known: it may match.
        conditions: On the data alone.
        explicit: The node names emergencies outright.
    """

    path: Path
    sure: bool
    conditions: Conditions
    explicit: bool
    children: "tuple[Branch, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Residual:
    """What is left of a consent when all that is known of a request is settled.

    Attributes:
        root: Its conditions are those of the scope.
        outside: What the consent says to what its scope does not hold.
        deny_needs_naming: The request is to break the glass, which no deny reaches
            unless it names emergencies.
        lets_in: False where what it permits counts as if it said nothing of it.
    """

    base: Effect
    root: Branch
    outside: Outcome
    unlabelled_is_normal: bool
    deny_needs_naming: bool
    lets_in: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What one consent says to one request, and by which of its nodes.

    Attributes:
        why: A code from a closed list: see `docs/reference/consent.md`.
        residual: Only for `Outcome.RESIDUAL`.
    """

    outcome: Outcome
    consent_id: UUID
    number: int
    why: str
    path: Path = ()
    residual: Residual | None = None


def answer(version: Version, request: Request) -> Answer:
    """Return what *version* says to *request*. Reads nothing else.

    A yes that is in doubt cannot be known beyond direct care; a no is a no, in doubt or not.
    """
    said = _answer(version, request)
    permits = said.outcome is Outcome.PERMIT or (
        said.residual is not None and may_permit(said.residual)
    )
    if not (version.in_doubt and permits) or purposes.family(request.purpose) in _DIRECT:
        return said
    return replace(said, outcome=Outcome.INDETERMINATE, why="identity-in-doubt", residual=None)


def _answer(version: Version, request: Request) -> Answer:
    def because(why: str, outcome: Outcome = Outcome.NOT_APPLICABLE) -> Answer:
        return Answer(
            outcome=outcome, consent_id=version.consent_id, number=version.number, why=why
        )

    terms = version.terms
    if version.subject != request.subject:
        return because("another-subject")
    if status_at(version.events, request.at) is not Status.ACTIVE:
        return because("not-active")
    if not terms.period.covers(request.at):
        return because("outside-period")
    if not known_codes(request):
        return because("unknown-code", Outcome.INDETERMINATE)
    residual = settle(version, request)
    if residual is None:
        return because("outside-scope", _outside(version, request))
    outcome, path = _judge(residual, None)
    depends = outcome is Outcome.INDETERMINATE and _has_data_conditions(residual.root)
    return Answer(
        outcome=Outcome.RESIDUAL if depends else outcome,
        consent_id=version.consent_id,
        number=version.number,
        why="depends-on-data" if depends else _WHY[outcome],
        path=path,
        residual=residual if depends else None,
    )


def settle(version: Version, request: Request) -> Residual | None:
    """Return what is left when what is known is settled; None if it is outside the scope."""
    terms = version.terms
    root = _prune(Node(terms.scope, terms.exceptions), terms.base, request, (), version)
    if root is None:
        return None
    explicit = terms.base is Effect.DENY and names_emergency(terms.scope)
    return Residual(
        base=terms.base,
        root=root,
        outside=_outside(version, request),
        unlabelled_is_normal=terms.unlabelled_is_normal,
        deny_needs_naming=request.purpose == BREAK_GLASS and not explicit,
        lets_in=version.lets_in,
    )


def enforce(residual: Residual, data: Data) -> Outcome:
    """Return what is said of *data*, all that will ever be known of which is given."""
    return _judge(residual, data)[0]


def may_permit(residual: Residual) -> bool:
    """Say whether some data could be permitted by what is left."""
    return residual.lets_in and _may_be(Effect.PERMIT, residual.root, residual.base)


_WHY = {
    Outcome.PERMIT: "permitted",
    Outcome.DENY: "denied",
    Outcome.INDETERMINATE: "labels-missing",
    Outcome.NOT_APPLICABLE: "emergency-not-denied",
}


def _outside(version: Version, request: Request) -> Outcome:
    denies = version.terms.closed and request.purpose != BREAK_GLASS
    return Outcome.DENY if denies else Outcome.NOT_APPLICABLE


def _prune(
    node: Node, effect: Effect, request: Request, path: Path, version: Version
) -> Branch | None:
    """Return *node* with only what is still open, or None if it cannot match."""
    if path and not reaches(node.conditions, effect, request):
        return None
    known = match_request(node.conditions, request)
    if known is Match.NO:
        return None
    on_data, left = match_data(
        node.conditions,
        effect,
        request.data,
        unlabelled_is_normal=version.terms.unlabelled_is_normal,
    )
    if on_data is Match.NO:
        return None
    children = (
        _prune(child, effect.opposite, request, (*path, n), version)
        for n, child in enumerate(node.children)
    )
    return Branch(
        path=path,
        sure=all_of([known, on_data]) is Match.YES,
        conditions=left,
        explicit=names_emergency(node.conditions),
        children=tuple(child for child in children if child is not None),
    )


def _judge(residual: Residual, data: Data | None) -> tuple[Outcome, Path]:
    """Judge the tree for *data*; for None, whatever the data, as far as that is certain."""
    outcome, path = _said(residual, data)
    if residual.lets_in or (outcome is not Outcome.PERMIT and _may_deny(residual)):
        return outcome, path
    return Outcome.NOT_APPLICABLE, ()


def _said(residual: Residual, data: Data | None) -> tuple[Outcome, Path]:
    scope = _matches(residual.root, residual.base, data, residual)
    if scope is Match.NO:
        return residual.outside, ()
    effect, path = _decide(residual.root, residual.base, data, residual)
    if effect is None or scope is Match.UNKNOWN:
        return Outcome.INDETERMINATE, path
    if effect is Effect.PERMIT:
        return Outcome.PERMIT, path
    if not residual.deny_needs_naming:
        return Outcome.DENY, path
    named = _some_named_deny(residual.root, residual.base, data, residual)
    if named is None:
        return Outcome.INDETERMINATE, path
    return Outcome.DENY if named else Outcome.NOT_APPLICABLE, path


def _matches(branch: Branch, effect: Effect, data: Data | None, residual: Residual) -> Match:
    if branch.conditions == ANY:
        return Match.YES if branch.sure else Match.UNKNOWN
    if data is None:
        return Match.UNKNOWN
    found, left = match_data(
        branch.conditions, effect, data, unlabelled_is_normal=residual.unlabelled_is_normal
    )
    if found is Match.NO:
        return Match.NO
    return Match.YES if branch.sure and found is Match.YES and left == ANY else Match.UNKNOWN


def _decide(
    branch: Branch, effect: Effect, data: Data | None, residual: Residual
) -> tuple[Effect | None, Path]:
    """Return the effect, and the node it comes from; None if it cannot be known."""
    certain, decided_by = True, branch.path
    for child in branch.children:
        match = _matches(child, effect.opposite, data, residual)
        if match is Match.NO:
            continue
        decided, path = _decide(child, effect.opposite, data, residual)
        if decided is effect:
            continue
        if match is Match.YES and decided is not None:
            return decided, path
        certain, decided_by = False, path
    return (effect if certain else None), decided_by


def _some_named_deny(
    branch: Branch, effect: Effect, data: Data | None, residual: Residual
) -> bool | None:
    """Say whether a matching deny that names emergencies denies; None if it cannot be known."""
    if effect is Effect.DENY and branch.explicit:
        decided, _ = _decide(branch, effect, data, residual)
        if decided is not Effect.PERMIT:
            return None if decided is None else True
    unknown = False
    for child in branch.children:
        match = _matches(child, effect.opposite, data, residual)
        if match is Match.NO:
            continue
        named = _some_named_deny(child, effect.opposite, data, residual)
        if named and match is Match.YES:
            return True
        unknown = unknown or named is not False
    return None if unknown else False


def _may_deny(residual: Residual) -> bool:
    return residual.outside is Outcome.DENY or _may_be(Effect.DENY, residual.root, residual.base)


def _may_be(sought: Effect, branch: Branch, effect: Effect) -> bool:
    return effect is sought or any(_may_be(sought, c, effect.opposite) for c in branch.children)


def _has_data_conditions(branch: Branch) -> bool:
    return branch.conditions != ANY or any(map(_has_data_conditions, branch.children))
