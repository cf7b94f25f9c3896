"""What privacy officers settle: conflicts that decisions met, and what a patient is not told."""

from datetime import datetime
from uuid import UUID

from sqlalchemy import select

from ledger.access.keeping.entries import (
    ConflictSettled,
    TellingWithheld,
    WithholdingConfirmed,
)
from ledger.access.keeping.models import ConflictMet, Withholding
from ledger.access.keeping.rules import AlreadyStanding, Ground, check_ends, check_words
from ledger.access.models import Override
from ledger.access.rules.overrides import OverrideByProgram, OverrideOwnReview
from ledger.access.ruleset import in_force
from ledger.core.authority import Resource
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory


def settle(work: UnitOfWork, conflict_id: UUID, *, finding: str) -> None:
    """Close what decisions met about a patient: somebody has looked, and says what was done.

    If decisions meet it again it comes back.

    Raises:
        NotFound: there is none where the actor reviews.
        AlreadyStanding: it is closed.
    """
    patient_id = work.session.scalar(
        select(ConflictMet.patient_id).where(ConflictMet.id == conflict_id)
    )
    if patient_id is None:
        raise NotFound("no such conflict")
    directory.hold_roster(work, patient_id)
    row = work.session.scalars(select(ConflictMet).where(ConflictMet.id == conflict_id)).one()
    _review(work, row.organisation_id, "no such conflict")
    if row.closed_at is not None:
        raise AlreadyStanding("somebody has settled this")
    words = check_words(finding)
    work.record(ConflictSettled(conflict_id=conflict_id, patient_id=patient_id, finding=words))


def withhold_telling(
    work: UnitOfWork, override_id: UUID, *, ground: Ground, ends_at: datetime, words: str
) -> None:
    """Decide that a patient is not told of a broken glass until a moment. It ends by itself.

    One person decides it for some days (``policies/limits.csv``); for longer a second confirms it.

    Raises:
        NotFound: no such override where the actor reviews.
        OverrideOwnReview: the actor broke the glass themselves.
        OverrideByProgram: a program decides nothing of this kind.
        WithholdingTooLong, Invalid: see `rules`.
    """
    override = work.load(Override, override_id)
    _review(work, override.organisation_id, "no such override")
    decider = work.actor.person_id
    if decider is None:
        raise OverrideByProgram("sign in as the person who decides it")
    if decider == override.person_id:
        raise OverrideOwnReview("you broke the glass; ask a colleague to decide this")
    check_ends(ends_at, now=work.now, most=in_force().withholding_lasts)
    work.record(
        TellingWithheld(
            override_id=override_id,
            patient_id=override.patient_id,
            person_id=decider,
            ground=ground,
            ends_at=ends_at,
            alone_until=work.now + in_force().withholding_alone,
            words=check_words(words),
        )
    )


def confirm_withholding(work: UnitOfWork, override_id: UUID, *, words: str) -> None:
    """Stand by a colleague's decision that a patient is not told: it counts to its day.

    Raises:
        NotFound: nothing is withheld by that where the actor reviews, or it is over.
        AlreadyStanding: somebody has confirmed it.
        OverrideByProgram, OverrideOwnReview: a second person, and not who broke the glass.
    """
    override = work.load(Override, override_id)
    _review(work, override.organisation_id, "no such override")
    row = work.session.get(Withholding, override_id, populate_existing=True)
    if row is None or row.ends_at <= work.now:
        raise NotFound("nothing is withheld; decide it anew")
    if row.confirmed_by is not None:
        raise AlreadyStanding("a second person has confirmed this")
    decider = work.actor.person_id
    if decider is None:
        raise OverrideByProgram("sign in as the person who decides it")
    if decider in (override.person_id, row.decided_by):
        raise OverrideOwnReview("ask a colleague to confirm this")
    work.record(
        WithholdingConfirmed(
            override_id=override_id,
            patient_id=override.patient_id,
            person_id=decider,
            words=check_words(words),
        )
    )


def _review(work: UnitOfWork, organisation_id: UUID, none: str) -> None:
    on = Resource(organisation_ids=frozenset({organisation_id}))
    if not work.may(Permission.ACCESS_REVIEW, on=on):
        raise NotFound(none)
    work.authorise(Permission.ACCESS_REVIEW, on=on)
