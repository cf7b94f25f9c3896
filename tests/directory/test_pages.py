"""The operator's pages: what they show, what they refuse, and what they never give away."""

import io
import re
from datetime import date
from uuid import UUID

from flask import Flask
from sqlalchemy.orm import Session

from ledger.core.actor import Role
from ledger.directory import queries
from ledger.directory.queries.people import StaffMember, StaffRole
from ledger.directory.rules.periods import Period
from ledger.edge import accounts
from ledger.web.staff_words import StaffCard, days_words
from tests.directory.conftest import ActAs, form
from tests.given.directory import another_role, cared_for, member, nhs_number, organisation, patient

PAGE = {"Accept": "text/html"}
TODAY = date(2026, 3, 2)


def test_a_member_of_staff_in_words(app: Flask) -> None:
    roles = (
        StaffRole(membership_id=membership_id, role=role, period=period)
        for membership_id, role, period in [
            (UUID(int=1), Role.CLINICIAN, Period(date(2026, 1, 1), date(2026, 3, 1))),
            (UUID(int=2), Role.PRIVACY_OFFICER, Period(date(2026, 3, 3))),
        ]
    )
    someone = StaffMember(
        person_id=UUID(int=3),
        name=None,
        email=None,
        accepted=False,
        roles=tuple(roles),
    )
    card = StaffCard.of(someone, today=TODAY)
    assert (card.name, card.status, card.roles_now) == (
        "Name erased",
        "Invited",
        "Privacy officer",
    )
    assert [line.days for line in card.roles] == [
        "1 January 2026 to 1 March 2026",
        "From 3 March 2026",
    ]
    assert days_words(TODAY, date(2026, 3, 1), today=TODAY) == "Taken back before it began"


def test_somebody_is_invited_chooses_a_password_and_signs_in(act_as: ActAs) -> None:
    trust = organisation()
    client = act_as(member(Role.STEWARD, at=trust))
    fields = form(name="Ada Byron", email="ada@trust.example", role="clinician")
    answer = client.post("/staff/invite", data=fields, headers=PAGE)

    assert answer.status_code == 200
    assert answer.headers["Cache-Control"] == "no-store"
    found = re.search(r"/invitation/([\w-]+)", answer.text)
    assert found
    person_id = accounts.set_password(found[1], "meadow-gate-lantern")
    assert accounts.check("ADA@trust.example", "meadow-gate-lantern", address="x") == person_id
    assert "Ada Byron" in client.get("/staff").text
    assert client.post("/staff/invite", data=fields, headers=PAGE).status_code == 409


def test_a_form_that_is_wrong_says_where_and_keeps_what_was_typed(act_as: ActAs) -> None:
    client = act_as(member(Role.STEWARD))
    for fields, says in [
        ({"name": "", "email": "a@b.example", "role": "clinician"}, "Give a name"),
        ({"name": "Ada", "email": "nobody", "role": "clinician"}, "looks like name@example.org"),
        ({"name": "Ada", "email": "a@b.example", "role": ""}, "Choose a role"),
        ({"name": "Ada", "email": "a@b.example", "role": "patient"}, "not a role"),
        (
            {"name": "Ada", "email": "a@b.example", "role": "clinician", "until": "soon"},
            "A day looks like",
        ),
    ]:
        answer = client.post("/staff/invite", data=form(**fields), headers=PAGE)
        assert answer.status_code == 422
        assert says in answer.text
        assert "<title>Error: " in answer.text.replace("\n", "")
        assert f'value="{fields["name"]}"' in answer.text or not fields["name"]


