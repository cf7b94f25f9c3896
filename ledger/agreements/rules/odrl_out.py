"""Terms as an ODRL 2.2 Agreement in JSON-LD, with DPV's words for purposes and legal bases.

Each flow is a permission: its assigner may give its assignee data of some categories, for a
purpose, between two days. What ODRL has no word for (order of signing, approvals, notice,
money) stands in members of our own, ``ledger:…``. `odrl_in.read` gets the same terms back.
"""

from typing import Any
from uuid import UUID

from audit.values import to_json
from ledger.agreements.rules.odrl_words import CATEGORY, CONTEXT, dpv_purpose, legal_basis
from ledger.agreements.rules.terms import Flow, Party, Terms


def write(
    terms: Terms, *, agreement_id: UUID, version: int, document_sha256: str
) -> dict[str, Any]:
    """Return the terms of a version as an ODRL Agreement, ready for JSON."""
    return {
        "@context": list(CONTEXT),
        "@type": "Agreement",
        "uid": f"urn:uuid:{agreement_id}",
        "dct:title": terms.title,
        "ledger:version": version,
        "ledger:documentSha256": document_sha256,
        "ledger:kind": terms.kind.value,
        "ledger:mode": terms.mode.value,
        "ledger:startsOn": terms.starts_on.isoformat(),
        "ledger:endsOn": terms.ends_on.isoformat(),
        "ledger:reviewOn": terms.review_on.isoformat(),
        "ledger:noticeDays": terms.notice_days,
        "ledger:returnDays": terms.return_days,
        "ledger:renews": f"urn:uuid:{terms.renews_id}" if terms.renews_id else None,
        "ledger:party": [_party(each) for each in terms.parties],
        "ledger:approval": to_json(terms.approvals),
        "ledger:variable": to_json(terms.variables),
        "ledger:fund": to_json(terms.fund),
        "permission": [_permission(flow, terms) for flow in terms.flows],
    }


def _party(party: Party) -> dict[str, Any]:
    return {
        "uid": f"urn:uuid:{party.organisation_id}",
        "@type": "Party",
        "name": party.name,
        "ledger:signsInGroup": party.signs_in_group,
        "ledger:leads": party.leads,
    }


def _permission(flow: Flow, terms: Terms) -> dict[str, Any]:
    articles = [one for one in (flow.basis.article_6, flow.basis.article_9) if one is not None]
    return {
        "@type": "Permission",
        "ledger:key": flow.key,
        "assigner": f"urn:uuid:{flow.from_party}",
        "assignee": f"urn:uuid:{flow.to_party}",
        "action": "distribute",
        "target": {
            "@type": "AssetCollection",
            "dpv:hasPersonalData": [CATEGORY + each for each in sorted(flow.categories)],
        },
        "constraint": [
            {
                "leftOperand": "purpose",
                "operator": "isA",
                "rightOperand": {"@id": f"actreason:{flow.purpose}"},
            },
            _on("gteq", terms.starts_on.isoformat()),
            _on("lteq", terms.ends_on.isoformat()),
        ],
        "dpv:hasPurpose": dpv_purpose(flow.purpose),
        "dpv:hasLegalBasis": [legal_basis(one) for one in articles],
        "ledger:schedule1": flow.basis.schedule_1.value if flow.basis.schedule_1 else None,
        "ledger:commonLaw": flow.basis.common_law.value if flow.basis.common_law else None,
        "ledger:fromRole": flow.from_role.value,
        "ledger:toRole": flow.to_role.value,
    }


def _on(operator: str, day: str) -> dict[str, Any]:
    value = {"@value": day, "@type": "xsd:date"}
    return {"leftOperand": "dateTime", "operator": operator, "rightOperand": value}
