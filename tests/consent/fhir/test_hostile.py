"""Broken, hostile and enormous JSON: a named error or quarantine, soon, and never a permit."""

import json
import tracemalloc
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.consent.rules.fhir import NotAConsent, Quarantined, ReadConsent, read
from tests.consent.fhir.examples import LONDON, Json, a_consent, body, recipient, treat


def nested(depth: int) -> Json:
    provision: Json = {"type": "permit"}
    for n in range(depth):
        provision = {"type": "deny" if n % 2 else "permit", "provision": [provision]}
    return provision


def replaced(text: str) -> bytes:
    return body(a_consent()).replace(b'"active"', text.encode())


@pytest.mark.parametrize(
    ("text", "element"),
    [
        (b"", "Consent"),
        (b"\xff\xfe", "Consent"),
        (b"null", "Consent.resourceType"),
        (b'"Consent"', "Consent.resourceType"),
        (b'{"resourceType": "Patient"}', "Consent.resourceType"),
        (b'{"resourceType": ["Consent"]}', "Consent.resourceType"),
        (b'{"resourceType": "Consent"}', "Consent.status"),
        (b'{"resourceType": "Consent",', "Consent"),
        (b"[" * 100_000, "Consent"),
        (b'{"a":' * 1000 + b"1" + b"}" * 1000, "Consent"),
        (b'"' + b'\\"' * 400_000, "Consent"),
        (b" " * 2_000_000, "Consent"),
        (replaced("NaN"), "Consent"),
        (replaced("1e999"), "Consent.status"),
        (replaced("1" * 5000), "Consent"),
        (replaced('"\\u0000"'), "Consent.status"),
        (replaced('"\\ud800"'), "Consent.status"),
        (replaced('" "'), "Consent.status"),
        (replaced('"active", "status": "draft"'), "Consent.status"),
        (body(a_consent(surprise=1)), "Consent.surprise"),
        (body(a_consent({})), "Consent.provision"),
        (body(a_consent({"purpose": []})), "Consent.provision.purpose"),
        (body(a_consent({"purpose": {}})), "Consent.provision.purpose"),
        (body(a_consent({"actor": [1]})), "Consent.provision.actor[0]"),
        (body(a_consent({"type": 1})), "Consent.provision.type"),
        (body(a_consent({"period": {"start": "soon"}})), "Consent.provision.period.start"),
        (body(a_consent({"period": {"start": "20260101"}})), "Consent.provision.period.start"),
        (
            body(a_consent({"period": {"start": "2026-02-30"}})),
            "Consent.provision.period.start",
        ),
        (
            body(a_consent({"period": {"start": "2026-02-02", "end": "2026-02-01"}})),
            "Consent.provision.period",
        ),
        (body(a_consent(dateTime="9999-99")), "Consent.dateTime"),
        (
            body(a_consent({"provision": [{"type": "deny"}] * 10_000})),
            "Consent.provision.provision",
        ),
        (body(a_consent(nested(20))), "Consent.provision" + ".provision" * 16),
        (body(a_consent(nested(400))), "Consent"),
    ],
)
def test_what_is_no_consent_names_the_element(text: bytes, element: str) -> None:
    with pytest.raises(NotAConsent) as raised:
        read(text, LONDON)
    assert raised.value.faults[0].field == element
    assert len(raised.value.faults) <= 20


def provisions(count: int) -> bytes:
    return body(a_consent({"type": "permit", "provision": [{"type": "deny"}] * count}))


LARGE = {
    "provisions": provisions(10_000),
    "depth": b'{"resourceType":"Consent","provision":' + b'{"provision":[' * 1000 + b"]}" * 1000,
    "text": body(a_consent(language="x" * 1_000_000)),
    "escapes": b'{"a":"' + b"\\u0041" * 170_000 + b'"}',
    "brackets": b"[" * 1_000_000,
    "empty objects": b'{"resourceType":"Consent","meta":{"a":[' + b"{}," * 340_000 + b"{}]}}",
    "names": b'{"resourceType":"Consent",' + b'"a":1,' * 170_000 + b'"a":1}',
    "digits": replaced("1" * 1_000_000),
    "codes": body(a_consent({"type": "deny", "purpose": [{"system": "x", "code": "y"}] * 20_000})),
    "contained": body(a_consent(contained=[{"resourceType": "Patient"}] * 25_000)),
}


