"""Random consents and requests, over a small world in which things often match."""

from datetime import UTC, datetime, timedelta
from typing import TypeVar
from uuid import UUID

from hypothesis import strategies as st

from ledger.consent.rules import (
    Capacity,
    Conditions,
    Data,
    Effect,
    Event,
    Grantor,
    Kind,
    Labels,
    Node,
    Period,
    Request,
    StatusEvent,
    Terms,
    Version,
)
from ledger.vocabulary.categories import Category

T = TypeVar("T")
T0 = datetime(2026, 6, 1, tzinfo=UTC)
SUBJECT = UUID(int=1)
AGREEMENTS = [UUID(int=n) for n in (100, 101)]

ACTORS = ["person:a", "role:clinician", "organisation:x", "organisation:y"]
PURPOSES = ["PurposeOfUse", "TREAT", "COC", "ETREAT", "BTG", "HRESCH", "CLINTRCH", "HRESCH.falls"]
CATEGORIES = [Category.MEDICINES, Category.TESTS, Category.MENTAL_HEALTH]
SENSITIVITIES = ["SPI", "MH", "HIV", "SEX"]
CODES = ["http://loinc.org|18842-5", "http://loinc.org|34133-9"]
TYPES = ["Observation", "Condition"]
ITEMS = ["Task/1", "Task/2"]

days = st.integers(-4, 4)


def moments() -> st.SearchStrategy[datetime]:
    return days.map(lambda n: T0 + timedelta(days=n))


def some(values: list[str], most: int = 2) -> st.SearchStrategy[frozenset[str]]:
    return st.frozensets(st.sampled_from(values), max_size=most)


MOMENTS = moments()
PERIODS = st.builds(Period, st.none() | MOMENTS, st.none() | MOMENTS)


def periods() -> st.SearchStrategy[Period]:
    return PERIODS


def sparse(strategy: st.SearchStrategy[T], absent: T) -> st.SearchStrategy[T]:
    """Mostly *absent*: a condition that is not stated."""
    return st.integers(0, 2).flatmap(lambda n: strategy if n == 0 else st.just(absent))


def _conditions(*, labels: bool) -> st.SearchStrategy[Conditions]:
    nothing: frozenset[str] = frozenset()
    unlabelled: dict[str, st.SearchStrategy[object]] = {
        "actors": sparse(some(ACTORS), nothing),
        "actions": sparse(some(["access", "disclose"]), nothing),
        "purposes": sparse(some(PURPOSES), nothing),
        "period": sparse(PERIODS, None),
        "categories": sparse(st.frozensets(st.sampled_from(CATEGORIES), max_size=2), frozenset()),
        "resource_types": sparse(some(TYPES), nothing),
        "codes": sparse(some(CODES), nothing),
        "items": sparse(some(ITEMS), nothing),
        "data_period": sparse(PERIODS, None),
    }
    on_labels: dict[str, st.SearchStrategy[object]] = {
        "confidentiality": st.sampled_from([None, None, "L", "N", "R"]),
        "sensitivities": sparse(some(SENSITIVITIES), nothing),
    }
    return st.builds(Conditions, **unlabelled, **(on_labels if labels else {}))


CONDITIONS = {labels: _conditions(labels=labels) for labels in (True, False)}