def test_a_role_is_given_and_ended(act_as: ActAs, session: Session) -> None:
    trust = organisation()
    ada = member(Role.CLINICIAN, at=trust)
    client = act_as(member(Role.STEWARD, at=trust))
    answer = client.post(f"/staff/{ada.id}/roles", data=form(role="signatory"), headers=PAGE)
    assert answer.status_code == 303
    (_, signatory) = queries.memberships(session, ada.id)
    again = client.post(f"/staff/{ada.id}/roles", data=form(role="signatory"), headers=PAGE)
    assert again.status_code == 422
    assert "end that first" in again.text

    at = f"/staff/{ada.id}/roles/{signatory.id}/end"
    assert client.post(at, data=form(), headers=PAGE).status_code == 303
    session.rollback()
    assert len(queries.memberships(session, ada.id, on=TODAY)) == 1


def test_ones_own_roles_are_somebody_elses_to_give(act_as: ActAs) -> None:
    steward = member(Role.STEWARD)
    client = act_as(steward)
    assert "Ask another steward" in client.get(f"/staff/{steward.id}").text
    answer = client.post(f"/staff/{steward.id}/roles", data=form(role="auditor"), headers=PAGE)
    assert answer.status_code == 403


def test_the_staff_of_others_is_the_hosts_to_see_and_nobody_elses(act_as: ActAs) -> None:
    host, trust, council = organisation(), organisation(), organisation()
    hosts, ours = member(Role.STEWARD, at=host), member(Role.STEWARD, at=trust)
    theirs = member(Role.CLINICIAN, at=council)
    assert act_as(hosts).get(f"/staff?at={council}").status_code == 200
    for path in (f"/staff?at={council}", "/staff?at=x", f"/staff/{theirs.id}"):
        assert act_as(ours).get(path, headers=PAGE).status_code == 404
    assert act_as(theirs).get("/staff", headers=PAGE).status_code == 403


def test_a_patient_is_found_and_the_absent_and_the_hidden_look_the_same(act_as: ActAs) -> None:
    trust, council = organisation(), organisation()
    patient(at=trust, number="9990000018", name="Iris Moss", born_on=date(1948, 3, 1))
    ask = {"nhs_number": "999 000 0018", "born": "1/3/1948"}
    client = act_as(member(Role.CLINICIAN, at=trust))
    found = client.post("/patients/find", data=form(**ask), headers=PAGE)
    assert found.status_code == 200
    assert "Iris Moss" in found.text
    assert found.headers["Cache-Control"] == "no-store"

    stranger = act_as(member(Role.STEWARD, at=council))
    hidden = stranger.post("/patients/find", data=form(**ask), headers=PAGE)
    absent = stranger.post(
        "/patients/find", data=form(nhs_number="9990000026", born="1/3/1948"), headers=PAGE
    )
    assert hidden.status_code == absent.status_code == 404
    same = [re.sub(r'value="[^"]*"|nonce="[^"]*"', "", page.text) for page in (hidden, absent)]
    assert same[0] == same[1]
    wrong = stranger.post(
        "/patients/find", data=form(nhs_number="9990000019", born="x"), headers=PAGE
    )
    assert wrong.status_code == 422
    assert "Two digits may have been swapped" in wrong.text
    assert "A day looks like" in wrong.text


def test_who_finds_a_patient_may_say_that_they_care(act_as: ActAs, session: Session) -> None:
    patient_id, _ = patient(number="9990000018", born_on=date(1948, 3, 1))
    clinician = member(Role.CLINICIAN)
    client = act_as(clinician)
    ask = {"nhs_number": "9990000018", "born": "1948-03-01"}
    assert "Say that you are caring" in client.post("/patients/find", data=form(**ask)).text
    wordless = form(reason="locum", words=" ")
    assert client.post(f"/patients/{patient_id}/care", data=wordless).status_code == 303
    said = form(reason="locum", words="Night cover")
    assert client.post(f"/patients/{patient_id}/care", data=said).status_code == 303
    page = client.post("/patients/find", data=form(**ask)).text
    assert "You are recorded as caring for them" in page
    assert "Say that you are caring" not in page
    roster = queries.roster(session, patient_id)
    assert roster
    assert len(roster.relationships) == 1


