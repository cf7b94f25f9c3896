"""What the entries that suspend, shorten or end an agreement change."""

from datetime import timedelta

from sqlalchemy import or_
from sqlalchemy.orm import Session

from audit import Record
from ledger.agreements.entries import (
    AgreementDissolved,
    AgreementExpired,
    AgreementPartyLeft,
    AgreementPartyWithdrawn,
    AgreementResumed,
    AgreementSuperseded,
    AgreementSuspended,
    AgreementTerminated,
)
from ledger.agreements.lines import change_lines, moves
from ledger.agreements.models import Agreement, AgreementLine, AgreementParty
from ledger.agreements.rules.lifecycle import Command
from ledger.core.projection import Opened, projects


@projects(AgreementSuspended)
def suspended(session: Session, record: Record[AgreementSuspended], _opened: Opened) -> None:
    """Nothing is covered until the end of a day."""
    moves(session, record, Command.SUSPEND).suspended_to = record.entry.to
    change_lines(session, record.entry.agreement_id, suspended_to=record.entry.to)


@projects(AgreementResumed)
def resumed(session: Session, record: Record[AgreementResumed], _opened: Opened) -> None:
    """What was covered is again."""
    moves(session, record, Command.RESUME).suspended_to = None
    change_lines(session, record.entry.agreement_id, suspended_to=None)


@projects(AgreementPartyWithdrawn)
def withdrawn(session: Session, record: Record[AgreementPartyWithdrawn], _opened: Opened) -> None:
    """The party's flows end the day before it leaves; all flows do if too few remain."""
    entry = record.entry
    version = moves(session, record, Command.WITHDRAW)
    party = session.get_one(AgreementParty, (entry.agreement_id, entry.organisation_id))
    party.leaves_on, party.return_due_on = entry.leaves_on, entry.return_due_on
    version.last_day = entry.last_day
    line, its_last_day = AgreementLine, entry.leaves_on - timedelta(days=1)
    theirs = or_(line.from_party == entry.organisation_id, line.to_party == entry.organisation_id)
    change_lines(
        session, entry.agreement_id, theirs, line.last_day > its_last_day, last_day=its_last_day
    )
    change_lines(
        session, entry.agreement_id, line.last_day > entry.last_day, last_day=entry.last_day
    )


@projects(AgreementPartyLeft)
def left(session: Session, record: Record[AgreementPartyLeft], _opened: Opened) -> None:
    """It has been said; its lines ended by themselves."""
    key = (record.entry.agreement_id, record.entry.organisation_id)
    session.get_one(AgreementParty, key).left_at = record.at


@projects(AgreementDissolved)
def dissolved(session: Session, record: Record[AgreementDissolved], _opened: Opened) -> None:
    """It is over; its lines ended by themselves."""
    moves(session, record, Command.DISSOLVE)
    session.get_one(Agreement, record.entry.agreement_id).standing = None


@projects(AgreementTerminated)
def terminated(session: Session, record: Record[AgreementTerminated], _opened: Opened) -> None:
    """It is over."""
    agreement_id, last_day = record.entry.agreement_id, record.entry.last_day
    moves(session, record, Command.TERMINATE).last_day = last_day
    session.get_one(Agreement, agreement_id).standing = None
    change_lines(session, agreement_id, AgreementLine.last_day > last_day, last_day=last_day)


@projects(AgreementSuperseded)
def superseded(session: Session, record: Record[AgreementSuperseded], _opened: Opened) -> None:
    """It holds until the day before the later version does."""
    entry = record.entry
    moves(session, record, Command.SUPERSEDE).last_day = entry.last_day
    line = AgreementLine
    its_own = line.version == entry.number
    change_lines(
        session,
        entry.agreement_id,
        its_own,
        line.last_day > entry.last_day,
        last_day=entry.last_day,
    )


@projects(AgreementExpired)
def expired(session: Session, record: Record[AgreementExpired], _opened: Opened) -> None:
    """It is over; its lines ended by themselves."""
    moves(session, record, Command.EXPIRE)
    session.get_one(Agreement, record.entry.agreement_id).standing = None
