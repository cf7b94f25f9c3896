"""The chain of one subject, and what shows where it ends: for bundles that are complete."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import partial

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from audit import Checkpoint
from audit.bundle import Blobs, Stated
from audit.bundle_subject import Ended, Link, subject
from audit.note import Verifier
from audit.proofs import consistency_proof, inclusion_proof
from ledger.core import heads, published, receipts
from ledger.core.heads import CommittedHeads, HeadsNotCommitted
from ledger.core.trail import ChainLink, Leaf, LogEntry

LEDGER = "ledger"
_ROWS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Chain:
    """Whose chain, of which tree, and what says where it ends.

    Attributes:
        subject: Whose.
        tree: Of which log, or shard of one.
        size: Of that log, at the checkpoint in the bundle.
        links: How many entries about the subject there are up to it.
        heads_size: The size at which the heads were committed.
        heads_at: The index of the entry that did, in the ledger log.
        ledger_size: The size of the ledger log, at a checkpoint that holds that entry.
    """

    subject: str
    tree: str
    size: int
    links: int
    heads_size: int
    heads_at: int
    ledger_size: int


def end_of(session: Session, tree: str, subject: str, *, size: int) -> Chain:
    """Return the chain of *subject* in *tree* up to a checkpoint, with its newest proof.

    Raises:
        HeadsNotCommitted: no map of heads is in the ledger's checkpoint yet.
    """
    ledger_size = size
    if tree != LEDGER:
        newest = published.newest(session, LEDGER) or receipts.newest_checkpoint(session, LEDGER)
        ledger_size = newest.size
    origin = _origin(receipts.checkpoint_of(session, tree, size).note)
    found = session.execute(
        select(CommittedHeads.size, Leaf.index)
        .join(LogEntry, LogEntry.id == CommittedHeads.entry_id)
        .join(Leaf, Leaf.position == LogEntry.position)
        .where(CommittedHeads.tree == tree, CommittedHeads.origin == origin)
        .where(CommittedHeads.size <= size, Leaf.log == LEDGER, Leaf.index < ledger_size)
        .order_by(CommittedHeads.size.desc())
        .limit(1)
    ).one_or_none()
    if found is None:
        raise HeadsNotCommitted(
            "it does so on schedule: ask again later, or have the operator run "
            "`ledger log commit-heads`"
        )
    own = select(func.count()).select_from(ChainLink)
    own = own.where(ChainLink.log == tree, ChainLink.subject == subject, ChainLink.index < size)
    return Chain(subject, tree, size, session.scalar(own) or 0, *found, ledger_size)


def pieces(
    session: Session,
    chain: Chain,
    *,
    note: str,
    key: Verifier,
    ledger_key: Verifier | None,
    stated: Stated,
    shown: tuple[int, Iterable[tuple[int, bytes]]],
    blobs: Blobs,
) -> Iterator[bytes]:
    """Return the bytes of the bundle of a chain, piece by piece. Raises as `subject` does.

    *shown*: how many entries are in it, and index and bytes of each; the others are hashes.
    """
    apart = chain.tree != LEDGER
    row = session.get_one(
        CommittedHeads,
        (chain.tree, chain.heads_size, _origin(note)),
    )
    ledger_nodes = receipts.nodes(session, LEDGER, size=chain.ledger_size)
    nodes = receipts.nodes(session, chain.tree, size=chain.size)
    body = session.scalars(select(LogEntry.body).where(LogEntry.id == row.entry_id)).one()
    ended = Ended(
        index=chain.heads_at,
        body=receipts.as_bytes(body),
        path=inclusion_proof(chain.heads_at, chain.ledger_size, ledger_nodes),
        consistency=consistency_proof(chain.heads_size, chain.size, nodes),
        places=heads.place_of(session, row, chain.subject),
        note=receipts.checkpoint_of(session, LEDGER, chain.ledger_size).note if apart else None,
        key=ledger_key if apart else None,
    )
    path = partial(inclusion_proof, size=chain.size, nodes=nodes)
    links = (
        Link(index, leaf, shown_body, path(index))
        for index, leaf, shown_body in _joined(session, chain, iter(shown[1]))
    )
    return subject(
        subject=chain.subject,
        note=note,
        key=key,
        stated=stated,
        counts=(chain.links, shown[0]),
        ended=ended,
        links=links,
        blobs=blobs,
    )


def _joined(
    session: Session, chain: Chain, shown: Iterator[tuple[int, bytes]]
) -> Iterator[tuple[int, bytes, bytes | None]]:
    """Yield index and leaf hash of each link, with its bytes if it is one of those *shown*."""
    links = (
        select(ChainLink.index, Leaf.hash)
        .join(Leaf, (Leaf.log == ChainLink.log) & (Leaf.index == ChainLink.index))
        .where(ChainLink.log == chain.tree, ChainLink.subject == chain.subject)
        .where(ChainLink.index < chain.size)
        .order_by(ChainLink.n)
    )
    following = next(shown, None)
    with session.execute(links.execution_options(yield_per=_ROWS_AT_ONCE)) as rows:
        for index, leaf in rows:
            body = None
            if following is not None and following[0] == index:
                body, following = following[1], next(shown, None)
            yield index, receipts.as_bytes(leaf), body


def _origin(note: str) -> str:
    return Checkpoint.from_text(note.rpartition("\n\n")[0] + "\n").origin
