"""Whether a statement is here already, so that the same list twice records nothing twice.

What has become of it since makes no difference: a yes that was taken back is not given again
by a list that is read again.
"""

import json
from uuid import UUID

from sqlalchemy import select

from audit import Record
from ledger.consent import entries as facts
from ledger.consent.entries import EVIDENCE, TERMS
from ledger.consent.models import Consent, ConsentVersion, Quarantine
from ledger.consent.queries.joined import records_of
from ledger.consent.rules import spelling
from ledger.consent.rules.choices import terms_of
from ledger.consent.rules.model import Effect
from ledger.consent.service.late import written
from ledger.consent.service.many import Statement
from ledger.core import clock, privacy
from ledger.core.trail import LogEntry
from ledger.core.work import UnitOfWork


def is_known(work: UnitOfWork, one: Statement) -> bool:
    """Say whether just this was recorded, or waits or waited for a person.

    The patient is held by the caller, so that it cannot come in before this unit of work ends.
    """
    return _recorded(work, one) or (one.effect is Effect.PERMIT and _waited(work, one))


def _recorded(work: UnitOfWork, one: Statement) -> bool:
    rows = work.session.execute(
        select(LogEntry.id, LogEntry.body)
        .join(ConsentVersion, ConsentVersion.entry_id == LogEntry.id)
        .join(Consent, Consent.id == ConsentVersion.consent_id)
        .where(
            Consent.patient_id.in_(records_of(work.session, one.patient_id)),
            Consent.agreement_id == one.agreement_id,
            ConsentVersion.base == one.effect,
        )
    ).all()
    same = [entry_id for entry_id, body in rows if _says_when_and_how(body, one)]
    if not same:
        return False
    terms = spelling.dumps(terms_of(one.choice, one.effect, clock.zone()))
    opened = privacy.opened(work.session, same)
    return any((opened[each].get(TERMS) or {}).get("terms") == terms for each in same)


def _says_when_and_how(body: bytes, one: Statement) -> bool:
    entry = Record.from_bytes(body).entry
    if not isinstance(entry, facts.ConsentGranted | facts.ConsentDissented):
        return False
    said = entry.statement
    return (said.decided_at, said.source) == (one.said.decided_at, one.said.source)


def _waited(work: UnitOfWork, one: Statement) -> bool:
    rows = work.session.scalars(
        select(Quarantine.entry_id).where(Quarantine.patient_id == one.patient_id)
    ).all()
    for groups in privacy.opened(work.session, rows).values():
        evidence = (groups.get(EVIDENCE) or {}).get("evidence")
        if evidence is not None and _is(work, json.loads(bytes.fromhex(evidence)), one):
            return True
    return False


def _is(work: UnitOfWork, resource: object, one: Statement) -> bool:
    if one.agreement_id is None or not isinstance(resource, dict):
        return False
    try:
        there = UUID(str(resource.get("id")))
    except ValueError:
        return False  # From elsewhere, in words of its own.
    same = written(work, there, one.patient_id, one.agreement_id, one.choice, one.said)
    found: bool = json.loads(same) == resource
    return found
