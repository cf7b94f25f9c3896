"""The last chapter: a program of the trust, and the first questions that it asks."""

import json
from typing import Final

import requests

from ledger.core.actor import Role
from ledger.core.work import unit_of_work
from ledger.edge.oauth import clients
from ledger.sample.scene import Scene, parties
from ledger.vocabulary.categories import Category

_WAIT_S: Final = 30
_NHS_NUMBER: Final = "https://fhir.nhs.uk/Id/nhs-number"
_ODS_CODE: Final = "https://fhir.nhs.uk/Id/ods-organization-code"

_ASKED: Final = (
    ("cara.clinician", "iris", Category.CARE_PLAN, "TREAT"),
    ("cara.clinician", "iris", Category.SOCIAL_CARE, "TREAT"),
    ("dev.clinician", "iris", Category.MEDICINES, "HRESCH"),
    ("dev.clinician", "jonah", Category.CARE_PLAN, "TREAT"),
)
"""Who asks about whom, what and why; the trust's people, of what the council holds."""


def tell(scene: Scene) -> None:
    """Register a program and let it ask, so that patients find who looked."""
    with unit_of_work(scene.actor("tess.steward", Role.STEWARD)) as work:
        client_id, secret = clients.register(
            work,
            name="Northmoor record viewer (demonstration)",
            organisation_id=scene.organisation("trust"),
            scopes=("access:ask",),
        )
    assert secret is not None
    answer = requests.post(
        f"{scene.address}/oauth/token",
        data={"grant_type": "client_credentials", "scope": "access:ask"},
        auth=(str(client_id), secret),
        timeout=_WAIT_S,
    )
    answer.raise_for_status()
    token = answer.json()["access_token"]
    for username, patient, category, purpose in _ASKED:
        asked = requests.post(
            f"{scene.address}/access/v1/evaluation",
            json=_question(scene, username, patient, category, purpose),
            headers={"Authorization": f"Bearer {token}"},
            timeout=_WAIT_S,
        )
        asked.raise_for_status()
    scene.client |= {
        "id": str(client_id),
        "secret": secret,
        "curl": _curl(str(client_id), secret, _question(scene, *_ASKED[0])),
    }
    scene.say(f"a program of the trust, and {len(_ASKED)} decisions it asked for")


def _question(
    scene: Scene, username: str, patient: str, category: Category, purpose: str
) -> dict[str, object]:
    organisations = parties()["organisations"]
    number = parties()["patients"][patient]["nhs_number"]
    return {
        "subject": {
            "type": "user",
            "id": str(scene.person(username)),
            "properties": {"organisation": f"{_ODS_CODE}|{organisations['trust']['ods_code']}"},
        },
        "action": {"name": "access"},
        "resource": {
            "type": "patient-data",
            "id": f"{_NHS_NUMBER}|{number}",
            "properties": {
                "category": category.value,
                "holder": f"{_ODS_CODE}|{organisations['council']['ods_code']}",
            },
        },
        "context": {"purpose": purpose},
    }


def _curl(client_id: str, secret: str, question: dict[str, object]) -> str:
    """Return two lines for a shell: one gets a token, one asks for a decision."""
    return (
        f"TOKEN=$(curl -s -u '{client_id}:{secret}' -d grant_type=client_credentials \\\n"
        '  ADDRESS/oauth/token | sed \'s/.*"access_token": *"\\([^"]*\\)".*/\\1/\')\n'
        'curl -s -H "Authorization: Bearer $TOKEN" -H "Content-Type: application/json" \\\n'
        f"  -d '{json.dumps(question, separators=(',', ':'))}' \\\n"
        "  ADDRESS/access/v1/evaluation"
    )