def _nodes(*, labels: bool) -> st.SearchStrategy[Node]:
    leaves = st.builds(Node, CONDITIONS[labels])

    def grow(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        return st.builds(Node, CONDITIONS[labels], st.lists(children, max_size=2).map(tuple))

    return st.recursive(leaves, grow, max_leaves=3)


NODES = {labels: _nodes(labels=labels) for labels in (True, False)}


def nodes(*, labels: bool = True) -> st.SearchStrategy[Node]:
    return NODES[labels]


def _terms(*, labels: bool, most: int) -> st.SearchStrategy[Terms]:
    return st.builds(
        Terms,
        base=st.sampled_from(Effect),
        scope=CONDITIONS[labels],
        closed=st.booleans(),
        exceptions=st.lists(NODES[labels], max_size=most).map(tuple),
        period=sparse(PERIODS, Period()),
        unlabelled_is_normal=st.booleans(),
    )


TERMS = {labels: _terms(labels=labels, most=3) for labels in (True, False)}
SHORT_TERMS = _terms(labels=True, most=1)


def terms(*, labels: bool = True) -> st.SearchStrategy[Terms]:
    return TERMS[labels]


def version(given_terms: Terms, **changes: object) -> Version:
    facts: dict[str, object] = {
        "consent_id": UUID(int=10),
        "number": 1,
        "subject": SUBJECT,
        "grantor": Grantor(key="patient"),
        "kind": Kind.CONSENT,
        "category": "TREAT",
        "agreement_id": AGREEMENTS[0],
        "order": 1,
        "decided_at": T0 - timedelta(days=10),
        "events": (StatusEvent(event=Event.GRANTED, at=T0 - timedelta(days=10)),),
    }
    return Version(terms=given_terms, **{**facts, **changes})  # type: ignore[arg-type]


def versions(*, labels: bool = True) -> st.SearchStrategy[Version]:
    return terms(labels=labels).map(version)


@st.composite
def data(draw: st.DrawFn, *, whole: bool = True, labelled: bool = False) -> Data:
    """Data of which everything is known (it may still be unlabelled), or only a part."""

    def maybe(strategy: st.SearchStrategy[object]) -> st.SearchStrategy[object]:
        return strategy if whole else st.none() | strategy

    labels = st.builds(
        Labels,
        st.sampled_from(["U", "N", "V"]) if labelled else st.sampled_from([None, "U", "N", "V"]),
        some([*SENSITIVITIES, "PSY"]),
    )
    return Data(
        category=draw(maybe(st.sampled_from(CATEGORIES))),  # type: ignore[arg-type]
        resource_type=draw(maybe(st.sampled_from(TYPES))),  # type: ignore[arg-type]
        codes=draw(maybe(some(CODES))),  # type: ignore[arg-type]
        item=draw(maybe(st.sampled_from(ITEMS))),  # type: ignore[arg-type]
        labels=draw(maybe(labels)),  # type: ignore[arg-type]
        dated_at=draw(maybe(moments())),  # type: ignore[arg-type]
    )


@st.composite
def requests(
    draw: st.DrawFn,
    *,
    whole: bool = True,
    labelled: bool = False,
    purposes: tuple[str, ...] = tuple(PURPOSES),
) -> Request:
    return Request(
        subject=SUBJECT,
        actors=draw(some(ACTORS, 4)),
        action=draw(st.sampled_from(["access", "disclose"])),
        purpose=draw(st.sampled_from(purposes)),
        at=draw(moments()),
        data=draw(data(whole=whole, labelled=labelled)),
    )


PATIENT = Grantor(key="patient")
MOTHER, FATHER = (Grantor(key=k, capacity=Capacity.PARENT) for k in ("mother", "father"))


@st.composite
def histories(draw: st.DrawFn, *, most: int = 3, alone: bool = False) -> list[Version]:
    """Several consents of one patient, some on the same matter, with lives of their own."""
    count = draw(st.integers(0, most))
    return [
        version(
            draw(SHORT_TERMS),
            consent_id=UUID(int=10 + n),
            order=n,
            agreement_id=draw(st.sampled_from(AGREEMENTS)),
            kind=draw(st.sampled_from([Kind.CONSENT, Kind.DISSENT])),
            grantor=PATIENT if alone else draw(st.sampled_from([PATIENT, MOTHER, FATHER])),
            events=(
                StatusEvent(event=Event.GRANTED, at=T0 - timedelta(days=5)),
                *draw(
                    st.lists(
                        st.builds(
                            StatusEvent,
                            event=st.sampled_from([Event.WITHDRAWN, Event.SUSPENDED]),
                            at=moments(),
                        ),
                        max_size=1,
                    )
                ),
            ),
        )
        for n in range(count)
    ]
