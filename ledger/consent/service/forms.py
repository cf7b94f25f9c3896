"""A file of what patients said, some rows in each unit of work, each by the rules of one."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time
from enum import StrEnum
from uuid import UUID

from ledger.consent.rules.choices import Choice
from ledger.consent.rules.forms import Form
from ledger.consent.rules.model import Effect
from ledger.consent.service.granting import Said
from ledger.consent.service.held import hold, see
from ledger.consent.service.known import is_known
from ledger.consent.service.late import Waiting
from ledger.consent.service.many import Statement, each_by_itself, say
from ledger.core import clock
from ledger.core.errors import Fault, LedgerError
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory


class Became(StrEnum):
    """What became of a row."""

    RECORDED = "recorded"
    WAITING = "waiting for a person"
    THERE = "already there"
    REFUSED = "refused"


@dataclass(frozen=True, slots=True)
class RowDone:
    """What became of the row that begins on a line, and why if it was refused."""

    line: int
    became: Became
    faults: tuple[Fault, ...] = ()


def import_forms(work: UnitOfWork, forms: Sequence[Form]) -> list[RowDone]:
    """Record what these rows say, each by itself; return what became of each, in their order.

    A row that is refused leaves nothing. One that is here already, whatever has become of it
    since, changes nothing: the same file may be read again after a fall, or after it was mended.
    """
    patients = directory.patients_by_nhs_numbers(work.session, {one.nhs_number for one in forms})
    codes = {code for one in forms for code in one.organisations}
    known = {code: directory.organisation_by_code(work.session, code) for code in sorted(codes)}
    ids = {code: found.id for code, found in known.items() if found is not None}
    done = {one.line: _unknown(one, patients, ids) for one in forms}
    good = [one for one in forms if not done[one.line].faults]
    statements = [_statement(one, patients[one.nhs_number], ids) for one in good]
    for one, result in zip(good, each_by_itself(work, statements, _say_once), strict=True):
        done[one.line] = (
            RowDone(one.line, Became.REFUSED, _faults(result))
            if isinstance(result, LedgerError)
            else RowDone(one.line, result)
        )
    return [done[one.line] for one in forms]


def _say_once(work: UnitOfWork, one: Statement) -> Became:
    on = hold(work, one.patient_id)
    yes = one.effect is Effect.PERMIT
    see(work, on, Permission.CONSENT_GRANT if yes else Permission.CONSENT_WITHDRAW)
    if is_known(work, one):
        return Became.THERE
    return Became.WAITING if isinstance(say(work, one), Waiting) else Became.RECORDED


def _statement(form: Form, patient_id: UUID, ids: dict[str, UUID]) -> Statement:
    return Statement(
        patient_id=patient_id,
        effect=form.effect,
        agreement_id=form.agreement_id,
        choice=Choice(
            purposes=form.purposes,
            categories=form.categories,
            organisation_ids=frozenset(ids[code] for code in form.organisations),
            last_day=form.last_day,
        ),
        said=Said(
            source=form.source,
            decided_at=datetime.combine(form.decided_on, time.min, clock.zone()).astimezone(UTC),
        ),
    )


def _unknown(form: Form, patients: dict[str, UUID], ids: dict[str, UUID]) -> RowDone:
    """Return a row as refused for whom it names that nobody here knows; else without faults."""
    faults = []
    if form.nhs_number not in patients:
        faults.append(Fault("NHS number", "no patient registered here has it"))
    if form.organisations - set(ids):
        faults.append(Fault("organisations", "one of these is not registered here"))
    return RowDone(form.line, Became.REFUSED, tuple(faults))


def _faults(refused: LedgerError) -> tuple[Fault, ...]:
    """Return why a row was refused, by the columns of the file; nothing of what is in it."""
    return tuple(
        Fault(fault.field.removeprefix("/").replace("_ids", "s").replace("_", " "), fault.detail)
        for fault in refused.faults
    ) or (Fault("", refused.detail),)
