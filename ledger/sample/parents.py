"""A child's parents, who disagree: one says yes, the other no."""

from typing import Final

from ledger.consent import service
from ledger.consent.rules import Capacity
from ledger.consent.rules.choices import Choice
from ledger.consent.service import Said
from ledger.core import clock
from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.errors import Bug
from ledger.core.work import unit_of_work
from ledger.directory import queries
from ledger.directory.acting import service as powers
from ledger.directory.acting.basis import Basis
from ledger.directory.acting.rules import PowerKind, Scope
from ledger.edge.acting_for import as_proxy
from ledger.sample.scene import Scene
from ledger.vocabulary.categories import Category

_PARENTS: Final = (
    ("Nell Birch", "nell.birch@home.example"),
    ("Max Birch", "max.birch@home.example"),
)
AS_PARENT: Final = Said(capacity=Capacity.PARENT)


def disagree(scene: Scene) -> None:
    """Record that two people act for Leo, and what each says about his care plan."""
    mother, father = (_parent(scene, *one) for one in _PARENTS)
    choice = Choice(
        purposes=frozenset({"TREAT"}),
        categories=frozenset({Category.CARE_PLAN}),
        organisation_ids=frozenset({scene.organisation("council")}),
    )
    leo = scene.patient("leo")
    with unit_of_work(mother) as work:
        service.grant(
            work,
            patient_id=leo,
            agreement_id=scene.agreements["pathway"],
            choice=choice,
            said=AS_PARENT,
        )
    with unit_of_work(father) as work:
        service.dissent(work, patient_id=leo, choice=choice, said=AS_PARENT)


def _parent(scene: Scene, name: str, email: str) -> Actor:
    leo = scene.patient("leo")
    with unit_of_work(scene.actor("tess.steward", Role.STEWARD)) as work:
        _, invited = powers.record_power(
            work,
            patient_id=leo,
            name=name,
            email=email,
            kind=PowerKind.PARENT,
            basis=Basis.PARENTAL_RESPONSIBILITY,
            scope=frozenset(Scope),
            from_on=work.today,
            until_on=None,
            evidence="Seen: the birth certificate, original",
        )
    actor = queries.actor_for(db.session(), invited.person_id, None)
    found = as_proxy(actor, leo, clock.now())
    db.session.remove()
    if found is None:
        raise Bug("a parent must be able to act for their child")
    return found
