"""What we write is read back as the same: P12."""

import json
import os
from dataclasses import replace
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest
from fhir.resources.consent import Consent as OfficialR5
from fhir.resources.R4B.consent import Consent as OfficialR4
from hypothesis import assume, given, settings

from ledger.consent.rules import Conditions, Effect, Kind, Node, Outcome, Request, Terms, answer
from ledger.consent.rules.fhir import NotSayable, ReadConsent, Release, bind, read, write
from ledger.consent.rules.fhir.values import OURS
from ledger.consent.rules.lifecycle import Status
from tests.consent.fhir.examples import LONDON, Json, body
from tests.consent.fhir.test_official import EXPECTED
from tests.consent.strategies import T0, requests, terms, version

REAL_DATA = os.environ.get("LEDGER_TEST_REAL_DATA")
OFFICIAL: dict[Release, Any] = {Release.R4: OfficialR4, Release.R5: OfficialR5}


def written(t: Terms, release: Release = Release.R4, kind: Kind | None = None) -> Json:
    yes = t.base is Effect.PERMIT
    return write(
        consent_id=UUID(int=1),
        patient_id=UUID(int=2),
        status=Status.ACTIVE,
        kind=kind or (Kind.CONFIDENTIALITY if yes else Kind.DISSENT),
        decided_at=T0,
        terms=t,
        release=release,
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


def back(resource: Json, release: Release) -> ReadConsent:
    """What is read of a resource that we wrote."""
    OFFICIAL[release].model_validate(resource)
    found = read(body(resource), LONDON, release)
    assert isinstance(found, ReadConsent), found
    ours = bind(found, {actor: actor.removeprefix(f"{OURS}|") for actor, _ in found.actors})
    assert isinstance(ours, ReadConsent)
    return ours


@settings(max_examples=60)
@given(terms(), requests(whole=True), requests(whole=False))
def test_p12_writing_and_reading_preserves_every_decision(
    t: Terms, q: Request, partial: Request
) -> None:
    """R4 to ours to R5 to ours to R4, and at each step the same answer.

    Where data is not known, one form may already tell what the other leaves to the data.
    """
    t = sayable(t)
    starts, ends = t.period.starts_at, t.period.ends_at
    assume(not (starts and ends) or starts < ends)
    said, at_first = answer(version(t), q).outcome, answer(version(t), partial).outcome
    kind: Kind | None = None
    for release in (Release.R4, Release.R5, Release.R4):
        found = back(written(t, release, kind), release)
        assert answer(version(found.terms), q).outcome is said
        now = answer(version(found.terms), partial).outcome
        assert now is at_first or Outcome.RESIDUAL in {now, at_first}
        assert kind is None or found.kind is kind
        assert found.decided_at == T0
        t, kind = found.terms, found.kind


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("release", Release)
def test_each_kind_keeps_its_name(kind: Kind, release: Release) -> None:
    yes = kind in {Kind.CONSENT, Kind.CONFIDENTIALITY}
    t = Terms(base=Effect.PERMIT if yes else Effect.DENY)
    assert back(written(t, release, kind), release).kind is kind


@pytest.mark.skipif(not REAL_DATA, reason="set LEDGER_TEST_REAL_DATA to the official examples")
@pytest.mark.parametrize("name", EXPECTED)
@pytest.mark.parametrize("base", Effect)
def test_p12_over_the_official_examples(name: str, base: Effect) -> None:
    """As they are where they are understood, else as a person settles them: with types."""
    consent = settled(name, base)
    found = read(body(consent), LONDON)
    if not isinstance(found, ReadConsent):  # Something else is in doubt too, such as its scope.
        assert {d.reason.value for d in found.doubts}.isdisjoint({"root-type-missing"})
        return
    known = {actor: f"organisation:{n}" for n, (actor, _) in enumerate(found.actors)}
    bound = bind(found, known)
    assert isinstance(bound, ReadConsent)
    t, kind = bound.terms, bound.kind
    steps = [t]
    for release in (Release.R5, Release.R4, Release.R5):
        steps.append(back(written(steps[-1], release, kind), release).terms)
    for actor in [*known.values(), "organisation:other"]:
        for purpose in ("TREAT", "ETREAT", "BTG", "HRESCH", "HMARKT"):
            q = Request(subject=UUID(int=2), actors=frozenset({actor}), action="access",
                        purpose=purpose, at=T0)  # fmt: skip
            outcomes = {answer(version(step), q).outcome for step in steps}
            assert len(outcomes) == 1


def settled(name: str, base: Effect) -> Json:
    """An official example whose provisions a person has given types, alternating."""
    path = Path(str(REAL_DATA)) / "consents" / f"Consent-consent-example-{name}.json"
    consent: Json = json.loads(path.read_bytes())

    def give(provision: Json, effect: Effect) -> None:
        provision["type"] = effect.value
        for child in provision.get("provision", []):
            give(child, effect.opposite)

    give(consent.setdefault("provision", {}), base)
    return consent


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
@pytest.mark.parametrize("release", Release)
def test_what_fhir_cannot_say_is_not_said_differently(t: Terms, release: Release) -> None:
    with pytest.raises(NotSayable):
        written(t, release)
