"""Signing a return, or sending it back."""

from collections.abc import Collection
from datetime import datetime
from uuid import UUID

from ledger.core.errors import Bug, Invalid
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.funding.returns.document import as_json, digest
from ledger.funding.returns.entries import (
    ReturnCompleted,
    ReturnPassedOn,
    ReturnSentBack,
    ReturnSigned,
)
from ledger.funding.returns.rules.steps import (
    NotSigning,
    OtherSheet,
    PreparerSigns,
    SendBack,
    Signed,
    Stage,
    check_signature,
    step_now,
)
from ledger.funding.returns.service import frozen, hold_return
from ledger.funding.rules.controls import NobodyActs, human


class NoSuchCell(Invalid):
    """A cell that the return does not have."""

    slug = "return-no-such-cell"
    title = "The return has no such cell"


def sign(
    work: UnitOfWork, return_id: UUID, *, read_digest: str, acr: str | None, auth_time: datetime
) -> bool:
    """Sign a return for the actor's organisation; return whether that was the last signature.

    What is signed is made again from the log, and has to be what was read.

    Args:
        work: The unit of work.
        return_id: Which return.
        read_digest: The digest of what the actor read.
        acr: How sure their sign-in was, as the edge saw it.
        auth_time: When they signed in.

    Raises:
        NotFound: there is no such return.
        NotSigning: it does not wait for signatures.
        OtherSheet: it was submitted anew since.
        PreparerSigns, SignedAlready, NotYourStep: not this person, not now.
    """
    row, pool = hold_return(work, return_id)
    work.authorise(Permission.RETURN_SIGN, on=pool.resource, records=2)
    if row.stage != Stage.SIGNING or row.log_size is None or row.preparer_id is None:
        raise NotSigning(f"nothing was changed: its stage is {row.stage}")
    if read_digest != row.digest:
        raise OtherSheet("read it again: it was changed and submitted anew")
    view, shown = frozen(work, pool, row, row.log_size)
    if digest(as_json(view, shown)) != row.digest:
        raise Bug("a return is made again from the log as it was")
    if work.actor.organisation_id is None:
        raise NobodyActs("sign in for an organisation")
    before = view.signed
    step = step_now(before, pool.partner_ids)
    if step is None:
        raise NotSigning("nothing was changed: everybody has signed")
    mine = Signed(step, work.actor.organisation_id, human(work.actor))
    check_signature(
        mine,
        roles=work.actor.roles,
        preparer_id=row.preparer_id,
        signed=before,
        partner_ids=pool.partner_ids,
    )
    work.record(
        ReturnSigned(
            return_id=row.id,
            pool_id=pool.id,
            round=row.round,
            step=step,
            digest=read_digest,
            organisation_id=mine.organisation_id,
            person_id=mine.person_id,
            acr=acr,
            auth_time=auth_time,
        )
    )
    after = step_now([*before, mine], pool.partner_ids)
    if after is None:
        work.record(
            ReturnCompleted(
                return_id=row.id,
                pool_id=pool.id,
                digest=read_digest,
                partner_ids=pool.partner_ids,
            )
        )
    elif after is not step:
        work.record(
            ReturnPassedOn(
                return_id=row.id, pool_id=pool.id, step=after, partner_ids=pool.partner_ids
            )
        )
    return after is None


def send_back(
    work: UnitOfWork, return_id: UUID, *, reason: SendBack, cells: Collection[str] = ()
) -> None:
    """Send a return back to be changed: what was signed of it counts no more.

    Raises:
        NotFound: there is no such return.
        NotSigning: it does not wait for signatures.
        PreparerSigns: who prepared it withdraws it instead.
        NoSuchCell: one of the cells is none of this return.
    """
    row, pool = hold_return(work, return_id)
    work.authorise(Permission.RETURN_SIGN, on=pool.resource)
    if row.stage != Stage.SIGNING:
        raise NotSigning(f"nothing was changed: its stage is {row.stage}")
    if work.actor.organisation_id is None:
        raise NobodyActs("sign in for an organisation")
    if human(work.actor) == row.preparer_id:
        raise PreparerSigns("withdraw it instead")
    _, shown = frozen(work, pool, row, row.log_size or 0)
    if not set(cells) <= {one.id for one in shown.sheet.cells}:
        raise NoSuchCell("name cells of this return")
    work.record(
        ReturnSentBack(
            return_id=row.id,
            pool_id=pool.id,
            round=row.round,
            organisation_id=work.actor.organisation_id,
            person_id=human(work.actor),
            reason=reason,
            cells=tuple(sorted(set(cells))),
        )
    )
