"""Reads of reconciliations. The result is computed each time from what the log holds."""

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from hashlib import sha256
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.orm import Session

from audit import canonical
from audit.values import from_json, to_json
from ledger.core import blobs, privacy
from ledger.core.errors import NotFound
from ledger.funding.queries.pools import PoolView
from ledger.funding.reconciliation.entries import WORDS
from ledger.funding.reconciliation.lines import Asked, ours
from ledger.funding.reconciliation.models import CodeList, DifferenceSaid, MatchSaid, Reconciliation
from ledger.funding.reconciliation.rules.code_maps import CodeMap
from ledger.funding.reconciliation.rules.findings import (
    EXPLAINS_ITSELF,
    Finding,
    Line,
    Source,
    Window,
)
from ledger.funding.reconciliation.rules.proof import Proof
from ledger.funding.reconciliation.rules.sides import Pair
from ledger.funding.reconciliation.rules.versions import rules_of


@dataclass(frozen=True, slots=True, kw_only=True)
class ReconciliationView:
    """A statement, and how far its comparison has got."""

    id: UUID
    pool_id: UUID
    organisation_id: UUID
    source: Source
    first_day: date
    last_day: date
    opening_minor: int | None
    closing_minor: int | None
    file_digest: str
    lines_digest: str
    lines_count: int
    received_at: datetime
    log_size: int | None
    rules_version: int | None
    codes_version: int
    after_id: UUID | None
    prepared_by: UUID | None
    signed_by: UUID | None
    signed_at: datetime | None
    result_digest: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What a person said of a difference; *words* are None where they were erased."""

    owner_id: UUID
    due_on: date
    person_id: UUID
    words: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """What came of a comparison.

    Attributes:
        explained: By the key of the finding.
        rejected: What a person put asunder, by the key of the finding that it was.
        digest: SHA-256 of all but the explanations, so that anybody can compute it again.
    """

    findings: tuple[Finding, ...]
    proof: Proof
    explained: Mapping[str, Explained]
    rejected: tuple[str, ...]
    digest: str

    @property
    def matched(self) -> tuple[Finding, ...]:
        """What counts as a match."""
        return tuple(one for one in self.findings if one.matched)

    @property
    def unmatched(self) -> tuple[Finding, ...]:
        """Everything else: what is suggested first."""
        return tuple(one for one in self.findings if not one.matched)


def unexplained(found: Result) -> tuple[Finding, ...]:
    """Return what does not match, and nobody has said why."""
    return tuple(
        one
        for one in found.unmatched
        if one.key not in found.explained and one.reason not in EXPLAINS_ITSELF
    )


def reconciliations(session: Session, pool: PoolView) -> Sequence[ReconciliationView]:
    """Return the reconciliations of a pool, the latest days first."""
    row = Reconciliation
    mine = select(row).where(row.pool_id == pool.id)
    return [view(one) for one in session.scalars(mine.order_by(row.last_day.desc(), row.id.desc()))]


def reconciliation(session: Session, pool_id: UUID, reconciliation_id: UUID) -> ReconciliationView:
    """Return one. Raises `NotFound` if the pool has no such one."""
    row = session.get(Reconciliation, reconciliation_id)
    if row is None or row.pool_id != pool_id:
        raise NotFound("no such reconciliation in this pool")
    return view(row)


def view(row: Reconciliation) -> ReconciliationView:
    """Return a row as a value."""
    names = (name for name in ReconciliationView.__slots__ if name != "source")
    return ReconciliationView(
        source=Source(row.source), **{one: getattr(row, one) for one in names}
    )


def codes(
    session: Session, pool_id: UUID, organisation_id: UUID, version: int | None = None
) -> tuple[int, CodeMap | None]:
    """Return an organisation's list of codes and its version; 0 and None if it has none."""
    mine = select(CodeList).where(
        CodeList.pool_id == pool_id, CodeList.organisation_id == organisation_id
    )
    if version is not None:
        mine = mine.where(CodeList.version == version)
    row = session.scalar(mine.order_by(CodeList.version.desc()).limit(1))
    return (row.version, from_json(CodeMap, row.body)) if row else (0, None)


def keep_lines(session: Session, lines: Sequence[Line]) -> str:
    """Keep lines beside the log; return their digest."""
    body = canonical.encode([to_json(one) for one in lines])
    return blobs.keep(session, body, "application/json")


def lines_kept(session: Session, digest: str) -> tuple[Line, ...]:
    """Return lines that are kept beside the log."""
    body = json.loads(blobs.read(session, digest))
    return tuple(from_json(Line, one) for one in body)