def peak(text: bytes) -> int:
    """How much memory reading takes at most, in bytes."""
    tracemalloc.start()
    try:
        read(text, LONDON)
    except NotAConsent:
        pass
    finally:
        most = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    return most


@pytest.mark.parametrize("name", LARGE)
def test_what_is_large_takes_memory_in_proportion(name: str) -> None:
    """A mebibyte of empty objects is the worst there is: each takes 200 bytes."""
    assert peak(LARGE[name]) < 100 * len(LARGE[name]) + 1_000_000


def test_ten_times_the_provisions_take_ten_times_the_memory() -> None:
    assert peak(provisions(400)) < 15 * peak(provisions(40))
    assert peak(provisions(10_000)) < 15 * peak(provisions(1000))


@pytest.mark.parametrize(
    ("element", "where"),
    [
        ("Consent", ()),
        ("Consent.category[0]", ("category", 0)),
        ("Consent.category[0].coding[0]", ("category", 0, "coding", 0)),
        ("Consent.patient.identifier", ("patient", "identifier")),
        ("Consent.provision", ("provision",)),
        ("Consent.provision.actor[0].role", ("provision", "actor", 0, "role")),
        ("Consent.provision.provision[0]", ("provision", "provision", 0)),
        ("Consent.meta", ("meta",)),
    ],
)
def test_an_unknown_modifier_is_in_doubt_wherever_it_stands(
    element: str, where: tuple[Any, ...]
) -> None:
    consent = json.loads(json.dumps(WHOLE))
    found = consent
    for key in where:
        found = found[key]
    found["modifierExtension"] = [{"url": "urn:not", "valueBoolean": True}]
    said = read(body(consent), LONDON)
    assert isinstance(said, Quarantined)
    assert (said.reason.value, said.element) == (
        "unknown-modifier-extension",
        f"{element}.modifierExtension",
    )


def test_a_name_that_comes_twice_is_refused_at_any_depth() -> None:
    text = body(a_consent(extension=[{"url": "x", "valueCoding": {"code": "a"}}]))
    text = text.replace(b'{"code": "a"}', b'{"code": "a", "code": "b"}')
    with pytest.raises(NotAConsent) as raised:
        read(text, LONDON)
    assert raised.value.faults[0].field == "Consent.extension[0].valueCoding.code"


@pytest.mark.parametrize(
    "reference", ["#1", "Patient/1/../2", "urn:uuid:1", "https://x.example/Patient/1", "Consent/1"]
)
def test_no_reference_is_followed(reference: str) -> None:
    """One that leads round in circles, or nowhere, is a name like any other, or in doubt."""
    circle = {"resourceType": "Patient", "id": "1", "link": [{"other": {"reference": "#1"}}]}
    consent = a_consent({"type": "deny"}, contained=[circle], patient={"reference": reference})
    found = read(body(consent), LONDON)
    assert isinstance(found, Quarantined) is reference.startswith("#")
    assert found.patient in {None, reference}


@pytest.mark.parametrize(
    "meta", [{"profile": 1}, {"profile": "x"}, {"profile": [1, None]}, {"a": [[]]}]
)
def test_odd_metadata_is_no_error(meta: Json) -> None:
    assert isinstance(read(body(a_consent({"type": "deny"}, meta=meta)), LONDON), ReadConsent)


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5) | st.just("permit"),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["type", "code", "system", "provision", "x"]), inner, max_size=3
        )
    ),
    max_leaves=8,
)


def paths(found: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    children = found.items() if isinstance(found, dict) else enumerate(found)
    here = [path] if path else []
    if not isinstance(found, dict | list):
        return here
    return here + [deeper for key, child in children for deeper in paths(child, (*path, key))]


WHOLE = a_consent(
    {
        "type": "permit",
        "period": {"start": "2026-01-01"},
        "actor": [recipient()],
        **treat(),
        "provision": [{"type": "deny", **treat()}],
    },
    meta={"profile": ["urn:x"]},
)


@given(st.sampled_from(paths(WHOLE)), JSON)
def test_whatever_stands_anywhere_is_read_quarantined_or_refused(
    path: tuple[Any, ...], value: object
) -> None:
    consent = json.loads(json.dumps(WHOLE))
    parent = consent
    for key in path[:-1]:
        parent = parent[key]
    parent[path[-1]] = value
    try:
        found = read(body(consent), LONDON)
    except NotAConsent as error:
        assert error.faults  # noqa: PT017
    else:
        assert isinstance(found, ReadConsent | Quarantined)
