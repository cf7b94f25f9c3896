"""What a quarantined consent would mean, were a person to confirm it: one reading for each answer.

Most are in doubt about one thing only: whether the base says yes or no. Each proposal is the
same resource with its types given, alternating, so that what a person confirms is exactly what
is then read. What is in doubt besides stays in doubt, and is listed with the proposal.
"""

import json
from copy import deepcopy
from dataclasses import dataclass
from datetime import tzinfo
from typing import Any, Final

from ledger.consent.rules.fhir.reading import Quarantined, ReadConsent, read
from ledger.consent.rules.fhir.shapes import Release
from ledger.consent.rules.fhir.values import Doubt, Doubtful
from ledger.consent.rules.model import Effect, Terms

_WORDS: Final = {
    Doubtful.STATUS_NOT_ACTIVE: "The sender does not say that it is in force.",
    Doubtful.UNKNOWN_STATUS: "Its status is none that FHIR knows.",
    Doubtful.SCOPE_NOT_PRIVACY: "It is about something other than sharing or research.",
    Doubtful.CATEGORY_NOT_UNDERSTOOD: "Its category may change what it means.",
    Doubtful.NO_PATIENT: "It does not say whose it is.",
    Doubtful.NOT_GIVEN_BY_THE_PATIENT: "Somebody other than the patient gave it.",
    Doubtful.ROOT_TYPE_MISSING: "It does not say whether it is a yes or a no.",
    Doubtful.NESTED_TYPE_MISSING: "An exception does not say whether it is a yes or a no.",
    Doubtful.NESTED_TYPE_NOT_OPPOSITE: "An exception says the same as what it is an exception to.",
    Doubtful.UNKNOWN_TYPE: "It says neither permit nor deny, but something else.",
    Doubtful.POLICY_RULE_NOT_UNDERSTOOD: "It points to a rule that is not known here.",
    Doubtful.UNKNOWN_MODIFIER: "It has an addition that may turn its meaning round.",
    Doubtful.UNKNOWN_SYSTEM: "It uses a list of codes that is not known here.",
    Doubtful.UNKNOWN_CODE: "It uses a code that is not in its list.",
    Doubtful.TEXT_ONLY: "It says something in words only, which no machine can enforce.",
    Doubtful.LABELS_MIXED: "It names labels of several sorts: either, or both together?",
    Doubtful.GRANTEE_NOT_SUPPORTED: "It names who is to have it in a way that is not enforced.",
    Doubtful.KIND_CONTRADICTS: "What it is called contradicts what it says.",
    Doubtful.ROLE_NOT_SUPPORTED: "It names somebody who is not to receive anything.",
    Doubtful.DATA_MEANING_NOT_SUPPORTED: "It means data that is related to what it names.",
    Doubtful.REFERENCE_NOT_UNDERSTOOD: "It points to something that did not come with it.",
    Doubtful.UNKNOWN_ACTOR: "It names somebody who is not known here.",
    Doubtful.UNKNOWN_PATIENT: "It is of somebody who is not known here.",
    Doubtful.OLDER_THAN_A_NO: "The patient has said no since it was decided.",
}


def words_of(reason: Doubtful) -> str:
    """Return why something is in doubt, in plain words."""
    return _WORDS[reason]


@dataclass(frozen=True, slots=True, kw_only=True)
class Proposal:
    """A reading that a person may confirm.

    Attributes:
        base: What they confirm: that at its root it is a yes, or a no.
        corrected: The resource that says so, to be accepted as it is or changed further.
        terms: What it would mean; None where more is in doubt than the base.
        doubts: What is still in doubt then, apart from names.
    """

    base: Effect
    corrected: bytes
    terms: Terms | None
    doubts: tuple[Doubt, ...]


def proposals(body: bytes, release: Release, zone: tzinfo) -> tuple[Proposal, ...]:
    """Return what *body* would mean as a yes and as a no; only one if its root says which.

    Raises:
        NotAConsent: it is none.
    """
    resource = json.loads(body)
    stated = resource.get("decision")
    if release is Release.R4:
        stated = resource.get("provision", {}).get("type")
    bases = [Effect(stated)] if stated in set(Effect) else [*Effect]
    return tuple(_proposal(resource, base, release, zone) for base in bases)


def _proposal(resource: dict[str, Any], base: Effect, release: Release, zone: tzinfo) -> Proposal:
    changed = deepcopy(resource)
    if release is Release.R4:
        _give_types(changed.setdefault("provision", {}), base)
    else:
        changed["decision"] = base.value
    corrected = json.dumps(changed, ensure_ascii=False).encode()
    found = read(corrected, zone, release)
    if isinstance(found, ReadConsent):
        return Proposal(base=base, corrected=corrected, terms=found.terms, doubts=())
    assert isinstance(found, Quarantined)
    return Proposal(base=base, corrected=corrected, terms=None, doubts=found.doubts)


def _give_types(root: dict[str, Any], base: Effect) -> None:
    level, effect = [root], base
    while level:
        for one in level:
            one.setdefault("type", effect.value)
        level = [child for one in level for child in one.get("provision", [])]
        effect = effect.opposite
