"""From a draft to an agreement in force, and each way in which that is refused."""

from datetime import date, timedelta
from uuid import UUID, uuid4

import pytest
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.agreements import queries, service
from ledger.agreements.rules.authority import AuthorityEnded, BadAuthority, NoAuthority
from ledger.agreements.rules.checks import NotReady
from ledger.agreements.rules.lifecycle import NotInThisState, State
from ledger.agreements.rules.signing import (
    AlreadySigned,
    AnotherText,
    OutOfOrder,
    SignedInAsSomebodyElse,
    StepUp,
    StepUpRequired,
)
from ledger.agreements.rules.terms import Kind, Party
from ledger.agreements.service.drafting import UnknownParty
from ledger.core import privacy
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Forbidden, LedgerError, NotFound
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.messages import audience
from tests.conftest import NOW
from tests.given import agreements as given
from tests.given.directory import member, organisation

TODAY = NOW.date()


def sign(actor: Actor, agreement_id: UUID, **changes: object) -> bool:
    shown = queries.version(db.session(), actor, agreement_id, 1)
    asked = {
        "number": 1,
        "document_sha256": shown.document_sha256,
        "sign_in": given.sign_in(actor),
        "asks": StepUp(),
        **changes,
    }
    with unit_of_work(actor) as work:
        return service.sign(work, agreement_id, **asked)  # type: ignore[arg-type]


def state(agreement_id: UUID, actor: Actor) -> State:
    return queries.agreement(db.session(), actor, agreement_id).state


class TestDrafting:
    def test_a_draft_with_faults_is_kept_and_not_proposed(
        self, trust: UUID, council: UUID, ann: Actor
    ) -> None:
        faulty = given.terms(trust, council, approvals=(), variables=())
        with unit_of_work(ann) as work:
            drafted = service.draft(work, terms=faulty)
        with pytest.raises(NotReady) as refused, unit_of_work(ann) as work:
            service.propose(work, drafted.agreement_id)
        assert len(refused.value.faults) > 4
        with unit_of_work(ann) as work:
            service.redraft(work, drafted.agreement_id, terms=given.terms(trust, council))
        with unit_of_work(ann) as work:
            service.propose(work, drafted.agreement_id)
        assert state(drafted.agreement_id, ann) is State.PROPOSED

    def test_nobody_else_sees_a_draft_until_it_is_proposed(
        self, trust: UUID, council: UUID, ann: Actor, bob: Actor
    ) -> None:
        with unit_of_work(ann) as work:
            agreement_id = service.draft(work, terms=given.terms(trust, council)).agreement_id
        assert queries.visible(db.session(), bob) == ()
        with pytest.raises(NotFound):
            queries.agreement(db.session(), bob, agreement_id)
        with unit_of_work(ann) as work:
            service.propose(work, agreement_id)
        (line,) = queries.visible(db.session(), bob)
        assert line.parties == ("Northside Demonstration Trust", "Eastvale Demonstration Council")
        stranger = given.signatory(at=organisation())
        assert queries.visible(db.session(), stranger) == ()

    def test_a_proposed_text_is_never_changed(
        self, trust: UUID, council: UUID, ann: Actor, proposed: UUID
    ) -> None:
        with pytest.raises(NotInThisState), unit_of_work(ann) as work:
            service.redraft(work, proposed, terms=given.terms(trust, council, title="Other"))

    def test_strangers_and_unknown_organisations_are_refused(
        self, trust: UUID, council: UUID, ann: Actor
    ) -> None:
        stranger = given.signatory(at=organisation())
        with pytest.raises(Forbidden), unit_of_work(stranger) as work:
            service.draft(work, terms=given.terms(trust, council))
        with pytest.raises(UnknownParty) as refused, unit_of_work(ann) as work:
            service.draft(work, terms=given.terms(trust, uuid4()))
        assert [fault.field for fault in refused.value.faults] == ["parties/1"]

    def test_an_agreement_written_elsewhere_becomes_a_draft(
        self, trust: UUID, council: UUID, ann: Actor
    ) -> None:
        text = "# Ours\n\n## 1. Use\n\n1.1. Only for research purposes only.\n\nName: Ada Example\n"
        with unit_of_work(ann) as work:
            drafted = service.import_markdown(work, terms=given.terms(trust, council), text=text)
        with unit_of_work(ann) as work:
            again = service.redraft(
                work, drafted.agreement_id, terms=given.terms(trust, council, title="Again")
            )
        shown = queries.agreement(db.session(), ann, drafted.agreement_id)
        assert shown.document == again.document
        assert shown.template == "imported 1"
        assert "Ada" not in shown.document.text
        assert [c.number for c in shown.document.clauses if c.states] == ["2.4", "2.5"]
        with pytest.raises(NotReady), unit_of_work(ann) as work:
            service.propose(work, drafted.agreement_id)


