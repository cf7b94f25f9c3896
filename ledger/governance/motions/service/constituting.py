"""How a body decides, and that it decides no more."""

from uuid import UUID

from ledger.core.authority import Resource
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.governance.motions.entries import BodyDissolved, VotingRulesSet
from ledger.governance.motions.rules import VotingRules, check_rules
from ledger.governance.motions.service.holding import BodyIsDissolved, HeldBody, hold_body


def set_rules(work: UnitOfWork, body_id: UUID, *, rules: VotingRules) -> None:
    """Say how a body decides from now on. Open votes go on by the rules they began with.

    Raises:
        NotFound: there is no such body.
        Forbidden: the actor keeps no such lists for its host.
        BodyIsDissolved: it decides nothing any more.
        BadRules: they cannot be met, or would give a secret away.
    """
    body = hold_body(work, body_id, to_change=True)
    _authorise(work, body)
    if body.dissolved:
        raise BodyIsDissolved("nothing was changed")
    check_rules(rules, classes=dict(body.classes))
    work.record(VotingRulesSet(body_id=body_id, rules=rules))


def dissolve(work: UnitOfWork, body_id: UUID) -> None:
    """End a body. Votes that are open lapse when they close; what it decided stays decided.

    Raises:
        NotFound: there is no such body.
        Forbidden: the actor keeps no such lists for its host.
        BodyIsDissolved: it was before.
    """
    body = hold_body(work, body_id, to_change=True)
    _authorise(work, body)
    if body.dissolved:
        raise BodyIsDissolved("nothing was changed")
    work.record(BodyDissolved(body_id=body_id))


def _authorise(work: UnitOfWork, body: HeldBody) -> None:
    host = frozenset({body.host_id})
    work.authorise(
        Permission.SEAT_APPOINT, on=Resource(organisation_ids=host, host_id=body.host_id)
    )
