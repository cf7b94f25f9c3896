"""Two at once: whoever comes second is told so, and nothing is lost."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from uuid import UUID

from flask import Flask

from ledger.agreements import queries, service
from ledger.agreements.rules.lifecycle import NotInThisState
from ledger.agreements.rules.signing import AlreadySigned, StepUp
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import LedgerError
from ledger.core.work import unit_of_work
from tests.given import agreements as given
from tests.given.directory import organisation


def sign_together(app: Flask, agreement_id: UUID, people: list[Actor]) -> list[object]:
    """Have all sign at the same moment; return what each was answered."""
    sha256 = queries.version(db.session(), people[0], agreement_id, 1).document_sha256
    db.session.remove()
    start = Barrier(len(people))

    def sign(actor: Actor) -> object:
        with app.app_context():
            start.wait()
            try:
                with unit_of_work(actor) as work:
                    return service.sign(
                        work,
                        agreement_id,
                        number=1,
                        document_sha256=sha256,
                        sign_in=given.sign_in(actor),
                        asks=StepUp(),
                    )
            except LedgerError as error:
                return type(error)
            finally:
                db.session.remove()

    with ThreadPoolExecutor(len(people)) as threads:
        return list(threads.map(sign, people))


def test_of_parties_that_sign_together_one_brings_it_into_force(app: Flask) -> None:
    parties = [organisation() for _ in range(3)]
    people = [given.signatory(at=one) for one in parties]
    agreement_id = given.proposed(given.terms(*parties), by=people[0])
    answers = sign_together(app, agreement_id, people)
    assert sorted(answers, key=str) == [False, False, True]


def test_of_two_signatories_of_one_party_one_signs(app: Flask) -> None:
    trust, council = organisation(), organisation()
    people = [given.signatory(at=trust) for _ in range(2)]
    agreement_id = given.proposed(given.terms(trust, council), by=people[0])
    answers = sign_together(app, agreement_id, people)
    assert sorted(answers, key=str) == [AlreadySigned, False]


def test_a_signature_after_a_refusal_is_refused(app: Flask) -> None:
    trust, council = organisation(), organisation()
    ann, bob = given.signatory(at=trust), given.signatory(at=council)
    agreement_id = given.proposed(given.terms(trust, council), by=ann)
    with unit_of_work(bob) as work:
        service.decline(work, agreement_id, number=1)
    assert sign_together(app, agreement_id, [ann]) == [NotInThisState]
