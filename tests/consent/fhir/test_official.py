"""The twelve official R4 examples: which are enforced, which are quarantined, and why.

Four of them (notAuthor, notThem, notThis, notTime) have a root without type under OPTIN:
read as a permit, they would let in just the person that their narrative keeps out.
"""

import os
from pathlib import Path

import pytest

from ledger.consent.rules import Effect, Kind
from ledger.consent.rules.fhir import Quarantined, ReadConsent, read
from ledger.consent.rules.fhir.values import Doubtful
from tests.consent.fhir.examples import LONDON

REAL_DATA = os.environ.get("LEDGER_TEST_REAL_DATA")

pytestmark = pytest.mark.skipif(
    not REAL_DATA, reason="the official examples are not here; set LEDGER_TEST_REAL_DATA"
)

ROOT = (Doubtful.ROOT_TYPE_MISSING, "Consent.provision.type")

EXPECTED = {
    "Emergency": ROOT,
    "Out": ROOT,
    "basic": ROOT,
    "grantor": ROOT,
    "notAuthor": ROOT,
    "notOrg": None,
    "notThem": ROOT,
    "notThis": ROOT,
    "notTime": ROOT,
    "pkb": ROOT,
    "signature": ROOT,
    "smartonfhir": ROOT,
}
"""The main doubt of each; None for one that is enforced."""


def official(name: str) -> ReadConsent | Quarantined:
    path = Path(str(REAL_DATA)) / "consents" / f"Consent-consent-example-{name}.json"
    return read(path.read_bytes(), LONDON)


@pytest.mark.parametrize(("name", "expected"), EXPECTED.items())
def test_an_official_example(name: str, expected: tuple[Doubtful, str] | None) -> None:
    found = official(name)
    if expected is None:
        assert isinstance(found, ReadConsent)
    else:
        assert isinstance(found, Quarantined)
        assert (found.reason, found.element) == expected


def test_the_table_has_all_of_them() -> None:
    folder = Path(str(REAL_DATA)) / "consents"
    there = {
        path.stem.removeprefix("Consent-consent-example-") for path in folder.glob("Consent-*")
    }
    assert there == set(EXPECTED)


def test_not_this_organisation_is_read_as_a_dissent() -> None:
    found = official("notOrg")
    assert isinstance(found, ReadConsent)
    assert found.kind is Kind.DISSENT
    assert found.terms.base is Effect.DENY
    assert found.terms.scope.actors == {"Organization/f001"}
    assert found.terms.scope.actions == {"access", "correct"}
    assert found.actors == (("Organization/f001", "Consent.provision.actor[0].reference"),)
