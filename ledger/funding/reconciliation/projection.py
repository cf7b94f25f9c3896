"""What reconciliations are made by."""

from sqlalchemy import delete
from sqlalchemy.orm import Session

from audit import Record
from audit.values import to_json
from ledger.core.projection import Opened, projects
from ledger.funding.reconciliation import entries as facts
from ledger.funding.reconciliation.models import CodeList, DifferenceSaid, MatchSaid, Reconciliation
from ledger.funding.reconciliation.rules.code_maps import CodeMap


@projects(facts.CodesMapped)
def mapped(session: Session, record: Record[facts.CodesMapped], _: Opened) -> None:
    """There is a newer list; what was run by an older one stays as it is."""
    entry = record.entry
    codes = CodeMap(
        lines=entry.lines, vat_regime=entry.vat_regime, vat_rate_percent=entry.vat_rate_percent
    )
    session.add(
        CodeList(
            pool_id=entry.pool_id,
            organisation_id=entry.organisation_id,
            version=entry.number,
            body=to_json(codes),
            entry_id=record.id,
        )
    )


@projects(facts.StatementReceived)
def received(session: Session, record: Record[facts.StatementReceived], _: Opened) -> None:
    """It can be compared."""
    entry = record.entry
    session.add(
        Reconciliation(
            id=entry.reconciliation_id,
            pool_id=entry.pool_id,
            organisation_id=entry.organisation_id,
            source=entry.source,
            first_day=entry.first_day,
            last_day=entry.last_day,
            opening_minor=entry.opening_minor,
            closing_minor=entry.closing_minor,
            file_digest=entry.file_digest,
            lines_digest=entry.lines_digest,
            lines_count=entry.lines_count,
            received_at=record.at,
            codes_version=0,
        )
    )


@projects(facts.ReconciliationRun)
def run(session: Session, record: Record[facts.ReconciliationRun], _: Opened) -> None:
    """It has a result, which is computed and not kept."""
    row = session.get_one(Reconciliation, record.entry.reconciliation_id)
    row.log_size, row.codes_version = record.entry.log_size, record.entry.codes_version
    row.rules_version, row.after_id = record.entry.rules, record.entry.after_id


@projects(facts.MatchAccepted)
def accepted(session: Session, record: Record[facts.MatchAccepted], _: Opened) -> None:
    """It counts as a match."""
    _said(session, record, "accepted")


@projects(facts.MatchRejected)
def rejected(session: Session, record: Record[facts.MatchRejected], _: Opened) -> None:
    """It is not suggested again."""
    _said(session, record, "rejected")


def _said(
    session: Session, record: Record[facts.MatchAccepted] | Record[facts.MatchRejected], says: str
) -> None:
    entry = record.entry
    session.add(
        MatchSaid(
            reconciliation_id=entry.reconciliation_id,
            finding=entry.finding,
            says=says,
            their_lines=list(entry.their_lines),
            our_lines=list(entry.our_lines),
            person_id=entry.person_id,
            entry_id=record.id,
        )
    )


@projects(facts.MatchUndone)
def undone(session: Session, record: Record[facts.MatchUndone], _: Opened) -> None:
    """It is what it was before anybody said anything."""
    key = (record.entry.reconciliation_id, record.entry.finding)
    session.delete(session.get_one(MatchSaid, key))


@projects(facts.DifferenceExplained)
def explained(session: Session, record: Record[facts.DifferenceExplained], _: Opened) -> None:
    """Somebody sees to it; what was said before is in the log."""
    entry = record.entry
    key = (entry.reconciliation_id, entry.finding)
    mine = (DifferenceSaid.reconciliation_id == key[0], DifferenceSaid.finding == key[1])
    session.execute(delete(DifferenceSaid).where(*mine))
    session.add(
        DifferenceSaid(
            reconciliation_id=key[0],
            finding=key[1],
            owner_id=entry.owner_id,
            due_on=entry.due_on,
            person_id=entry.person_id,
            entry_id=record.id,
        )
    )


@projects(facts.ReconciliationPrepared)
def prepared(session: Session, record: Record[facts.ReconciliationPrepared], _: Opened) -> None:
    """Somebody else is to look at it."""
    row = session.get_one(Reconciliation, record.entry.reconciliation_id)
    row.prepared_by, row.result_digest = record.entry.person_id, record.entry.result_digest


@projects(facts.ReconciliationReturned)
def returned(session: Session, record: Record[facts.ReconciliationReturned], _: Opened) -> None:
    """It can be worked on again."""
    row = session.get_one(Reconciliation, record.entry.reconciliation_id)
    row.prepared_by = row.result_digest = None


@projects(facts.ReconciliationSigned)
def signed(session: Session, record: Record[facts.ReconciliationSigned], _: Opened) -> None:
    """It is done."""
    row = session.get_one(Reconciliation, record.entry.reconciliation_id)
    row.signed_by, row.signed_at = record.entry.person_id, record.at
    row.open_theirs_digest = record.entry.open_theirs_digest
    row.open_ours_digest = record.entry.open_ours_digest