def test_a_sign_in_is_linked_by_somebody_who_saw_the_patient(
    act_as: ActAs, session: Session
) -> None:
    trust = organisation()
    steward = member(Role.STEWARD, at=trust)
    patient_id, actor = patient(at=trust)
    client = act_as(steward)
    answer = client.post(f"/patients/{patient_id}/sign-in", data=form(email="i@home.example"))
    assert answer.status_code == 303
    answer = client.post(
        f"/patients/{patient_id}/sign-in",
        data=form(email="i@home.example", seen="yes"),
        headers=PAGE,
    )
    assert answer.status_code == 409
    assert queries.linked_person(session, patient_id) == actor.id


def test_a_file_is_shown_before_it_is_brought_in(act_as: ActAs, session: Session) -> None:
    trust = organisation()
    steward = member(Role.STEWARD, at=trust)
    number = nhs_number()
    content = f"NHS no,DOB,Patient,Shoe\n{number},1/3/1948,Iris <b>Moss</b>,38\n".encode()
    client = act_as(steward)
    data = {"sort": "patients", "file": (io.BytesIO(content), "list.csv")}
    page = client.post("/imports/preview", data=data, headers=PAGE)
    assert page.status_code == 200
    assert "Shoe" in page.text
    assert "Iris &lt;b&gt;" in page.text
    assert "<b>Moss" not in page.text
    assert queries.patients_of(session, trust) == []

    fields = form(content=content.decode())
    assert client.post("/imports/patients", data=fields, headers=PAGE).status_code == 303
    session.rollback()
    (row,) = queries.patients_of(session, trust)
    assert row.identity
    assert row.identity.nhs_number == number
    assert client.post("/imports/patients", data=fields, headers=PAGE).status_code == 409
    again = client.post("/imports/patients", data=form(content=content.decode()), headers=PAGE)
    assert again.status_code == 303
    assert "1 there already" in client.get("/imports").text


def test_a_file_that_is_wrong_says_where_without_repeating_it(act_as: ActAs) -> None:
    client = act_as(member(Role.STEWARD))
    wrong = b"NHS number,name,date of birth\n9990000019,Iris Moss,1948-03-01\n"
    for content, status, says in [
        (wrong, 422, "Line 2, NHS number"),
        (b"\xff\xfe", 422, "UTF-8"),
        (b"a,b\n1,2\n", 422, "no column NHS number"),
        (b"x" * 300_001, 422, "more than 300 kB"),
        (b"NHS number,name,date of birth\n" + b"1,x,2\n" * 2001, 422, "more than 2,000 rows"),
    ]:
        data = {"sort": "patients", "file": (io.BytesIO(content), "list.csv")}
        answer = client.post("/imports/preview", data=data, headers=PAGE)
        assert answer.status_code == status
        assert says in answer.text
        assert "Iris" not in answer.text
    nothing = client.post("/imports/preview", data={}, headers=PAGE)
    assert "Choose what is in the file" in nothing.text
    assert "Choose a file" in nothing.text


def test_a_roster_row_that_names_nobody_here_brings_in_nothing(act_as: ActAs) -> None:
    trust = organisation()
    strange = nhs_number()
    content = f"NHS number,from\n{strange},2026-01-01\n"
    client = act_as(member(Role.CARE_COORDINATOR, at=trust))
    answer = client.post("/imports/care", data=form(content=content), headers=PAGE)
    assert answer.status_code == 422
    assert "no such patient is on this organisation" in answer.text
    assert strange not in answer.text
    assert client.post("/imports/shoes", data=form(content=content)).status_code == 422


def test_care_is_shown_to_who_gives_it(act_as: ActAs) -> None:
    trust = organisation()
    clinician = member(Role.CLINICIAN, at=trust)
    patient_id, _ = patient(at=trust, number="9990000018", born_on=date(1948, 3, 1))
    cared_for(patient_id, by=clinician)
    ask = form(nhs_number="9990000018", born="1948-03-01")
    assert "You are recorded as caring" in act_as(clinician).post("/patients/find", data=ask).text


