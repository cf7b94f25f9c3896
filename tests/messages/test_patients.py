"""What patients are told by e-mail, and where: at their safe contact, and nobody else."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from email.message import EmailMessage
from uuid import UUID

import pytest
from flask.testing import FlaskClient

from ledger.access import overdue
from ledger.access import service as looking
from ledger.access.keeping import settling
from ledger.access.keeping.rules import Ground
from ledger.access.rules.words import OverrideReason
from ledger.access.ruleset import Ruleset, in_force
from ledger.consent.service.correcting import misfiled
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import LedgerError, NotFound
from ledger.core.trail import LogEntry
from ledger.core.work import unit_of_work
from ledger.directory import service as directory
from ledger.directory.acting.rules import PowerKind
from ledger.directory.identity.doubting import raise_doubt
from ledger.directory.queries.holders import email_of
from ledger.directory.rules.names import BadEmail
from ledger.messages.contact.entries import Where
from ledger.messages.contact.models import SafeContact
from ledger.messages.contact.queries import AS_USUAL, ONLY_HERE, contact_of
from ledger.messages.contact.service import ContactWithoutAddress, choose_contact
from tests.beginnings import begins_with
from tests.given import acting
from tests.given.access import Scene, scene
from tests.given.consent import dissented
from tests.given.directory import member, patient
from tests.given.identity_of_records import Two, joined, officers, proposed
from tests.messages.test_mailing import MailServer, mailer, send, server  # noqa: F401

SAFE = "somewhere.safe@demonstration.example"
Sent = Callable[[], Sequence[EmailMessage]]


beginning = begins_with(scene)


@pytest.fixture
def here(told: Scene) -> Scene:
    return told


@pytest.fixture
def two(here: Scene) -> Two:
    return officers(here.trust)


@pytest.fixture
def sent(server: tuple[MailServer, str], send: Callable[[], None]) -> Sent:  # noqa: F811
    send()

    def since() -> Sequence[EmailMessage]:
        server[0].got.clear()
        send()
        return server[0].got

    return since


def choose(by: Actor, where: Where, address: str | None = None) -> None:
    assert by.patient_id is not None
    with unit_of_work(by) as work:
        choose_contact(work, by.patient_id, where=where, address=address)


def goes_to(sent: Sequence[EmailMessage], *people: Actor) -> bool:
    addresses = sorted(str(email_of(db.session(), one.id)) for one in people)
    return sorted(str(one["To"]) for one in sent) == addresses


def put_right(here: Scene, two: Two) -> tuple[UUID, Actor]:
    """Have a no that was recorded for the patient of the scene go to whose it is."""
    consent_id = dissented(here.patient)
    right_id, right = patient(at=here.trust)
    with unit_of_work(two[0]) as work:
        misfiled(work, consent_id, right_patient_id=right_id)
    return right_id, right


def test_both_patients_of_a_misfiled_consent_are_told_and_who_acts_for_them_is_not(
    here: Scene, two: Two, sent: Sent
) -> None:
    acting.acts_for(here.patient_id, at=here.trust, kind=PowerKind.OTHER)
    sent()
    _, right = put_right(here, two)
    found = sent()
    assert goes_to(found, here.patient, right)
    assert "was put right" in found[0].get_content()
    assert not sent(), "once"


def test_a_patient_is_told_where_they_chose(here: Scene, two: Two, sent: Sent) -> None:
    choose(here.patient, Where.ADDRESS, f" {SAFE.upper()} ")
    _, right = put_right(here, two)
    assert sorted(str(one["To"]) for one in sent()) == sorted(
        [SAFE, str(email_of(db.session(), right.id))]
    )
    choose(here.patient, Where.ONLY_HERE)
    _, another = put_right(here, two)
    assert goes_to(sent(), another)
    choose(here.patient, Where.USUAL)
    _, third = put_right(here, two)
    assert goes_to(sent(), here.patient, third)


def test_only_here_is_kept_to_for_what_waited_to_be_sent(
    here: Scene,
    two: Two,
    server: tuple[MailServer, str],  # noqa: F811
    mailer: object,  # noqa: F811
    sequenced: Callable[[], None],
) -> None:
    put_right(here, two)
    sequenced()
    db.session.rollback()
    while mailer.fill():  # type: ignore[attr-defined]
        pass
    choose(here.patient, Where.ONLY_HERE)
    while mailer.send():  # type: ignore[attr-defined]
        pass
    mine = email_of(db.session(), here.patient.id)
    assert mine not in [str(one["To"]) for one in server[0].got]


def test_where_is_in_no_entry_and_gone_with_the_patient(here: Scene, two: Two) -> None:
    choose(here.patient, Where.ADDRESS, SAFE)
    assert contact_of(db.session(), here.patient_id).address == SAFE
    bodies = db.session().query(LogEntry.body).all()
    assert not [body for (body,) in bodies if SAFE.encode() in body or b"only-here" in body]
    with unit_of_work(two[0]) as work:
        directory.erase(work, patient_id=here.patient_id)
    assert contact_of(db.session(), here.patient_id) == AS_USUAL
    db.session().expire_all()
    assert db.session().get(SafeContact, here.patient_id) is None


def test_over_http_it_is_ones_own_alone(
    here: Scene, two: Two, act_as: Callable[[Actor], FlaskClient]
) -> None:
    url = f"/api/v1/patients/{here.patient_id}/safe-contact"
    by_proxy = acting.acts_for(here.patient_id, at=here.trust, kind=PowerKind.OTHER)
    mine = {"where": "address", "address": SAFE}
    assert act_as(here.patient).get(url).get_json() == {"where": "usual", "address": None}
    assert act_as(here.patient).put(url, json=mine).status_code == 204
    assert act_as(here.patient).get(url).get_json() == mine
    for other in (by_proxy, two[0], here.clinician):
        assert act_as(other).get(url).status_code in {403, 404}
        assert act_as(other).put(url, json={"where": "usual"}).status_code in {403, 404}
    assert contact_of(db.session(), here.patient_id).address == SAFE


def test_of_two_records_only_here_counts_for_both(here: Scene, two: Two) -> None:
    other_id, other = patient(at=here.trust)
    choose(other, Where.ONLY_HERE)
    choose(here.patient, Where.ADDRESS, SAFE)
    joined(here.patient_id, other_id, two)
    assert contact_of(db.session(), here.patient_id) == ONLY_HERE


@pytest.mark.parametrize("databases", ["sqlite"], indirect=True)  # Rules, not SQL.
@pytest.mark.parametrize("what", ["proxy", "staff", "another", "none", "too much", "no address"])
def test_who_cannot_choose_and_what_cannot_be_chosen(what: str, here: Scene, two: Two) -> None:
    by = {
        "proxy": lambda: acting.acts_for(here.patient_id, at=here.trust, kind=PowerKind.OTHER),
        "staff": lambda: two[0],
        "another": lambda: patient(at=here.trust)[1],
    }.get(what, lambda: here.patient)()
    refusal: type[LedgerError] = {
        "none": ContactWithoutAddress,
        "too much": ContactWithoutAddress,
        "no address": BadEmail,
    }.get(what, NotFound)
    where = Where.ONLY_HERE if what == "too much" else Where.ADDRESS
    address = {"none": " ", "no address": "nobody"}.get(what, SAFE)
    with pytest.raises(refusal), unit_of_work(by) as work:
        choose_contact(work, here.patient_id, where=where, address=address)


def test_officers_are_told_of_a_doubt_and_a_proposal_but_not_who_raised_it(
    here: Scene, two: Two, sent: Sent
) -> None:
    other_id, _ = patient(at=here.trust)
    sent()
    with unit_of_work(two[0]) as work:
        raise_doubt(work, patient_id=here.patient_id, evidence="two dates of birth")
    assert goes_to(sent(), two[1])
    proposed(here.patient_id, other_id, two[1])
    assert goes_to(sent(), two[0])
    assert Role.PRIVACY_OFFICER in two[0].roles


def broken_and_late(here: Scene, monkeypatch: pytest.MonkeyPatch, *, withheld: bool) -> None:
    """Break the glass, and let the days for its review go by."""
    with unit_of_work(here.clinician) as work:
        override_id = looking.open_override(
            work,
            patient_id=here.patient_id,
            organisation_id=here.trust,
            reason_code=OverrideReason.UNCONSCIOUS,
            reason="Found collapsed.",
        ).id
    later = clock.now() + in_force().review_lasts + timedelta(hours=1)
    if withheld:
        with unit_of_work(member(Role.PRIVACY_OFFICER, at=here.trust)) as work:
            settling.withhold_telling(
                work, override_id, ground=Ground.ABUSE, ends_at=later + timedelta(days=2), words="."
            )
        later = clock.now() + timedelta(minutes=1)
        monkeypatch.setattr(Ruleset, "review_lasts", timedelta(0))
    monkeypatch.setattr(clock, "now", lambda: later)
    assert overdue.run() == 1


def test_a_patient_is_told_of_broken_glass_that_nobody_reviews_in_time(
    here: Scene, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_and_late(here, monkeypatch, withheld=False)
    found = sent()
    assert goes_to(found, here.patient)
    assert "in an emergency" in found[0].get_content()
    assert "collapsed" not in found[0].get_content()
    assert overdue.run() == 0
    assert not sent(), "once"


def test_nobody_is_told_of_it_while_that_is_withheld(
    here: Scene, sent: Sent, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken_and_late(here, monkeypatch, withheld=True)
    assert not [one for one in sent() if "in an emergency" in one.get_content()]
