"""Exports: a part of the log, or all of it, taken away to be checked or read elsewhere.

`announce` records that entries leave, for whom and in which form, and commits; then
`ledger.core.bundles` makes a bundle, or `ledger.core.listings` a table, from one snapshot. In
this order, as what left unrecorded cannot be called back.

A bundle of everything about one subject is its chain, and proves that nothing is missing.
Whoever may not see all of a chain, or asked for some of it, gets the rest as hashes.
"""

from collections.abc import Generator
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from ledger.core import chains, codes, log_names, published, receipts, together
from ledger.core.actor import Actor
from ledger.core.authority import Resource
from ledger.core.chains import Chain
from ledger.core.entries import TrailExportedInForm
from ledger.core.errors import Fault, Invalid
from ledger.core.filters import ALL, BadFilter, Entries, Filter
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.reading import visible_to
from ledger.core.trail import LOGS, Leaf, LogEntry
from ledger.core.work import UnitOfWork

RECIPIENT_CHARS_MAX: Final = 200
_ROWS_AT_ONCE: Final = 1000


class BadRecipient(Invalid):
    """What leaves goes to somebody who is named."""

    slug = "bad-bundle-recipient"
    title = "Say whom the export is for"


class Form(StrEnum):
    """In which form entries leave."""

    BUNDLE = "bundle"
    CSV = "csv"
    JSONL = "jsonl"


@dataclass(frozen=True, slots=True)
class Export:
    """An export that is announced: what is to be made.

    Attributes:
        entry_id: The entry that says that it leaves.
        tree: The log, or the shard of one, that the entries are of.
        size: Its size at the checkpoint up to which entries are taken.
        rows: How many entries it holds.
        recipient: For whom, in words; or the organisation, as the log spells it.
        by: Who takes them: some see only what concerns them.
        chain: Whose chain it is and where that ends; None if it is none.
    """

    entry_id: UUID
    which: Filter
    form: Form
    tree: str
    size: int
    rows: int
    at: datetime
    recipient: str
    by: Actor
    chain: Chain | None

    @property
    def whole(self) -> bool:
        """Whether it is a bundle of every entry up to the checkpoint."""
        return self.which == Filter(log=self.which.log)

    @property
    def name(self) -> str:
        """A name for the file."""
        sort = "whole" if self.whole else "subject" if self.chain else "selection"
        ending = "zip" if self.form is Form.BUNDLE else str(self.form)
        return f"care-ledger-{self.tree}-{sort}-{self.size}.{ending}"


def announce(
    work: UnitOfWork,
    *,
    which: Filter,
    recipient: str = "",
    recipient_id: UUID | None = None,
    form: Form = Form.BUNDLE,
    tree: str | None = None,
) -> Export:
    """Record that these entries leave, up to the newest checkpoint.

    Args:
        work: The unit of work of whoever takes them.
        which: The conditions. Who may not take everything takes what concerns them: *which*
            names a patient or an organisation as the subject.
        recipient: For whom, in words; kept apart from the log, as words are.
        recipient_id: The organisation that gets them, if it is one of ours.
        form: In which form.
        tree: Which shard of the log, if not the open one.

    Raises:
        Forbidden: the actor may not take these entries away.
        BadRecipient: nobody is named, or at too great a length.
        NoCheckpoint: the log has signed nothing yet.
        HeadsNotCommitted: it has not committed yet to where chains end.
        NotYetFound: the newest entries cannot be searched by code yet.
    """
    _authorise(work, which)
    said = " ".join(recipient.split())
    if not (said or recipient_id) or len(said) > RECIPIENT_CHARS_MAX or not said.isprintable():
        raise BadRecipient(
            "name the organisation or office that gets it",
            [Fault("recipient", f"say who gets it, in 1 to {RECIPIENT_CHARS_MAX} characters")],
        )
    if which.log == ALL:
        raise BadFilter("one log leaves at a time", [Fault("log", f"give one of {LOGS}")])
    tree = tree or log_names.open_tree(work.session, which.log)
    newest = published.newest(work.session, tree)
    checkpoint = newest or receipts.newest_checkpoint(work.session, tree)
    if which.by_code:
        codes.must_reach(work.session, tree, size=checkpoint.size)
    counted = select(func.count()).select_from(LogEntry).where(Leaf.index < checkpoint.size)
    theirs = visible_to(work.session, work.actor, Permission.LOG_EXPORT, work.now)
    rows = work.session.scalar(_restrict(which, counted, tree).where(theirs))
    chain = None
    if which.subject is not None and form is Form.BUNDLE:
        chain = chains.end_of(work.session, tree, which.subject, size=checkpoint.size)
    sort, _, key = (which.subject or "").partition(":")
    record = work.record(
        TrailExportedInForm(
            form=form,
            tree=tree,
            filters=which.words(),
            rows=rows or 0,
            left_out=chain.links - (rows or 0) if chain else 0,
            size=checkpoint.size,
            until=checkpoint.at,
            export_id=new_id(),
            recipient_id=recipient_id,
            patient_id=UUID(key) if sort == "patient" else None,
            recipient=said or None,
        )
    )
    return Export(
        entry_id=record.id,
        which=which,
        form=form,
        tree=tree,
        size=checkpoint.size,
        rows=rows or 0,
        at=record.at,
        recipient=said or f"organisation:{recipient_id}",
        by=work.actor,
        chain=chain,
    )


def _authorise(work: UnitOfWork, which: Filter) -> None:
    """Raise `Forbidden` unless the actor may take everything, or what is about the subject."""
    everything = Resource()
    sort, _, key = (which.subject or "").partition(":")
    if sort in ("patient", "organisation") and not work.may(Permission.LOG_EXPORT, on=everything):
        theirs = (one for one in (work.actor.patient_id, *work.actor.proxy_for) if one)
        of_patient = Resource(patient_id=together.whose(work.session, theirs, UUID(key)))
        own = Resource(organisation_ids=frozenset({UUID(key)}))
        everything = of_patient if sort == "patient" else own
    work.authorise(Permission.LOG_EXPORT, on=everything)


def entries(session: Session, export: Export) -> Generator[tuple[int, bytes, bytes]]:
    """Yield index, bytes and leaf hash of each entry that leaves, by rising index."""
    columns = select(Leaf.index, LogEntry.body, Leaf.hash).select_from(LogEntry)
    theirs = visible_to(session, export.by, Permission.LOG_EXPORT, export.at)
    chosen = _restrict(export.which, columns, export.tree).where(theirs)
    chosen = chosen.where(Leaf.index < export.size).order_by(Leaf.index)
    with session.execute(chosen.execution_options(yield_per=_ROWS_AT_ONCE)) as rows:
        for index, body, leaf in rows:
            yield index, receipts.as_bytes(body), receipts.as_bytes(leaf)


def _restrict(which: Filter, statement: Entries, tree: str) -> Entries:
    statement = which.restrict(statement).join(Leaf, Leaf.position == LogEntry.position)
    return statement.where(Leaf.log == tree)
