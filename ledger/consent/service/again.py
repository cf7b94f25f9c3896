"""What was said, recorded again for the patient whose it is, under that patient's key."""

from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import select

from audit import Entry
from ledger.consent import entries as facts
from ledger.consent.entries import EVIDENCE, TERMS, WORDS
from ledger.consent.models import Consent, ConsentEvent, ConsentVersion
from ledger.consent.rules import spelling
from ledger.consent.rules.lifecycle import Reason, Status
from ledger.consent.rules.matching import BREAK_GLASS, names_emergency
from ledger.consent.rules.model import Capacity, Conditions, Effect, Node
from ledger.consent.service.held import hold, record
from ledger.core import clock, privacy
from ledger.core.errors import NotFound
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory.acting.queries import speakers
from ledger.directory.identity.effects import carried_over
from ledger.directory.identity.held import of_patient


@dataclass(frozen=True, slots=True, kw_only=True)
class Copied:
    """All that one consent says, opened, to be sealed again."""

    base: Effect | None
    agreement_id: UUID | None
    parties: tuple[UUID, ...]
    statement: facts.Statement
    reason: Reason
    terms: str | None
    words: str | None
    evidence: bytes | None


def copied(work: UnitOfWork, consent: Consent) -> Copied:
    """Return what a consent says by its newest version, opened with its patient's key.

    Raises:
        NotFound: it was erased.
    """
    version = work.session.get_one(ConsentVersion, (consent.id, consent.number))
    first = select(ConsentEvent).where(ConsentEvent.consent_id == consent.id)
    began = work.session.scalars(first.order_by(ConsentEvent.n)).first()
    entry_ids = [version.entry_id] + ([began.entry_id] if began else [])
    opened = privacy.opened(work.session, entry_ids)
    private = opened.get(version.entry_id, {})
    terms = (private.get(TERMS) or {}).get("terms")
    if version.base is not None and terms is None:
        raise NotFound("what it says was erased")
    evidence = [(opened.get(one, {}).get(EVIDENCE) or {}).get("evidence") for one in entry_ids]
    kept = next((one for one in evidence if one), None)
    return Copied(
        base=version.base,
        agreement_id=consent.agreement_id,
        parties=tuple(map(UUID, version.parties)),
        statement=_statement(consent, version),
        reason=Reason.NOT_SAID if began is None else began.reason,
        terms=terms,
        words=(private.get(WORDS) or {}).get("words"),
        evidence=None if kept is None else bytes.fromhex(kept),
    )


def again(found: Copied, *, consent_id: UUID, patient_id: UUID) -> Entry:
    """Return the entry that says the same for another patient."""
    same: dict[str, Any] = {
        "consent_id": consent_id,
        "patient_id": patient_id,
        "agreement_id": found.agreement_id,
        "statement": found.statement,
        "words": found.words,
    }
    if found.base is None:
        return facts.ConsentRefused(**same, reason=found.reason)
    kind = facts.ConsentGranted if found.base is Effect.PERMIT else facts.ConsentDissented
    return kind(**same, parties=found.parties, terms=found.terms, evidence=found.evidence)


@carried_over
def consents(work: UnitOfWork, old_id: UUID, new_id_: UUID) -> None:
    """Record anew, for a record begun anew, what is in force in the old one.

    A no that others said for the patient goes on as the patient's, so that it counts though
    nobody's power went on; a yes of theirs goes on if their power did.

    The moment it was decided would name the old consent to whoever remembers it, so only the
    day is kept; what was said in words, and scans, could name the person who was, and stay.
    """
    hold(work, old_id)
    on = of_patient(work, new_id_)
    row = Consent
    said = row.status.in_((Status.ACTIVE, Status.REFUSED))
    mine = select(row).where(row.patient_id == old_id, said)
    for consent in work.session.scalars(mine.order_by(row.order)).all():
        found = _who_said_it(work, copied(work, consent), new_id_)
        if found is None:
            continue
        coarse = replace(
            found,
            statement=replace(found.statement, decided_at=_day(work, found)),
            words=None,
            evidence=None,
        )
        work.authorise(Permission.PATIENT_RESTRICTED, on=on)
        record(work, again(coarse, consent_id=new_id(), patient_id=new_id_))


def _who_said_it(work: UnitOfWork, found: Copied, patient_id: UUID) -> Copied | None:
    said = found.statement
    if said.capacity is Capacity.PATIENT:
        return found
    if found.base is not Effect.PERMIT:
        theirs = replace(said, grantor="patient", capacity=Capacity.PATIENT)
        return replace(found, statement=theirs, terms=_breaking_no_glass(found.terms))
    powers = speakers(work.session, patient_id).powers
    return found if said.grantor in {f"person:{one.person_id}" for one in powers} else None


def _breaking_no_glass(terms: str | None) -> str | None:
    """Return a no that others said so that it forbids nobody to break the glass.

    Only the patient refuses that: as theirs it would be a refusal, which it never was.
    """
    found = None if terms is None else spelling.loads(terms)
    if found is None or not names_emergency(found.scope):
        return terms
    allowed = Node(Conditions(purposes=frozenset({BREAK_GLASS})))
    return spelling.dumps(replace(found, exceptions=(*found.exceptions, allowed)))


def _day(work: UnitOfWork, found: Copied) -> datetime:
    """Return the first moment of the day of a yes; of a no the last, so that none is older.

    A yes of that same day, on a form that turns up later, must not seem newer than the no.
    """
    decided_at = found.statement.decided_at
    day = clock.civil_date(decided_at)
    if found.base is Effect.PERMIT:
        return datetime.combine(day, time(), tzinfo=clock.zone())
    return min(datetime.combine(day + timedelta(days=1), time(), tzinfo=clock.zone()), work.now)


def _statement(consent: Consent, version: ConsentVersion) -> facts.Statement:
    return facts.Statement(
        kind=consent.kind,
        category=consent.category,
        purposes=frozenset(version.purposes),
        controller=consent.controller,
        grantor=consent.grantor,
        capacity=consent.capacity,
        starts_at=version.starts_at,
        ends_at=version.ends_at,
        decided_at=consent.decided_at,
        source=consent.source,
        notice=None if version.notice is None else facts.Notice(**version.notice),  # type: ignore[arg-type]
    )
