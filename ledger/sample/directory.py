"""The first chapter: organisations, people with their roles, patients, and who cares for whom."""

from typing import Any
from uuid import UUID

from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.work import unit_of_work
from ledger.directory import service
from ledger.directory.entries import Assurance
from ledger.directory.rules.organisations import OrganisationDetails, OrganisationKind
from ledger.directory.rules.periods import Period
from ledger.edge import accounts
from ledger.sample.scene import DATA, Scene, parties

INSTALLER = Actor.system("sample")


def tell(scene: Scene) -> None:
    """Set a demonstration up, with everybody in it."""
    _organisations()
    scene.say(f"{len(parties()['organisations'])} organisations")
    for username, person in parties()["people"].items():
        _member(scene, username, person)
    scene.say(f"{len(parties()['people'])} people, with a role or two each")
    for key, steward in (("trust", "tess.steward"), ("council", "cleo.steward")):
        _lists(scene, key, scene.actor(steward, Role.STEWARD))
    for key, patient in parties()["patients"].items():
        if "username" in patient:
            _patient_signs_in(scene, key, patient)
    scene.say(f"{len(parties()['patients'])} patients, and who looks after them")


def _organisations() -> None:
    with unit_of_work(INSTALLER) as work:
        for key, one in parties()["organisations"].items():
            details = OrganisationDetails(**{**one, "kind": OrganisationKind(one["kind"])})
            if key == parties()["host"]:
                service.found(work, details=details, demonstration=True)
            else:
                service.register_organisation(work, details=details)


def _member(scene: Scene, username: str, person: dict[str, Any]) -> None:
    """Invite somebody into their first role, let them accept, and give them the others."""
    (first, *others) = [(scene.organisation(at), Role(role)) for at, role in person["roles"]]
    with unit_of_work(INSTALLER) as work:
        invited = service.invite(
            work,
            name=person["name"],
            email=person["email"],
            organisation_id=first[0],
            role=first[1],
        )
        for at, role in others:
            service.give_role(work, person_id=invited.person_id, organisation_id=at, role=role)
    _accept(scene, invited.person_id, username)
    organisations = parties()["organisations"]
    words = [
        f"{role.replace('_', ' ')}, {organisations[at]['name'].removesuffix(' (demonstration)')}"
        for at, role in person["roles"]
    ]
    scene.accounts.append({"username": username, "says": "; also ".join(words)})


def _lists(scene: Scene, key: str, steward: Actor) -> None:
    """Let an organisation's steward import its patients, form its teams and import its roster."""
    at = scene.organisation(key)
    everybody = Period(clock.today())
    with unit_of_work(steward) as work:
        content = (DATA / f"patients-{key}.csv").read_bytes()
        service.import_patients(work, organisation_id=at, content=content)
    teams = parties()["teams"][key]
    people = {username: scene.person(username) for names in teams.values() for username in names}
    with unit_of_work(steward) as work:
        for name, usernames in teams.items():
            team_id = service.form_team(work, organisation_id=at, name=name)
            for username in usernames:
                service.join_team(
                    work, team_id=team_id, person_id=people[username], period=everybody
                )
    with unit_of_work(steward) as work:
        content = (DATA / f"care-{key}.csv").read_bytes()
        service.import_care(work, organisation_id=at, content=content)


def _patient_signs_in(scene: Scene, key: str, patient: dict[str, Any]) -> None:
    """Let a member of staff link a patient's sign-in, and the patient take it up."""
    patient_id = scene.patient(key)
    with unit_of_work(scene.actor(patient["linked_by"], Role.STEWARD)) as work:
        invited = service.invite_patient(
            work, patient_id=patient_id, email=patient["email"], assurance=Assurance.IN_PERSON
        )
    _accept(scene, invited.person_id, patient["username"])
    scene.accounts.append({"username": patient["username"], "says": "patient"})


def _accept(scene: Scene, person_id: UUID, username: str) -> None:
    accounts.set_password(accounts.invite(person_id, username), scene.password)
    with unit_of_work(Actor.system("invitations")) as work:
        service.accept_invitation(work, person_id=person_id)
