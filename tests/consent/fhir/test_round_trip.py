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
from hypothesis import strategies as st

from ledger.consent.rules import (
    Conditions,
    Effect,
    Kind,
    Node,
    Outcome,
    Request,
    Terms,
    answer,
)
from ledger.consent.rules.fhir import Quarantined, ReadConsent, Release, bind, read, write
from ledger.consent.rules.fhir.extensions import ALSO, CLOSED_NO, NORMAL, SCOPED, flag
from ledger.consent.rules.fhir.values import ACT_CODE, OURS, Doubtful
from ledger.consent.rules.lifecycle import Status
from ledger.consent.rules.model import ANY
from ledger.consent.rules.narrowing import check_narrower
from ledger.vocabulary.categories import Category
from tests.consent.fhir.examples import LONDON, Json, a_consent, body, coding, treat
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


def held(t: Terms) -> Terms:
    """*t* without what no version of ours has: the code of the root, and stretches of no time."""

    def conditions(c: Conditions) -> Conditions:
        backwards = {
            name: None
            for name, p in (("period", c.period), ("data_period", c.data_period))
            if p and ((p.starts_at and p.ends_at and p.ends_at <= p.starts_at) or p == type(p)())
        }
        purposes = c.purposes - {"PurposeOfUse"}
        return replace(c, purposes=purposes, **backwards)  # type: ignore[arg-type]

    def node(n: Node) -> Node:
        return Node(conditions(n.conditions), tuple(map(node, n.children)))

    scope = replace(conditions(t.scope), period=None)
    return replace(t, scope=scope, exceptions=tuple(map(node, t.exceptions)))


def back(resource: Json, release: Release) -> ReadConsent:
    """What is read of a resource that we wrote."""
    OFFICIAL[release].model_validate(resource)
    found = read(body(resource), LONDON, release)
    assert isinstance(found, ReadConsent), found
    ours = bind(found, {actor: actor.removeprefix(f"{OURS}|") for actor, _ in found.actors})
    assert isinstance(ours, ReadConsent)
    return ours


def preserved(t: Terms, requests: list[Request]) -> None:
    """R4 to ours to R5 to ours to R4: every step says the same, to data known or not."""
    t = held(t)
    starts, ends = t.period.starts_at, t.period.ends_at
    assume(not (starts and ends) or starts < ends)
    said = [answer(version(t), q).outcome for q in requests]
    kind: Kind | None = None
    first = t
    for release in (Release.R4, Release.R5, Release.R4, Release.R5):
        found = back(written(t, release, kind), release)
        for q, at_first in zip(requests, said, strict=True):
            now = answer(version(found.terms), q).outcome
            unknown = q.data.labels is None or q.data.category is None
            assert now is at_first or (unknown and Outcome.RESIDUAL in {now, at_first})
        assert kind is None or found.kind is kind
        assert found.decided_at == T0
        assert first.scope == ANY or found.terms.closed == first.closed
        assert found.terms.unlabelled_is_normal == first.unlabelled_is_normal
        t, kind = found.terms, found.kind


@settings(max_examples=60)
@given(terms(), requests(whole=True), requests(whole=False))
def test_p12_writing_and_reading_preserves_every_decision(
    t: Terms, q: Request, partial: Request
) -> None:
    preserved(t, [q, partial])


@pytest.mark.soak
@settings(max_examples=5000)
@given(terms(), st.lists(requests(whole=True), max_size=4), requests(whole=False))
def test_p12_at_length(t: Terms, whole: list[Request], partial: Request) -> None:
    preserved(t, [*whole, partial])


@settings(max_examples=60)
@given(terms())
def test_what_was_written_is_narrower_than_nothing_but_itself(t: Terms) -> None:
    """So a consent that was read by FHIR can be sent back, with less, and is taken."""
    t = held(t)
    assume(not (t.period.starts_at and t.period.ends_at) or t.period.covers(T0))
    for release in Release:
        once = back(written(t, release), release).terms
        check_narrower(back(written(once, release), release).terms, once)
        check_narrower(once, t)


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


BOTH = Conditions(
    confidentiality="N",
    sensitivities=frozenset({"MH"}),
    categories=frozenset({Category.TESTS}),
    codes=frozenset({"http://loinc.org|18842-5"}),
)


@pytest.mark.parametrize(
    "t",
    [
        Terms(base=Effect.DENY, closed=True, scope=BOTH, exceptions=(Node(BOTH),)),
        Terms(base=Effect.PERMIT, closed=True, scope=BOTH, exceptions=(Node(BOTH),)),
        Terms(base=Effect.PERMIT, scope=BOTH, unlabelled_is_normal=True),
    ],
)
@pytest.mark.parametrize("release", Release)
def test_what_fhir_has_no_element_for_is_read_back_as_it_was(t: Terms, release: Release) -> None:
    assert back(written(t, release), release).terms == t


@pytest.mark.parametrize("status", [Status.REQUESTED, Status.OFFERED, Status.REFUSED])
@pytest.mark.parametrize("release", Release)
def test_what_has_no_terms_is_written_and_never_enforced(status: Status, release: Release) -> None:
    told = write(
        consent_id=UUID(int=1),
        patient_id=UUID(int=2),
        status=status,
        kind=Kind.CONSENT,
        decided_at=T0,
        terms=None,
        release=release,
    )
    OFFICIAL[release].model_validate(told)
    assert not isinstance(read(body(told), LONDON, release), ReadConsent)


MENTAL_HEALTH = coding(ACT_CODE, "MH")
WRONG: list[Json] = [
    {"modifierExtension": [flag(SCOPED)]},
    {"modifierExtension": [flag(CLOSED_NO)], "provision": {"type": "permit", **treat()}},
    {"modifierExtension": [{**NORMAL, "valueCode": "L"}]},
    {"modifierExtension": [{**flag(SCOPED), "valueBoolean": False}]},
    {"provision": {"type": "deny", "modifierExtension": [{"url": ALSO}], **treat()}},
    {
        "provision": {
            "type": "deny",
            "modifierExtension": [{"url": ALSO, "valueCoding": MENTAL_HEALTH}],
        }
    },
]


@pytest.mark.parametrize("changes", WRONG)
def test_our_modifiers_in_the_wrong_place_are_in_doubt(changes: Json) -> None:
    found = read(body({**a_consent({"type": "deny", **treat()}), **changes}), LONDON)
    assert isinstance(found, Quarantined), found
    assert found.reason is Doubtful.UNKNOWN_MODIFIER