def result(session: Session, one: ReconciliationView) -> Result:
    """Return what came of a comparison, by the rules it was run by.

    Raises:
        NotFound: it was not run yet.
        RulesUnknown: this installation does not have those rules.
    """
    if one.log_size is None or one.rules_version is None:
        raise NotFound("nothing was compared yet: run it")
    rules = rules_of(one.rules_version)
    _, listed = codes(session, one.pool_id, one.organisation_id, one.codes_version)
    before = session.get(Reconciliation, one.after_id) if one.after_id else None
    near = Window(source=one.source, first_day=one.first_day, last_day=one.last_day)
    window = replace(near, vat_rate_percent=listed.vat_rate_percent) if listed else near
    mine = ours(
        session,
        Asked(
            pool_id=one.pool_id,
            organisation_id=one.organisation_id,
            size=one.log_size,
            codes=listed if one.source is Source.LEDGER else None,
            since_size=before.log_size if before else None,
        ),
        window,
    )
    open_theirs, open_ours = _left_open(session, before)
    theirs = (*lines_kept(session, one.lines_digest), *open_theirs)
    here = (*mine.lines, *mine.late, *open_ours)
    accepted, rejected = _said(session, one.id)
    findings = rules.match(
        theirs, here, window,
        later=mine.later, accepted=tuple(accepted.values()), rejected=set(rejected.values()),
    )  # fmt: skip
    bank = one.source is Source.BANK
    balance = (one.opening_minor or 0, one.closing_minor or 0)
    proved = rules.prove(
        findings,
        theirs,
        here,
        carried=(
            sum(line.amount_minor for line in open_theirs),
            sum(line.amount_minor for line in (*mine.late, *open_ours)),
        ),
        opening=(balance[0], mine.opening_minor) if bank else None,
        closing=(balance[1], mine.closing_minor) if bank else None,
        not_mapped_minor=mine.not_mapped_minor,
    )
    return Result(
        findings=findings,
        proof=proved,
        explained=_explained(session, one.id),
        rejected=tuple(rejected),
        digest=sha256(result_bytes(one, findings, proved)).hexdigest(),
    )


def result_bytes(one: ReconciliationView, findings: Sequence[Finding], proved: Proof) -> bytes:
    """Return a result as canonical JSON (RFC 8785): what its digest is of."""
    return canonical.encode(
        {
            "reconciliation": str(one.id),
            "lines": one.lines_digest,
            "log_size": one.log_size,
            "codes_version": one.codes_version,
            "findings": [
                {
                    "reason": str(each.reason),
                    "matched": each.matched,
                    "theirs": list(each.their_keys),
                    "ours": list(each.our_keys),
                    "by_minor": each.by_minor,
                }
                for each in findings
            ],
            "proof": to_json(proved),
        }
    )


def left_open(found: Result) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    """Return the lines of both sides that the next reconciliation takes over."""
    theirs = tuple(line for one in found.unmatched for line in one.theirs)
    return theirs, tuple(line for one in found.unmatched for line in one.ours)


def _left_open(
    session: Session, before: Reconciliation | None
) -> tuple[tuple[Line, ...], tuple[Line, ...]]:
    if before is None or before.open_theirs_digest is None or before.open_ours_digest is None:
        return (), ()
    return (
        lines_kept(session, before.open_theirs_digest),
        lines_kept(session, before.open_ours_digest),
    )


def _said(session: Session, reconciliation_id: UUID) -> tuple[dict[str, Pair], dict[str, Pair]]:
    """Return what was accepted and what was rejected, in the order in which it was said."""
    mine = select(MatchSaid).where(MatchSaid.reconciliation_id == reconciliation_id)
    said: dict[str, dict[str, Pair]] = {"accepted": {}, "rejected": {}}
    for row in session.scalars(mine.order_by(MatchSaid.entry_id)):
        said[row.says][row.finding] = (tuple(row.their_lines), tuple(row.our_lines))
    return said["accepted"], said["rejected"]


def _explained(session: Session, reconciliation_id: UUID) -> dict[str, Explained]:
    mine = select(DifferenceSaid).where(DifferenceSaid.reconciliation_id == reconciliation_id)
    rows = session.scalars(mine).all()
    words = privacy.opened(session, [row.entry_id for row in rows])
    return {
        row.finding: Explained(
            owner_id=row.owner_id,
            due_on=row.due_on,
            person_id=row.person_id,
            words=(words.get(row.entry_id, {}).get(WORDS) or {}).get("words"),
        )
        for row in rows
    }
