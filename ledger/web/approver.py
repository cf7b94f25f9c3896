"""Who looks at what waits for approval in a pool, and what their approval would be."""

from dataclasses import dataclass
from uuid import UUID

from ledger.core.actor import Actor
from ledger.core.authority import in_force, permits
from ledger.core.errors import LedgerError
from ledger.core.policy import Permission
from ledger.funding.queries.pools import PoolView
from ledger.funding.queries.proposals import ProposalView
from ledger.funding.rules.controls import Approval, check_approval, highest_rank


@dataclass(frozen=True, slots=True, kw_only=True)
class Reader:
    """Who looks at what waits, and whom they speak for.

    Attributes:
        approval: What their approval would be; None if they approve nothing here.
    """

    id: UUID | None
    approval: Approval | None

    def why_not(self, one: ProposalView, pool: PoolView) -> str | None:
        """Return why the reader may not approve a proposal; an empty text if that is plain."""
        if self.approval is None:
            return ""
        try:
            check_approval(
                one.control,
                self.approval,
                maker_id=one.maker_id,
                given=one.approvals,
                host_id=pool.host_id,
                partner_ids=pool.partner_ids,
            )
        except LedgerError as error:
            return error.title
        return None


def reader_of(actor: Actor, pool: PoolView) -> Reader:
    """Return who looks at what waits in a pool, and what their approval would be."""
    may = permits(in_force(), actor, Permission.POOL_APPROVE, pool.resource)
    person_id, organisation_id = actor.person_id, actor.organisation_id
    if not may or person_id is None or organisation_id is None:
        return Reader(id=person_id, approval=None)
    approval = Approval(person_id, organisation_id, highest_rank(actor.roles))
    return Reader(id=person_id, approval=approval)
