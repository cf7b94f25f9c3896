"""Every status and every event, by the commands: what the table says, and nothing else."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.consent import service
from ledger.consent.asking import service as asks
from ledger.consent.asking.cancelling import NothingToCancel, cancel
from ledger.consent.models import Consent
from ledger.consent.notices.rules import Format
from ledger.consent.proxies import service as proxies
from ledger.consent.rules.lifecycle import TRANSITIONS, Event, IllegalTransition, Status
from ledger.consent.rules.model import Capacity
from ledger.consent.service import Said
from ledger.consent.service.life import NotNewer
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.errors import NotFound
from ledger.core.work import UnitOfWork, unit_of_work
from ledger.directory import service as directory
from ledger.directory.rules.imports import Identity
from ledger.vocabulary.categories import Category
from tests import docs_consent
from tests.conftest import NOW
from tests.consent.conftest import Partnership
from tests.given import acting
from tests.given import consent as given
from tests.given.directory import SYSTEM, member, nhs_number, patient
from tests.given.notices import authored

LESS = frozenset({Category.CARE_PLAN})
LAST = NOW.date() + timedelta(days=28)


@dataclass(frozen=True, kw_only=True)
class Begun:
    """A consent at a status, who speaks for the patient, and the request it came from, if any."""

    consent_id: UUID
    patient_id: UUID
    actor: Actor
    request_id: UUID | None = None
    now: datetime | None = None


class Table:
    """Begins consents at each status and has each event happen to them, by commands."""

    def __init__(self, partnership: Partnership) -> None:
        self.p = partnership
        self.steward = member(Role.STEWARD, at=partnership.trust)
        authored(self.steward)
        self.patient_id, self.patient = patient(at=partnership.trust)

    def do(self, begun: Begun, command: Callable[[UnitOfWork], object]) -> None:
        with unit_of_work(begun.actor, now=begun.now) as work:
            command(work)

    def granted(self) -> Begun:
        consent_id = given.granted(self.patient, self.p.agreement_id, to=self.p.council)
        return Begun(consent_id=consent_id, patient_id=self.patient_id, actor=self.patient)

    def asked(self, *, told: bool) -> Begun:
        """Ask somebody new: who has a sign-in is told at once, who has none by a letter."""
        if told:
            patient_id, actor = patient(at=self.p.trust)
        else:
            identity = Identity(name="Nia", date_of_birth=date(1948, 3, 1), nhs_number=nhs_number())
            with unit_of_work(SYSTEM) as work:
                patient_id = directory.register_patient(
                    work, organisation_id=self.p.trust, identity=identity
                )
            actor = replace(self.patient, patient_id=patient_id)
        with unit_of_work(self.steward) as work:
            done = asks.ask(
                work,
                patient_ids=[patient_id],
                agreement_id=self.p.agreement_id,
                choice=given.choice(self.p.council),
                notice_id="sharing",
                language="en-GB",
                how=Format.STANDARD,
                awaited_to=LAST,
            )
        return Begun(
            consent_id=done.consent_ids[patient_id],
            patient_id=patient_id,
            actor=actor,
            request_id=done.request_id,
        )

    def frozen(self) -> Begun:
        """Let a parent agree for somebody who comes of age in twenty days, and has then."""
        birthday = NOW.date() + timedelta(days=20)
        patient_id, child = patient(
            at=self.p.trust, born_on=birthday.replace(year=birthday.year - 16)
        )
        parent = acting.acts_for(patient_id, at=self.p.trust)
        with unit_of_work(parent) as work:
            consent_id = service.grant(
                work,
                patient_id=patient_id,
                agreement_id=self.p.agreement_id,
                choice=given.choice(self.p.council),
                said=Said(capacity=Capacity.PARENT),
            ).consent_id
        of_age = datetime.combine(birthday, time(), tzinfo=clock.zone()).astimezone(UTC)
        with unit_of_work(Actor.system("clock"), now=of_age) as work:
            assert proxies.freeze(work, patient_id=patient_id) == 1
        now = of_age + timedelta(seconds=1)
        return Begun(consent_id=consent_id, patient_id=patient_id, actor=child, now=now)

    def begin(self, status: Status) -> Begun:
        match status:
            case Status.REQUESTED | Status.OFFERED:
                return self.asked(told=status is Status.OFFERED)
            case Status.REFUSED | Status.UNANSWERED:
                begun = self.asked(told=True)
                ends = {Status.REFUSED: Event.REFUSED, Status.UNANSWERED: Event.LAPSED}
                self.happen(begun, ends[status])
                return begun
            case Status.PROXY_FROZEN:
                return self.frozen()
            case Status.ACTIVE:
                return self.granted()
            case _:
                begun = self.granted()
                self.happen(begun, Event(status.value))
                return begun

    def happen(self, begun: Begun, event: Event) -> None:
        """Have an event happen to a consent, by the command that brings it."""
        one = begun.consent_id
        answer: dict[str, Any] = {
            "patient_id": begun.patient_id,
            "agreement_id": self.p.agreement_id,
            "choice": given.choice(self.p.council),
            "answers": one,
        }
        less = given.choice(self.p.council, categories=LESS)
        match event:
            case Event.GRANTED:
                self.do(begun, lambda w: service.grant(w, **answer))
            case Event.REFUSED:
                self.do(begun, lambda w: service.refuse(w, **answer))
            case Event.NARROWED:
                self.do(begun, lambda w: service.narrow(w, one, choice=less))
            case Event.SUPERSEDED:
                newer = self.newer(begun)
                self.do(begun, lambda w: service.supersede(w, one, by=newer))
            case Event.OFFERED | Event.LAPSED:
                self.by_who_asks(begun, event)
            case Event.PROXY_FROZEN:
                with unit_of_work(Actor.system("clock"), now=begun.now) as work:
                    proxies.freeze(work, patient_id=begun.patient_id)
            case _:
                commands = {
                    Event.WITHDRAWN: service.withdraw,
                    Event.SUSPENDED: service.suspend,
                    Event.INVALIDATED: service.invalidate,
                    Event.ENTERED_IN_ERROR: service.enter_in_error,
                    Event.RE_VALIDATED: service.re_validate,
                }
                self.do(begun, lambda w: commands[event](w, one))

    def newer(self, begun: Begun) -> UUID:
        """Return a newer consent on the same matter."""
        with unit_of_work(begun.actor, now=begun.now) as work:
            return service.grant(
                work,
                patient_id=begun.patient_id,
                agreement_id=self.p.agreement_id,
                choice=given.choice(self.p.council),
            ).consent_id

    def by_who_asks(self, begun: Begun, event: Event) -> None:
        if begun.request_id is None:
            raise NothingToCancel("nobody asked")
        with unit_of_work(self.steward) as work:
            if event is Event.LAPSED:
                cancel(work, begun.request_id)
            else:
                asks.list_letters(
                    work,
                    begun.request_id,
                    notice_id="sharing",
                    language="cy",
                    how=Format.LARGE_PRINT,
                )


def test_every_cell_of_the_table(session: Session, partnership: Partnership) -> None:
    table = Table(partnership)
    wrong = []
    for status in Status:
        for event in [
            one for one in Event if one is not Event.REQUESTED
        ]:  # To ask begins a consent, always.
            begun = table.begin(status)
            with suppress(IllegalTransition, NothingToCancel, NotFound, NotNewer):
                table.happen(begun, event)
            session.rollback()
            row = session.get(Consent, begun.consent_id, populate_existing=True)
            assert row is not None
            expected = TRANSITIONS[status].get(event, status)
            if (status, event) in BY_NO_COMMAND:
                expected = status
            if row.status is not expected:
                wrong.append((status.value, event.value, row.status.value, expected.value))
    assert wrong == []


BY_NO_COMMAND = {
    (Status.OFFERED, Event.OFFERED),  # Who was told by e-mail is on no list of letters.
    (Status.PROXY_FROZEN, Event.SUPERSEDED),  # What they say of age is not their parent's word.
    (Status.ACTIVE, Event.PROXY_FROZEN),  # What a patient said themselves is never frozen.
}
"""What the table allows and no command does here: another of the tests does it."""


def test_the_page_shows_the_table_as_it_is() -> None:
    text = docs_consent.PAGE.read_text()
    assert docs_consent.page(text) == text
