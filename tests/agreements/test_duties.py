"""Duties: refusals that are recorded, obligations, reminders, renewals, limits and seals."""

from dataclasses import replace
from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest
from flask import Flask
from hypothesis import given as examples
from hypothesis import strategies as st
from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import Entry
from audit.entries import Record
from ledger.agreements import queries, service
from ledger.agreements.duty_entries import (
    AgreementObligationOverdue,
    AgreementReminderDue,
)
from ledger.agreements.entries import (
    AgreementDissolved,
    AgreementGapNoted,
    AgreementPartyLeft,
    AgreementSigningRefused,
)
from ledger.agreements.rules.authority import AuthorityEnded, AuthorityTooSmall, BadAuthority
from ledger.agreements.rules.checks import NotReady
from ledger.agreements.rules.leaving import Disposal, Ground
from ledger.agreements.rules.lifecycle import State
from ledger.agreements.rules.neighbours import Overlapping
from ledger.agreements.rules.reminders import DAYS_BEFORE, reached
from ledger.agreements.rules.signing import StepUp
from ledger.agreements.rules.terms import Kind
from ledger.agreements.service.obligations import AlreadyCertified, BadCertificate
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import LedgerError, NotFound
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from tests.conftest import NOW
from tests.given import agreements as given
from tests.given.directory import SYSTEM, member, organisation

TODAY = NOW.date()
DAY = timedelta(days=1)


def recorded(kind: type[Entry]) -> list[Any]:
    """Return what the log holds of a kind, oldest first."""
    row = LogEntry
    rows = db.session().scalars(
        select(row.body).where(row.kind == kind.kind).order_by(row.position)
    )
    return [Record.from_bytes(bytes(body)).entry for body in rows]


class TestRefusals:
    def test_each_is_recorded_with_its_name(
        self, trust: UUID, council: UUID, ann: Actor, bob: Actor, proposed: UUID
    ) -> None:
        nobody = member(Role.SIGNATORY, at=trust)
        stale = given.sign_in(ann, at=NOW - timedelta(hours=1))
        another = given.sign_in(bob)
        attempts: list[tuple[Actor, dict[str, Any]]] = [
            (nobody, {}),
            (ann, {"sign_in": stale}),
            (ann, {"sign_in": another}),
            (ann, {"document_sha256": "00" * 32}),
        ]
        for actor, changes in attempts:
            with pytest.raises(LedgerError):
                sign(actor, proposed, **changes)
        sign(ann, proposed)
        with pytest.raises(LedgerError):
            sign(ann, proposed)
        with unit_of_work(bob) as work:
            service.decline(work, proposed, number=1)
        with pytest.raises(LedgerError):
            sign(bob, proposed)
        found = recorded(AgreementSigningRefused)
        assert [one.because for one in found] == [
            "no-authority-to-sign",
            "sign-in-too-old-to-sign",
            "signed-in-as-somebody-else",
            "not-the-text-proposed",
            "already-signed",
            "agreement-not-in-this-state",
        ]
        assert {one.agreement_id for one in found} == {proposed}


def sign(actor: Actor, agreement_id: UUID, **changes: Any) -> bool:
    shown = queries.agreement(db.session(), actor, agreement_id)
    asked = {
        "number": shown.number,
        "document_sha256": shown.document_sha256,
        "sign_in": given.sign_in(actor),
        "asks": StepUp(),
        **changes,
    }
    with unit_of_work(actor) as work:
        return service.sign(work, agreement_id, **asked)


