"""A return from its opening to its last signature: what it is about, when it is due, who signs.

The chain: whoever prepares submits, which freezes a size of the log; then the finance chief of
every partner signs (in a council the officer of section 151), then every chief executive. Each
is another human being. A return that is sent back goes to the preparer, and the chain begins
again over what is submitted next.
"""

from calendar import monthrange
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum
from types import MappingProxyType
from typing import Final
from uuid import UUID

from ledger.core.actor import Role
from ledger.core.errors import Conflict, Forbidden, Invalid
from ledger.funding.returns.rules.forms import Form


class ReturnKind(StrEnum):
    """What a return is about. The value is stored: never rename one."""

    QUARTER = "quarter"
    YEAR = "year"


class Stage(StrEnum):
    """How far a return has got. The value is stored: never rename one."""

    DRAFT = "draft"
    SIGNING = "signing"
    SIGNED = "signed"
    WITHDRAWN = "withdrawn"


class Step(StrEnum):
    """Whose signatures are asked for, in this order. The value is logged: never rename one."""

    FINANCE = "finance"
    EXECUTIVE = "executive"


SIGNS: Final = MappingProxyType(
    {Step.FINANCE: Role.CHIEF_FINANCE_OFFICER, Step.EXECUTIVE: Role.CHIEF_EXECUTIVE}
)
"""As what one signs at each step."""


class SendBack(StrEnum):
    """Why a signatory sends a return back. The value is logged: never rename one."""

    FIGURES = "figures-wrong"
    WORDS = "words-wrong"
    MISSING = "something-missing"
    NOT_AGREED = "not-agreed"


class QuarterRefused(Invalid):
    """Months that the pool's year does not have."""

    slug = "return-quarter-refused"
    title = "The pool's year has no such quarter"


class NotOver(Conflict):
    """A return about days that have not been."""

    slug = "return-period-not-over"
    title = "These days are not over yet"


class NotDraft(Conflict):
    """Cells are answered, and a return submitted, while it is a draft."""

    slug = "return-not-draft"
    title = "This return is not being filled in"


class NotSigning(Conflict):
    """Nobody is asked to sign it: it was not submitted, or all have signed."""

    slug = "return-not-for-signing"
    title = "This return does not wait for signatures"


class Incomplete(Conflict):
    """Something on it is red."""

    slug = "return-incomplete"
    title = "The return is incomplete"


class OtherSheet(Conflict):
    """What somebody read is not what would be signed."""

    slug = "return-changed"
    title = "The return is not the one that you read"


class NotYourStep(Forbidden):
    """One's signature is not asked for now: another rank's is, or that of no such organisation."""

    slug = "return-not-your-step"
    title = "Your signature is not asked for now"


class SignedAlready(Conflict):
    """One human being signs once, for one organisation, as one thing."""

    slug = "return-signed-already"
    title = "This signature has been given"


class PreparerSigns(Forbidden):
    """Who prepared a return signs it in no other place."""

    slug = "return-preparer-may-not-sign"
    title = "Somebody else must sign this"


@dataclass(frozen=True, slots=True)
class Signed:
    """A signature that was given in this round."""

    step: Step
    organisation_id: UUID
    person_id: UUID


def days_of(kind: ReturnKind, number: int, year: tuple[date, date]) -> tuple[date, date]:
    """Return the first and last day that a return is about.

    Args:
        kind: Quarter or year.
        number: Of the quarter, from 1; 0 for the year.
        year: The pool's year, both days included.

    Raises:
        QuarterRefused: the year has no such quarter.
    """
    first, last = year
    if kind is ReturnKind.YEAR:
        if number:
            raise QuarterRefused("a return of the year has no number")
        return year
    begin = _months_on(first, 3 * (number - 1))
    end = min(_months_on(first, 3 * number) - timedelta(days=1), last)
    if not 1 <= number <= 4 or begin > last:  # noqa: PLR2004
        raise QuarterRefused("quarters are numbered from 1 to 4, from the year's first day")
    return begin, end


def due_on(form: Form, kind: ReturnKind, last_day: date) -> date:
    """Return by when a return is due."""
    return last_day + timedelta(days=form.due_days[kind])


def step_now(signed: Collection[Signed], partner_ids: Collection[UUID]) -> Step | None:
    """Return whose signatures are asked for; None when every one has been given."""
    for step in Step:
        if set(partner_ids) - {one.organisation_id for one in signed if one.step is step}:
            return step
    return None


def check_signature(
    signature: Signed,
    *,
    roles: Collection[Role],
    preparer_id: UUID,
    signed: Collection[Signed],
    partner_ids: Collection[UUID],
) -> None:
    """Check that somebody may sign now.

    Raises:
        NotSigning: every signature has been given.
        PreparerSigns: they prepared it.
        SignedAlready: they did, or their organisation did at this step.
        NotYourStep: another rank is asked, or their organisation is no partner.
    """
    step = step_now(signed, partner_ids)
    if step is None:
        raise NotSigning("nothing was changed: everybody has signed")
    if signature.person_id == preparer_id:
        raise PreparerSigns("ask a colleague: who prepares a return does not also sign it")
    if any(one.person_id == signature.person_id for one in signed):
        raise SignedAlready("nothing was changed: one person signs once")
    if signature.organisation_id not in partner_ids or SIGNS[step] not in roles:
        raise NotYourStep(f"it waits for the {_WHO[step]} of each partner")
    given = {(one.step, one.organisation_id) for one in signed}
    if (step, signature.organisation_id) in given:
        raise SignedAlready("nothing was changed: your organisation has signed")


_WHO: Final = {Step.FINANCE: "chief finance officer", Step.EXECUTIVE: "chief executive"}


def _months_on(day: date, months: int) -> date:
    years, month = divmod(day.month - 1 + months, 12)
    year = day.year + years
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))