class TestSigning:
    def test_it_is_active_with_the_last_signature(
        self, ann: Actor, bob: Actor, proposed: UUID
    ) -> None:
        assert sign(ann, proposed) is False
        assert state(proposed, bob) is State.SIGNING
        assert sign(bob, proposed) is True
        assert state(proposed, bob) is State.ACTIVE

    def test_the_evidence_is_kept_and_what_is_personal_can_be_forgotten(
        self, ann: Actor, bob: Actor, proposed: UUID, session: Session
    ) -> None:
        before = queries.signing(
            session, ann, queries.version(session, ann, proposed, 1), today=TODAY
        )
        sign(ann, proposed)
        shown = queries.version(session, ann, proposed, 1)
        signed = queries.signing(session, bob, shown, today=TODAY)
        (signature,) = signed.signatures
        assert signature.document_sha256 == shown.document_sha256
        assert signature.organisation == "Northside Demonstration Trust"
        fields = privacy.opened(session, [signature.entry_id])[signature.entry_id]["evidence"]
        assert fields is not None
        assert fields["statement"] == before.statement
        assert fields["subject"] == str(ann.id)
        assert [party.name for party in signed.waiting] == ["Eastvale Demonstration Council"]
        privacy.erase(session, ann.id)
        session.commit()
        (left,) = queries.signing(session, bob, shown, today=TODAY).signatures
        assert left.signatory is None
        assert left.position == "Chief executive"

    def test_groups_sign_in_order(self, trust: UUID, council: UUID, ann: Actor, bob: Actor) -> None:
        in_turn = (
            Party(organisation_id=trust, name="", leads=True, signs_in_group=2),
            Party(organisation_id=council, name="", signs_in_group=1),
        )
        agreement_id = given.proposed(given.terms(trust, council, parties=in_turn), by=ann)
        with pytest.raises(OutOfOrder, match="Eastvale"):
            sign(ann, agreement_id)
        sign(bob, agreement_id)
        assert sign(ann, agreement_id)

    def test_a_party_signs_once(self, trust: UUID, ann: Actor, proposed: UUID) -> None:
        sign(ann, proposed)
        with pytest.raises(AlreadySigned):
            sign(given.signatory(at=trust), proposed)

    @pytest.mark.parametrize(
        ("changes", "error"),
        [
            ({"document_sha256": "00" * 32}, AnotherText),
            ({"number": 2}, NotFound),
            ({"asks": StepUp(max_age_s=10)}, StepUpRequired),
            ({"asks": StepUp(acr_values=("AAL3",))}, StepUpRequired),
        ],
    )
    def test_what_is_wrong_has_a_name(
        self, ann: Actor, proposed: UUID, changes: dict[str, object], error: type[LedgerError]
    ) -> None:
        with pytest.raises(error):
            sign(ann, proposed, **changes)

    def test_a_sign_in_counts_for_five_minutes(self, ann: Actor, proposed: UUID) -> None:
        stale = given.sign_in(ann, at=NOW - timedelta(minutes=5))
        with pytest.raises(StepUpRequired) as refused:
            sign(ann, proposed, sign_in=stale)
        assert refused.value.max_age_s == 300

    def test_another_persons_sign_in_signs_nothing(
        self, ann: Actor, bob: Actor, proposed: UUID
    ) -> None:
        with pytest.raises(SignedInAsSomebodyElse):
            sign(ann, proposed, sign_in=given.sign_in(bob))

    def test_strangers_cannot_sign(self, proposed: UUID, ann: Actor) -> None:
        stranger = given.signatory(at=organisation())
        shown = queries.version(db.session(), ann, proposed, 1)
        with pytest.raises(Forbidden), unit_of_work(stranger) as work:
            service.sign(
                work,
                proposed,
                number=1,
                document_sha256=shown.document_sha256,
                sign_in=given.sign_in(stranger),
                asks=StepUp(),
            )

    def test_a_declined_version_is_over_and_another_can_be_drafted(
        self, ann: Actor, bob: Actor, proposed: UUID
    ) -> None:
        sign(ann, proposed)
        with unit_of_work(bob) as work:
            service.decline(work, proposed, number=1, words="Clause 4 is too wide.")
        assert state(proposed, ann) is State.DECLINED
        with pytest.raises(NotInThisState):
            sign(bob, proposed)
        with unit_of_work(bob) as work:
            mended = given.terms(*queries.agreement(db.session(), bob, proposed).terms.party_ids)
            assert service.amend(work, proposed, terms=mended).number == 2
        assert queries.agreement(db.session(), ann, proposed).number == 1, "it is Bob's draft"
        assert [line.version for line in queries.visible(db.session(), ann)] == [1]
        assert [line.version for line in queries.visible(db.session(), bob)] == [2]

    def test_who_declined_to_join_sees_no_later_version_and_is_told_of_none(
        self, session: Session
    ) -> None:
        trust, council, hospice = (organisation() for _ in range(3))
        ann, bob = given.signatory(at=trust), given.signatory(at=council)
        hal = given.signatory(at=hospice)
        agreement_id = given.proposed(given.terms(trust, council), by=ann)
        for actor in (ann, bob):
            sign(actor, agreement_id)
        with unit_of_work(ann) as work:
            service.amend(work, agreement_id, terms=given.terms(trust, council, hospice))
        with unit_of_work(ann) as work:
            service.propose(work, agreement_id)
        with unit_of_work(hal) as work:
            service.decline(work, agreement_id, number=2, words="Not for us.")
        with unit_of_work(ann) as work:
            later = given.terms(trust, council, title="Falls and frailty")
            service.amend(work, agreement_id, terms=later)
        with unit_of_work(ann) as work:
            service.propose(work, agreement_id)
        assert queries.version(session, bob, agreement_id, 3).terms.title == "Falls and frailty"
        assert queries.version(session, hal, agreement_id, 2).number == 2
        with pytest.raises(NotFound):
            queries.version(session, hal, agreement_id, 3)
        assert queries.agreement(session, hal, agreement_id).number == 1
        newest = session.scalars(select(LogEntry).order_by(LogEntry.position.desc()).limit(1)).one()
        assert newest.kind == "agreement.proposed"
        assert audience.concerned(session, [newest])[newest.id] == {trust, council}


