"""Random consents and requests, over a small world in which things often match."""

from datetime import UTC, datetime, timedelta
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


def mostly_absent(strategy: st.SearchStrategy[frozenset[str]]) -> st.SearchStrategy[frozenset[str]]:
    return st.one_of(st.just(frozenset()), st.just(frozenset()), strategy)


def periods() -> st.SearchStrategy[Period]:
    end = st.none() | moments()
    return st.builds(Period, st.none() | moments(), end)


@st.composite
def conditions(draw: st.DrawFn, *, labels: bool = True) -> Conditions:
    return Conditions(
        actors=draw(mostly_absent(some(ACTORS))),
        actions=draw(mostly_absent(some(["access", "disclose"]))),
        purposes=draw(mostly_absent(some(PURPOSES))),
        period=draw(st.none() | st.none() | periods()),
        categories=frozenset(
            map(Category, draw(mostly_absent(some([c.value for c in CATEGORIES]))))
        ),
        resource_types=draw(mostly_absent(some(TYPES))),
        codes=draw(mostly_absent(some(CODES))),
        items=draw(mostly_absent(some(ITEMS))),
        confidentiality=draw(st.sampled_from([None, None, "L", "N", "R"])) if labels else None,
        sensitivities=draw(mostly_absent(some(SENSITIVITIES))) if labels else frozenset(),
        data_period=draw(st.none() | st.none() | periods()),
    )


def nodes(*, labels: bool = True) -> st.SearchStrategy[Node]:
    def grow(children: st.SearchStrategy[Node]) -> st.SearchStrategy[Node]:
        several = st.lists(children, max_size=2).map(tuple)
        return st.builds(Node, conditions(labels=labels), several)

    return st.recursive(st.builds(Node, conditions(labels=labels)), grow, max_leaves=5)


def terms(*, labels: bool = True) -> st.SearchStrategy[Terms]:
    return st.builds(
        Terms,
        base=st.sampled_from(Effect),
        scope=conditions(labels=labels),
        closed=st.booleans(),
        exceptions=st.lists(nodes(labels=labels), max_size=3).map(tuple),
        period=st.just(Period()) | periods(),
        unlabelled_is_normal=st.booleans(),
    )


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


@st.composite
def histories(draw: st.DrawFn, *, most: int = 4) -> list[Version]:
    """Several consents of one patient, some on the same matter, with lives of their own."""
    count = draw(st.integers(0, most))
    return [
        version(
            draw(terms()),
            consent_id=UUID(int=10 + n),
            order=n,
            agreement_id=draw(st.sampled_from(AGREEMENTS)),
            kind=draw(st.sampled_from([Kind.CONSENT, Kind.DISSENT])),
            grantor=Grantor(
                key=draw(st.sampled_from(["patient", "mother", "father"])),
                capacity=draw(st.sampled_from([Capacity.PATIENT, Capacity.PARENT])),
            ),
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
