"""Which board decides about a pool's budget: one that every partner has agreed to."""

from uuid import UUID

from ledger.core.errors import Conflict
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.boards.entries import BoardAgreed
from ledger.funding.boards.queries import board_of, wanted
from ledger.funding.models import Pool
from ledger.funding.rules.controls import NobodyActs, SpeaksForNobodyHere, human
from ledger.funding.service.posting import hold_pool
from ledger.governance import queries as governance


class NotThePoolsBoard(Conflict):
    """Not every partner has agreed that this body decides about this pool."""

    slug = "not-the-pools-board"
    title = "This body does not decide about that pool"


class BoardAgreedAlready(Conflict):
    """The partner agreed to this body before."""

    slug = "board-agreed-already"
    title = "Your organisation has agreed to this body already"


def agree_board(work: UnitOfWork, pool_id: UUID, *, body_id: UUID) -> bool:
    """Agree, for a partner, that a body decides about a pool's budget by motions.

    Returns whether it does from now on: once every partner has agreed to the same one.

    Raises:
        NotFound: there is no such pool, or no such body.
        Forbidden: the actor approves nothing for this pool.
        SpeaksForNobodyHere: their organisation is no partner.
        BoardAgreedAlready: nothing was changed.
    """
    work.load(Pool, pool_id)  # One after the other: the last one decides.
    pool = hold_pool(work, pool_id)
    work.authorise(Permission.POOL_APPROVE, on=pool.resource)
    governance.body(work.session, body_id, on=work.today)
    organisation_id = work.actor.organisation_id
    if organisation_id is None:
        raise NobodyActs("sign in for an organisation")
    if organisation_id not in pool.partner_ids:
        raise SpeaksForNobodyHere("the partners of the pool agree to its board")
    if wanted(work.session, pool_id).get(organisation_id) == body_id:
        raise BoardAgreedAlready("nothing was changed")
    work.record(
        BoardAgreed(
            pool_id=pool_id,
            body_id=body_id,
            organisation_id=organisation_id,
            person_id=human(work.actor),
        )
    )
    return board_of(work.session, pool_id) == body_id


def check_board(work: UnitOfWork, pool_id: UUID, body_id: UUID) -> None:
    """Check that a body decides about a pool. Raises `NotThePoolsBoard`."""
    if board_of(work.session, pool_id) != body_id:
        raise NotThePoolsBoard("every partner of the pool has to agree to it first")