class TestObligations:
    def test_who_leaves_destroys_certifies_and_is_late_once(
        self, trust: UUID, council: UUID, ann: Actor, bob: Actor
    ) -> None:
        board = organisation()
        agreement_id = given.active(trust, council, board)
        leaves_on = TODAY + timedelta(days=90)
        with unit_of_work(bob) as work:
            service.withdraw(work, agreement_id, leaves_on=leaves_on)
        (owed,) = queries.obligations(db.session(), bob, today=TODAY)
        assert (owed.organisation_id, owed.due_on) == (
            council,
            leaves_on - DAY + timedelta(days=30),
        )
        late = NOW + timedelta(days=200)
        for expected in (1, 0):
            with unit_of_work(SYSTEM, now=late) as work:
                assert service.depart(work) == expected
            with unit_of_work(SYSTEM, now=late) as work:
                assert service.fall_overdue(work) == expected
        assert [one.left_on for one in recorded(AgreementPartyLeft)] == [leaves_on]
        assert [one.organisation_id for one in recorded(AgreementObligationOverdue)] == [council]
        assert queries.obligations(db.session(), bob, today=late.date(), overdue_only=True)
        with pytest.raises(BadCertificate), unit_of_work(bob) as work:
            service.certify(
                work, agreement_id, disposal=Disposal.DESTROYED, certificate="Ask a@b.example."
            )
        with unit_of_work(bob) as work:
            service.certify(
                work, agreement_id, disposal=Disposal.DESTROYED, certificate="Disks shredded."
            )
        with pytest.raises(AlreadyCertified), unit_of_work(bob) as work:
            service.certify(
                work, agreement_id, disposal=Disposal.RETURNED, certificate_sha256="ab" * 32
            )
        with pytest.raises(NotFound), unit_of_work(ann) as work:
            service.certify(
                work, agreement_id, disposal=Disposal.RETURNED, certificate_sha256="ab" * 32
            )

    def test_an_end_obliges_all_and_too_few_parties_dissolve_it(
        self, trust: UUID, council: UUID, bob: Actor
    ) -> None:
        agreement_id = given.active(trust, council)
        with unit_of_work(bob) as work:
            service.withdraw(work, agreement_id, leaves_on=TODAY + timedelta(days=90))
        with unit_of_work(SYSTEM, now=NOW + timedelta(days=90)) as work:
            assert service.lapse(work) == 1
        assert queries.agreement(db.session(), bob, agreement_id).state is State.TERMINATED
        assert [one.agreement_id for one in recorded(AgreementDissolved)] == [agreement_id]
        owed = queries.obligations(db.session(), bob, today=TODAY)
        assert {one.organisation_id for one in owed} == {trust, council}


class TestReminders:
    def test_each_distance_is_announced_once(self, trust: UUID, council: UUID) -> None:
        given.active(trust, council)
        ends_on = TODAY + timedelta(days=729)
        for before, expected in ((91, 0), (90, 1), (89, 0), (30, 1), (5, 1), (0, 0)):
            at = NOW + (ends_on - timedelta(days=before) - TODAY)
            with unit_of_work(SYSTEM, now=at) as work:
                assert service.remind(work) == expected, before
        found = recorded(AgreementReminderDue)
        assert [one.days_before for one in found] == [90, 30, 7]
        assert set(found[0].party_ids) == {trust, council}

    @examples(st.dates(date(2026, 1, 1), date(2027, 1, 1)), st.lists(st.integers(0, 120)))
    def test_nobody_is_reminded_twice_of_one_distance(self, day: date, before: list[int]) -> None:
        noted: set[int] = set()
        for days in sorted(before, reverse=True):
            found = reached(day, today=day - timedelta(days=days), noted=noted)
            if found is not None:
                assert found in DAYS_BEFORE
                assert found >= days
                assert found not in noted
                noted.add(found)


