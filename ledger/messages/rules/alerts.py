"""Which entries people are told of by e-mail, in which words, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from enum import StrEnum
from typing import Final
from zoneinfo import ZoneInfo

from ledger.core.actor import Role

DIGEST_AT: Final = time(7, 0)
"""When whoever wants one message a day gets it, on the clock of where the service is."""

RETRY_AFTER: Final = (
    timedelta(minutes=1),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=8),
    timedelta(hours=24),
)


class How(StrEnum):
    """How somebody wants to be told. The value is stored: never rename one."""

    AT_ONCE = "at-once"
    DAILY = "daily"
    NEVER = "never"


class Reason(StrEnum):
    """Why somebody is told. The value is stored: never rename one."""

    SIGN = "sign"
    APPROVE = "approve"
    REVIEW = "review"
    REMIND = "remind"
    CHANGED = "changed"
    PUT_RIGHT = "put-right"
    RECOVER = "recover"
    ANSWER = "answer"
    LESS = "less"
    REPLIED = "replied"
    SEEN = "seen"
    CORRECTED = "corrected"
    VOTE = "vote"
    RETURN = "return"
    RETURN_DUE = "return-due"
    RETURN_BACK = "return-back"
    OVERSPENT = "overspent"
    WARNED = "warned"


WORDS: Final[Mapping[Reason, str]] = {
    Reason.SIGN: "An agreement waits for your signature.",
    Reason.APPROVE: "Money waits for your approval.",
    Reason.REVIEW: "Something waits for your review.",
    Reason.REMIND: "A date in an agreement of your organisation comes near, or has passed.",
    Reason.CHANGED: "An agreement of your organisation has changed.",
    Reason.PUT_RIGHT: "Messages to one of your organisation's programs have stopped.",
    Reason.ANSWER: "You are asked something about your information. You need not say yes.",
    Reason.LESS: "Somebody shares less with your organisation than before. Say that you know.",
    Reason.REPLIED: "There is news about something that you asked.",
    Reason.SEEN: "Somebody looked at your information in an emergency. See who, and why.",
    Reason.CORRECTED: "Something in your record was put right. See what.",
    Reason.OVERSPENT: "A scheme of a pool has spent more than its budget. See what is to be done.",
    Reason.WARNED: "A scheme of a pool is forecast to spend more than its budget.",
    Reason.RETURN: "A return of a pooled fund waits for your signature.",
    Reason.RETURN_DUE: "A return of a pooled fund is due soon, or overdue.",
    Reason.RETURN_BACK: "A return of a pooled fund was sent back to be changed.",
    Reason.VOTE: "A board on which you sit votes, and your vote is not in.",
    Reason.RECOVER: "You asked for a link to choose a new password. If it was not you, do nothing.",
}
"""What a message says: that something happened. What, and about whom, is seen after signing in."""


@dataclass(frozen=True, slots=True)
class Rule:
    """Who is told of a kind of entry.

    Attributes:
        roles: Of the organisations that the entry concerns.
        own: Only of the organisation whose doing it was.
        patient: The patient whom it is about, and no organisation.
        named: Only the organisations that it says it is about.
    """

    reason: Reason
    roles: frozenset[Role]
    own: bool = False
    patient: bool = False
    named: bool = False


_SIGNATORIES: Final = frozenset({Role.SIGNATORY})
_CHANGED: Final = Rule(Reason.CHANGED, frozenset({Role.SIGNATORY, Role.PRIVACY_OFFICER}))
_ANSWER: Final = Rule(Reason.ANSWER, frozenset(), patient=True)
_LESS: Final = Rule(Reason.LESS, frozenset({Role.PRIVACY_OFFICER}))
_NAMED: Final = Rule(Reason.REVIEW, frozenset({Role.PRIVACY_OFFICER}), named=True)
_REPLIED: Final = Rule(Reason.REPLIED, frozenset(), patient=True)
_VOTE: Final = Rule(Reason.VOTE, frozenset())
"""No role is told of a vote, but whoever is on its roll: see `messages.boards`."""
_REVIEW: Final = Rule(Reason.REVIEW, frozenset({Role.PRIVACY_OFFICER}), own=True)
_MONEY: Final = frozenset({Role.POOL_MANAGER, Role.FINANCE_LEAD, Role.CHIEF_FINANCE_OFFICER})
_OVERSPENT: Final = Rule(Reason.OVERSPENT, _MONEY)

RULES: Final[Mapping[str, Rule]] = {
    "agreement.proposed": Rule(Reason.SIGN, _SIGNATORIES),
    "agreement.signed": Rule(Reason.SIGN, _SIGNATORIES),
    "agreement.activated": _CHANGED,
    "agreement.acceded": _CHANGED,
    "agreement.declined": _CHANGED,
    "agreement.gap-noted": _CHANGED,
    "agreement.superseded": _CHANGED,
    "agreement.suspended": _CHANGED,
    "agreement.resumed": _CHANGED,
    "agreement.party-withdrawn": _CHANGED,
    "agreement.party-left": _CHANGED,
    "agreement.terminated": _CHANGED,
    "agreement.dissolved": _CHANGED,
    "agreement.expired": _CHANGED,
    "agreement.reminder-due": Rule(Reason.REMIND, _CHANGED.roles),
    "agreement.obligation-overdue": Rule(Reason.REMIND, _CHANGED.roles),
    "funding.transaction-proposed": Rule(
        Reason.APPROVE, frozenset({Role.FINANCE_LEAD, Role.CHIEF_FINANCE_OFFICER})
    ),
    "funding.overspend-noted": _OVERSPENT,
    "funding.overspend-reminded": Rule(Reason.OVERSPENT, frozenset({Role.POOL_MANAGER})),
    "funding.overspend-explained": _OVERSPENT,
    "funding.action-plan-given": _OVERSPENT,
    "funding.early-warning-raised": Rule(Reason.WARNED, _MONEY),
    "funding.return-submitted": Rule(Reason.RETURN, frozenset({Role.CHIEF_FINANCE_OFFICER})),
    "funding.return-passed-on": Rule(Reason.RETURN, frozenset({Role.CHIEF_EXECUTIVE})),
    "funding.return-sent-back": Rule(Reason.RETURN_BACK, frozenset({Role.POOL_MANAGER})),
    "funding.return-reminded": Rule(Reason.RETURN_DUE, frozenset({Role.POOL_MANAGER})),
    "directory.care-declared": _REVIEW,
    "access.override-opened": _REVIEW,
    "consent.offered": _ANSWER,
    "consent.answer-reminded": _ANSWER,
    "consent.withdrawn": _LESS,
    "consent.narrowed": _LESS,
    "consent.suspended": _LESS,
    "consent.proxy-frozen": _LESS,
    "consent.superseded": _LESS,
    "consent.invalidated": _LESS,
    "consent.entered-in-error": _LESS,
    "access.breach-suspected": _REVIEW,
    "access.override-overdue": _NAMED,
    "access.override-reviewed": Rule(Reason.SEEN, frozenset(), patient=True),
    "access.matter-raised": _NAMED,
    "access.matter-reopened": _NAMED,
    "access.matter-escalated": _NAMED,
    "access.matter-acknowledged": _REPLIED,
    "access.matter-answered": _REPLIED,
    "directory.identity-proposed": _REVIEW,
    "directory.doubt-raised": _REVIEW,
    "message.acknowledgement-overdue": _LESS,
    "governance.vote-opened": _VOTE,
    "governance.vote-reminded": _VOTE,
    "message.endpoint-paused": Rule(Reason.PUT_RIGHT, frozenset({Role.STEWARD})),
}

PATIENT_TOO: Final[Mapping[str, Reason]] = {"access.override-overdue": Reason.SEEN}
"""What the patient is told of beside organisations: nobody waits for a review that is late."""

CORRECTED: Final = Rule(Reason.CORRECTED, frozenset(), patient=True)
"""For what was recorded for the wrong patient: both are told, whoever else is."""

OF_PATIENTS: Final = frozenset({Reason.CORRECTED, *(r.reason for r in RULES.values() if r.patient)})
"""What patients are told, as patients: at their safe contact."""


def due_at(how: How, now: datetime, zone: str) -> datetime | None:
    """Return when an alert made at *now* is due; None if it is not wanted.

    Args:
        how: What the person chose.
        now: In UTC.
        zone: The name of the time zone in which a day's message is made.
    """
    if how is How.NEVER:
        return None
    if how is How.AT_ONCE:
        return now
    local = now.astimezone(ZoneInfo(zone))
    digest = datetime.combine(local.date(), DIGEST_AT, tzinfo=ZoneInfo(zone))
    if digest < local:
        digest = datetime.combine(local.date() + timedelta(days=1), DIGEST_AT, tzinfo=digest.tzinfo)
    return digest.astimezone(now.tzinfo)


def retry_after(attempts: int) -> timedelta | None:
    """Return how long to wait after that many failed attempts, from 1; None: give up."""
    return RETRY_AFTER[attempts - 1] if attempts <= len(RETRY_AFTER) else None