class TestAuthority:
    def test_a_role_without_authority_signs_nothing(
        self, trust: UUID, ann: Actor, proposed: UUID
    ) -> None:
        with pytest.raises(NoAuthority):
            sign(member(Role.SIGNATORY, at=trust), proposed)

    def test_authority_that_ended_yesterday_signs_nothing(
        self, trust: UUID, ann: Actor, proposed: UUID
    ) -> None:
        late = member(Role.SIGNATORY, at=trust)
        given.appointed(late, at=trust, last_day=TODAY - timedelta(days=1))
        with pytest.raises(AuthorityEnded):
            sign(late, proposed)

    def test_authority_for_another_kind_signs_nothing(
        self, trust: UUID, ann: Actor, proposed: UUID
    ) -> None:
        with pytest.raises(NoAuthority):
            sign(given.signatory(at=trust, kinds=frozenset({Kind.POOLED_FUND})), proposed)

    def test_a_delegate_signs_truthfully_while_both_authorities_last(
        self, trust: UUID, ann: Actor, proposed: UUID, session: Session
    ) -> None:
        (own,) = queries.my_authorities(session, ann.id)
        deputy = member(Role.SIGNATORY, at=trust)
        week = TODAY + timedelta(days=7)
        with unit_of_work(ann) as work:
            service.delegate(
                work,
                own.id,
                person_id=deputy.id,
                position="Deputy",
                first_day=TODAY,
                last_day=week,
            )
        shown = queries.version(session, deputy, proposed, 1)
        words = queries.signing(session, deputy, shown, today=TODAY).statement
        assert words is not None
        assert "Deputy" in words
        assert "delegated from its Chief executive" in words
        with unit_of_work(ann) as work:
            service.end_authority(work, own.id)
        with pytest.raises(AuthorityEnded):
            sign(deputy, proposed)

    def test_nobody_delegates_what_is_not_theirs_or_more_than_they_have(
        self, trust: UUID, ann: Actor, bob: Actor, session: Session
    ) -> None:
        (own,) = queries.my_authorities(session, ann.id)
        deputy = member(Role.SIGNATORY, at=trust)
        asked = {"person_id": deputy.id, "position": "Deputy", "first_day": TODAY}
        with pytest.raises(Forbidden), unit_of_work(bob) as work:
            service.delegate(work, own.id, last_day=TODAY, **asked)  # type: ignore[arg-type]
        with pytest.raises(BadAuthority), unit_of_work(ann) as work:
            service.delegate(
                work,
                own.id,
                last_day=TODAY,
                **{**asked, "first_day": date(2025, 1, 1)},  # type: ignore[arg-type]
            )

    def test_a_steward_appoints_only_members_of_their_own_organisation(
        self, trust: UUID, council: UUID, bob: Actor
    ) -> None:
        steward = member(Role.STEWARD, at=trust)
        asked = {"position": "Chair", "first_day": TODAY}
        with pytest.raises(BadAuthority), unit_of_work(steward) as work:
            service.appoint(work, person_id=bob.id, organisation_id=trust, **asked)  # type: ignore[arg-type]
        with pytest.raises(Forbidden), unit_of_work(steward) as work:
            service.appoint(work, person_id=bob.id, organisation_id=council, **asked)  # type: ignore[arg-type]
