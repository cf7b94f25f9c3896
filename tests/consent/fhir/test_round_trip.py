"""What we write is read back as the same: P12."""

from dataclasses import replace
from uuid import UUID

import pytest
from fhir.resources.R4B.consent import Consent as Official
from hypothesis import assume, given

from ledger.consent.rules import Conditions, Effect, Kind, Node, Request, Terms, answer
from ledger.consent.rules.fhir import ReadConsent, bind, read
from ledger.consent.rules.fhir.values import OURS
from ledger.consent.rules.fhir.writing import NotSayable, write
from ledger.consent.rules.lifecycle import Status
from tests.consent.fhir.examples import LONDON, Json, body
from tests.consent.strategies import T0, requests, terms, version


def written(t: Terms) -> Json:
    return write(
        consent_id=UUID(int=1),
        patient_id=UUID(int=2),
        status=Status.ACTIVE,
        kind=Kind.CONFIDENTIALITY if t.base is Effect.PERMIT else Kind.DISSENT,
        decided_at=T0,
        terms=t,
    )


def sayable(t: Terms) -> Terms:
    """*t* without what R4 cannot say."""

    def conditions(c: Conditions) -> Conditions:
        purposes = c.purposes - {"PurposeOfUse"}
        backwards = {
            name: None
            for name, p in (("period", c.period), ("data_period", c.data_period))
            if p and ((p.starts_at and p.ends_at and p.ends_at <= p.starts_at) or p == type(p)())
        }
        return replace(
            c,
            purposes=purposes,
            codes=frozenset() if c.categories else c.codes,
            sensitivities=frozenset() if c.confidentiality else c.sensitivities,
            **backwards,  # type: ignore[arg-type]
        )

    def node(n: Node) -> Node:
        return Node(conditions(n.conditions), tuple(map(node, n.children)))

    return replace(
        t,
        scope=replace(conditions(t.scope), period=None),
        exceptions=tuple(map(node, t.exceptions)),
        closed=t.closed and t.base is Effect.PERMIT,
        unlabelled_is_normal=False,
    )


@given(terms(), requests(whole=False))
def test_p12_writing_and_reading_preserves_every_decision(t: Terms, q: Request) -> None:
    t = sayable(t)
    starts, ends = t.period.starts_at, t.period.ends_at
    assume(not (starts and ends) or starts < ends)
    resource = written(t)
    Official.model_validate(resource)
    found = read(body(resource), LONDON)
    assert isinstance(found, ReadConsent), found
    ours = bind(found, {actor: actor.removeprefix(f"{OURS}|") for actor, _ in found.actors})
    assert isinstance(ours, ReadConsent)
    assert answer(version(ours.terms), q).outcome is answer(version(t), q).outcome


@pytest.mark.parametrize(
    "t",
    [
        Terms(base=Effect.DENY, closed=True),
        Terms(base=Effect.PERMIT, unlabelled_is_normal=True),
        Terms(
            base=Effect.PERMIT,
            scope=Conditions(confidentiality="N", sensitivities=frozenset({"MH"})),
        ),
    ],
)
def test_what_r4_cannot_say_is_not_said_differently(t: Terms) -> None:
    with pytest.raises(NotSayable):
        written(t)