class TestNeighbours:
    def test_an_overlap_is_refused_at_its_clause(
        self, trust: UUID, council: UUID, ann: Actor
    ) -> None:
        given.active(trust, council)
        faults = refused(given.terms(trust, council, approvals=()), ann)
        assert sum("covers" in fault for fault in faults) == 2
        assert len(faults) > 2, "with all other faults at once"

    def test_of_two_that_overlap_while_signing_the_second_is_refused(
        self, trust: UUID, council: UUID, ann: Actor, bob: Actor
    ) -> None:
        first, second = (given.proposed(given.terms(trust, council), by=ann) for _ in range(2))
        for one in (first, second):
            given.signed(one, ann)
        assert given.signed(first, bob)
        with pytest.raises(Overlapping):
            given.signed(second, bob)
        assert queries.agreement(db.session(), bob, second).state is State.SIGNING

    def test_a_renewal_without_gap_and_one_whose_gap_is_meant(
        self, trust: UUID, council: UUID, ann: Actor, bob: Actor
    ) -> None:
        old = given.active(
            trust,
            council,
            given=given.terms(trust, council, ends_on=TODAY + 60 * DAY, review_on=TODAY),
        )
        renewal = given.terms(
            trust,
            council,
            starts_on=TODAY + 70 * DAY,
            ends_on=TODAY + 400 * DAY,
            review_on=TODAY + 100 * DAY,
            renews_id=old,
        )
        assert any("9 days" in fault for fault in refused(renewal, ann))
        early = replace(renewal, starts_on=TODAY + 50 * DAY)
        assert any("start on" in fault for fault in refused(early, ann))
        with unit_of_work(ann) as work:
            new = service.draft(work, terms=renewal).agreement_id
        with unit_of_work(ann) as work:
            service.propose(work, new, accept_gap=True)
        given.signed(new, ann)
        assert given.signed(new, bob)
        (gap,) = recorded(AgreementGapNoted)
        assert (gap.first_day, gap.last_day) == (TODAY + 61 * DAY, TODAY + 69 * DAY)


def refused(terms: Any, actor: Actor) -> list[str]:
    with unit_of_work(actor) as work:
        agreement_id = service.draft(work, terms=terms).agreement_id
    with pytest.raises(NotReady) as error, unit_of_work(actor) as work:
        service.propose(work, agreement_id)
    return [fault.detail for fault in error.value.faults]


class TestAuthority:
    def test_a_limit_of_money_is_checked_when_signing(
        self, trust: UUID, council: UUID, bob: Actor
    ) -> None:
        small = member(Role.SIGNATORY, at=trust)
        with unit_of_work(member(Role.STEWARD, at=trust)) as work:
            service.appoint(
                work,
                person_id=small.id,
                organisation_id=trust,
                position="Deputy",
                first_day=TODAY,
                limit_minor=59_999_999_99,
            )
        over = given.proposed(
            given.fund_terms(trust, council, amounts_minor=[60_000_000_00, 1]), by=small
        )
        with pytest.raises(AuthorityTooSmall):
            sign(small, over)

    def test_a_chain_is_bounded_and_ends_with_its_first_link(
        self, trust: UUID, ann: Actor, proposed: UUID, session: Session
    ) -> None:
        (own,) = queries.my_authorities(session, ann.id)
        holder, source = ann, own.id
        people = [member(Role.SIGNATORY, at=trust) for _ in range(3)]
        for place, deputy in enumerate(people):
            last = place == 2
            if last:
                with pytest.raises(BadAuthority, match="twice"), unit_of_work(holder) as work:
                    _delegate(work, source, deputy)
            else:
                with unit_of_work(holder) as work:
                    source = _delegate(work, source, deputy)
                holder = deputy
        with unit_of_work(ann) as work:
            service.end_authority(work, own.id)
        with pytest.raises(AuthorityEnded):
            sign(people[1], proposed)


def _delegate(work: Any, source: UUID, deputy: Actor) -> UUID:
    return service.delegate(
        work,
        source,
        person_id=deputy.id,
        position="Deputy",
        first_day=TODAY,
        last_day=TODAY + DAY,
        kinds=frozenset({Kind.DATA_SHARING}),
    )


def test_what_ends_by_breach_obliges_at_once(app: Flask, trust: UUID, council: UUID) -> None:
    bob = given.signatory(at=council)
    agreement_id = given.active(trust, council)
    with unit_of_work(bob) as work:
        service.terminate(work, agreement_id, ground=Ground.BREACH)
    due = {one.due_on for one in queries.obligations(db.session(), bob, today=TODAY)}
    assert due == {TODAY - DAY + timedelta(days=30)}