def test_a_steward_adds_an_organisation_and_the_host_brings_in_its_people(act_as: ActAs) -> None:
    host = organisation("Aldmoor Board")
    client = act_as(member(Role.STEWARD, at=host))
    fields = form(name="Zedmoor Council", kind="council", ods_code="zc1")
    assert client.post("/organisations", data=fields, headers=PAGE).status_code == 303
    page = client.get("/organisations?containing=ZEDMOOR").text
    assert re.search(r'href="/staff\?at=[0-9a-f-]+">Zedmoor Council', page)
    assert "Aldmoor" not in page.split("</header>")[1].split("Part of the name")[1]
    for wrong, says in [
        ({"name": "", "kind": "council"}, "Give a name"),
        ({"name": "X", "kind": "castle"}, "Choose what kind"),
        ({"name": "X", "kind": "council", "ods_code": "!"}, "An ODS code has"),
        ({"name": "X", "kind": "council", "ods_code": "ZC1"}, "ZC1 is registered"),
    ]:
        answer = client.post("/organisations", data=form(**wrong), headers=PAGE)
        assert answer.status_code == 422
        assert says in answer.text
    other = act_as(member(Role.STEWARD, at=organisation()))
    assert "/staff?at=" not in other.get("/organisations?containing=zedmoor").text


def test_a_declaration_is_reviewed_by_somebody_else_and_the_patient_sees_it(
    act_as: ActAs, session: Session
) -> None:
    trust = organisation("Northmoor Trust")
    patient_id, actor = patient(at=trust, number="9990000018", born_on=date(1948, 3, 1))
    clinician = member(Role.CLINICIAN, at=trust, name="Dev Raman")
    client = act_as(clinician)
    client.post("/patients/find", data=form(nhs_number="9990000018", born="1948-03-01"))
    client.post(f"/patients/{patient_id}/care", data=form(reason="locum", words="Night cover"))
    (view,) = queries.declarations(session, trust)

    officer = act_as(member(Role.PRIVACY_OFFICER, at=trust))
    assert "1 to review" in officer.get("/").text
    page = officer.get("/declared-care").text
    assert "Dev Raman" in page
    assert "Night cover" in page
    assert "Iris" not in page
    at = f"/declared-care/{view.id}"
    for wrong, says in [({}, "Choose whether"), ({"justified": "no"}, "Say in a few words")]:
        answer = officer.post(at, data=form(**wrong), headers=PAGE)
        assert answer.status_code == 422
        assert says in answer.text
    closed = form(justified="no", finding="Not on duty")
    assert officer.post(at, data=closed).status_code == 303
    assert officer.post(at, data=form(justified="yes", finding="x")).status_code == 409
    assert "Not justified" in officer.get("/declared-care").text
    assert "to review" not in officer.get("/").text
    stranger = act_as(member(Role.PRIVACY_OFFICER, at=organisation()))
    assert stranger.post(at, data=form(justified="yes", finding="x")).status_code == 403

    own = act_as(actor).get("/my/looked-up").text
    assert "Somebody at Northmoor Trust" in own
    assert "Said that they care for you" in own
    assert "Found you by your NHS number" in own
    care = queries.care_relationship(
        session, patient_id=patient_id, organisation_id=trust, person_id=clinician.id, on=TODAY
    )
    assert care is None


def test_nobody_reviews_what_they_declared_themselves(act_as: ActAs, session: Session) -> None:
    trust = organisation()
    patient_id, _ = patient(at=trust)
    clinician = member(Role.CLINICIAN, at=trust)
    officer = another_role(clinician, Role.PRIVACY_OFFICER, at=trust)
    said = form(reason="cover", words="Night cover")
    assert act_as(clinician).post(f"/patients/{patient_id}/care", data=said).status_code == 303
    (view,) = queries.declarations(session, trust)
    answer = act_as(officer).post(
        f"/declared-care/{view.id}", data=form(justified="yes", finding="Fine"), headers=PAGE
    )
    assert answer.status_code == 403
