"""A version as a PDF, and knowing it again: the file, the text, and what is not ours."""

from hashlib import sha256
from uuid import UUID

import pytest
from flask import Flask
from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.agreements import queries, service
from ledger.agreements.queries import Whose
from ledger.agreements.queries.issued import Imprint
from ledger.agreements.service.issuing import Issued, NotProposedYet
from ledger.core import clock, privacy
from ledger.core.actor import Actor
from ledger.core.errors import NotFound
from ledger.core.receipts import NotYetSigned
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from tests.conftest import NOW, Sequenced
from tests.given import agreements as given
from tests.given.directory import organisation

ISSUES = select(LogEntry.kind).where(LogEntry.kind == "agreement.document-issued")
IMPRINT = Imprint(address="https://ledger.test", log_key="ledger.test+1+key", demonstration=True)


def issue(agreement_id: UUID, by: Actor, imprint: Imprint = IMPRINT) -> Issued:
    with unit_of_work(by) as work:
        return service.issue(work, agreement_id, number=1, imprint=imprint)


class TestTheFile:
    def test_the_same_state_gives_the_same_bytes_recorded_once(
        self, session: Session, trust: UUID, council: UUID, ann: Actor, sequenced: Sequenced
    ) -> None:
        agreement_id = given.active(trust, council)
        sequenced()
        first = issue(agreement_id, ann)
        sequenced()
        again = issue(agreement_id, given.signatory(at=council))
        assert first == again
        assert first.content.startswith(b"%PDF-")
        assert first.sha256 == sha256(first.content).hexdigest()
        kinds = [kind for (kind,) in session.execute(ISSUES)]
        assert kinds == ["agreement.document-issued"]

    def test_another_state_is_another_file(
        self, ann: Actor, bob: Actor, proposed: UUID, sequenced: Sequenced
    ) -> None:
        unsigned = issue(proposed, ann)
        given.signed(proposed, ann)
        sequenced()
        assert issue(proposed, ann) != unsigned
        plain = Imprint(address="https://ledger.test", log_key="k", demonstration=False)
        assert len(issue(proposed, bob, plain).content) != len(issue(proposed, bob).content)

    def test_a_name_that_was_erased_is_not_printed_again(
        self, session: Session, ann: Actor, proposed: UUID, sequenced: Sequenced
    ) -> None:
        given.signed(proposed, ann)
        sequenced()
        before = issue(proposed, ann)
        with unit_of_work(ann) as work:
            privacy.erase(work.session, ann.id)
        after = issue(proposed, ann)
        assert after != before

    def test_a_draft_is_refused(self, trust: UUID, council: UUID, ann: Actor) -> None:
        with unit_of_work(ann) as work:
            agreement_id = service.draft(work, terms=given.terms(trust, council)).agreement_id
        with pytest.raises(NotProposedYet):
            issue(agreement_id, ann)

    def test_nobody_else_gets_one(self, proposed: UUID) -> None:
        stranger = given.signatory(at=organisation("Westfold Trust"))
        with pytest.raises(NotFound):
            issue(proposed, stranger)

    def test_a_signature_that_the_log_has_not_signed_is_not_printed(
        self, ann: Actor, proposed: UUID
    ) -> None:
        given.signed(proposed, ann)
        with pytest.raises(NotYetSigned):
            issue(proposed, ann)

    def test_it_carries_a_receipt_that_holds(
        self, app: Flask, session: Session, ann: Actor, proposed: UUID, sequenced: Sequenced
    ) -> None:
        given.signed(proposed, ann)
        sequenced()
        shown = queries.version(session, ann, proposed, 1)
        signing = queries.signing(session, ann, shown, today=clock.civil_date(clock.now()))
        evidence = queries.evidence(session, shown, signing)
        assert evidence.receipt is not None
        (signature,) = signing.signatures
        body = session.scalars(select(LogEntry.body).where(LogEntry.id == signature.entry_id)).one()
        verifier = app.extensions["signers"]["ledger"].verifier()
        held = evidence.receipt.verify(bytes(body), verifier)
        assert held.size > evidence.indexes[signature.entry_id]


class TestKnowingItAgain:
    def test_the_file(
        self, session: Session, ann: Actor, proposed: UUID, sequenced: Sequenced
    ) -> None:
        file = issue(proposed, ann)
        found = queries.recognise(session, file.sha256)
        assert (found.whose, found.version, found.issued_at) == (Whose.FILE, 1, NOW)

    def test_the_text_with_the_organisations_that_signed(
        self, session: Session, ann: Actor, proposed: UUID
    ) -> None:
        given.signed(proposed, ann)
        text = queries.version(session, ann, proposed, 1).document_sha256
        found = queries.recognise(session, text)
        assert found.whose is Whose.TEXT
        assert found.signed == (("Northside Demonstration Trust", NOW),)

    def test_a_draft_and_anything_else_is_unknown(
        self, session: Session, trust: UUID, council: UUID, ann: Actor
    ) -> None:
        with unit_of_work(ann) as work:
            drafted = service.draft(work, terms=given.terms(trust, council))
        for digest in (drafted.document_sha256, "0" * 64):
            assert queries.recognise(session, digest).whose is Whose.UNKNOWN
