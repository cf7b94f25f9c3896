"""A yes decided before the patient said no: it changes nothing until a person has settled it.

One rule for every way in. A consent by FHIR waits by `importing`; what staff write down of a
form that lay about waits here, written as FHIR, so that whoever settles one settles the other
in the same queue. The agreement it is for goes with it, and it is accepted under no other.
"""

import base64
import json
from dataclasses import dataclass, replace
from typing import Any, Final
from uuid import UUID

from ledger.agreements import queries as agreements
from ledger.consent import entries as facts
from ledger.consent.proxies.speaking import by_whom
from ledger.consent.queries.offers import offers
from ledger.consent.rules.choices import (
    Choice,
    Speaker,
    category_of,
    check_offered,
    kind_of,
    terms_of,
)
from ledger.consent.rules.fhir import Doubt, Doubtful, Release
from ledger.consent.rules.fhir.writing import write
from ledger.consent.rules.lifecycle import Status
from ledger.consent.rules.model import Effect
from ledger.consent.service.granting import (
    ONLINE,
    AgreementNotInForce,
    OlderThanANo,
    Said,
    decided,
    grant,
)
from ledger.consent.service.held import Recorded, record
from ledger.consent.service.importing import media_type
from ledger.core import clock
from ledger.core.ids import new_id
from ledger.core.work import UnitOfWork

AGREEMENT: Final = "https://care-ledger.example/fhir/StructureDefinition/agreement"
"""Extension of a consent that waits: the agreement that it is for."""
_SOURCE: Final = "https://care-ledger.example/fhir/StructureDefinition/source"
_WORDS: Final = "https://care-ledger.example/fhir/StructureDefinition/words"


@dataclass(frozen=True, slots=True, kw_only=True)
class Waiting:
    """A yes that was recorded and is not enforced: somebody of the organisation settles it."""

    quarantine_id: UUID
    entry_id: UUID
    doubts: tuple[Doubt, ...]


def grant_or_wait(
    work: UnitOfWork,
    *,
    patient_id: UUID,
    agreement_id: UUID,
    choice: Choice,
    said: Said = ONLINE,
    answers: UUID | None = None,
) -> Recorded | Waiting:
    """Record a yes, as `grant` does; one that is older than a no waits for a person.

    Raises:
        OlderThanANo: whoever says it is the patient, or speaks for them: they say it today.
        NotFound, Forbidden, AgreementNotInForce, ChoiceNotPossible: as `grant`.
    """
    try:
        return grant(
            work,
            patient_id=patient_id,
            agreement_id=agreement_id,
            choice=choice,
            said=said,
            answers=answers,
        )
    except OlderThanANo:
        if by_whom(work, patient_id) is not Speaker.STAFF or work.actor.organisation_id is None:
            raise
    doubt = Doubt(Doubtful.OLDER_THAN_A_NO, "Consent.dateTime")
    entry = facts.ConsentQuarantined(
        quarantine_id=new_id(),
        patient_id=patient_id,
        doubts=(doubt.reason.value, doubt.element),
        media_type=media_type(Release.R4),
        evidence=written(work, new_id(), patient_id, agreement_id, choice, said),
    )
    entry_id = record(work, entry)
    return Waiting(quarantine_id=entry.quarantine_id, entry_id=entry_id, doubts=(doubt,))


def under_its_agreement(
    work: UnitOfWork,
    entry: facts.ConsentGranted | facts.ConsentDissented,
    original: bytes,
    choice: Choice,
) -> facts.ConsentGranted | facts.ConsentDissented:
    """Return *entry* under the agreement that *original* came for, if it names one.

    Raises:
        AgreementNotInForce: it is not, today.
        ChoiceNotPossible: the agreement shares less than that.
    """
    agreement_id = _agreement(original)
    if agreement_id is None or not isinstance(entry, facts.ConsentGranted):
        return entry
    agreement = agreements.hold(work, agreement_id)
    if not agreement.in_force(work.today):
        raise AgreementNotInForce("close it, or wait until its parties have renewed it")
    check_offered(choice, offers(agreement))
    statement = replace(
        entry.statement, kind=kind_of(choice, Effect.PERMIT), category=category_of(choice)
    )
    return replace(entry, agreement_id=agreement_id, statement=statement)


def _agreement(original: bytes) -> UUID | None:
    for one in json.loads(original).get("extension", ()):
        if one.get("url") == AGREEMENT:
            return UUID(str(one.get("valueUuid")).removeprefix("urn:uuid:"))
    return None


def written(  # noqa: PLR0917 - of one statement, in the order of every command
    work: UnitOfWork,
    consent_id: UUID,
    patient_id: UUID,
    agreement_id: UUID,
    choice: Choice,
    said: Said,
) -> bytes:
    """Return what was said as a FHIR Consent, with what it came on."""
    resource = write(
        consent_id=consent_id,
        patient_id=patient_id,
        status=Status.ACTIVE,
        kind=kind_of(choice, Effect.PERMIT),
        decided_at=decided(work, patient_id, said),
        terms=terms_of(choice, Effect.PERMIT, clock.zone()),
    )
    extensions: list[dict[str, Any]] = [
        {"url": AGREEMENT, "valueUuid": f"urn:uuid:{agreement_id}"},
        {"url": _SOURCE, "valueCode": said.source.value},
    ]
    if said.words:
        extensions.append({"url": _WORDS, "valueString": said.words})
    if said.evidence is not None:
        data = base64.b64encode(said.evidence).decode()
        resource["sourceAttachment"] = {"contentType": said.media_type, "data": data}
    return json.dumps({**resource, "extension": extensions}, ensure_ascii=False).encode()
