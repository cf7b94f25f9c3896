"""The waterfall of an overspend: who covers it, from where, in which order, by which clause.

The order is the agreement's: underspends in the pool (what is not allocated, then what other
schemes are not going to need), the risk reserve, what other schemes have not committed, and
last the partners, by the line's share rule up to each one's cap. Nothing is taken twice,
nothing from behind a ring-fence, and what nobody covers is said.

Within a step schemes are drawn upon in their own order, so that few movements need approval.
What a cap keeps off one partner is not put on another: it stays uncovered.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from fractions import Fraction
from uuid import UUID

from ledger.funding.rules.postings import check_amount
from ledger.funding.rules.sharing import share


class Cover(StrEnum):
    """A step of the waterfall, in its order. The value is logged: never rename one."""

    UNALLOCATED = "unallocated"
    UNDERSPEND = "underspend"
    RESERVE = "reserve"
    UNCOMMITTED = "uncommitted"
    SHARE = "share"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """Another scheme, as a source.

    Attributes:
        available_minor: What it may still promise; nothing is taken of a negative one.
        underspend_minor: How much of that it is not going to need, by the forecast.
    """

    scheme_id: UUID
    available_minor: int
    underspend_minor: int = 0
    ring_fenced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Sharing:
    """How the line's rule shares what is left.

    Attributes:
        weights: In the order that settles ties between pence.
        cap_minor: The most that each partner bears; None is without limit.
        borne_minor: What each has borne by this rule in the period, which counts.
    """

    weights: Mapping[UUID, int | Fraction]
    cap_minor: int | None = None
    borne_minor: Mapping[UUID, int] = field(default_factory=dict)

    def room_minor(self, partner_id: UUID, part_minor: int) -> int:
        """Return how much of a part a partner bears."""
        if self.cap_minor is None:
            return part_minor
        left_minor = max(0, self.cap_minor - self.borne_minor.get(partner_id, 0))
        return min(part_minor, left_minor)


@dataclass(frozen=True, slots=True, kw_only=True)
class Position:
    """What there is to draw upon, and the clause of each step.

    Attributes:
        ring_fenced: The overspent scheme is: then no other scheme's budget comes in.
        sharing: None if the agreement has no rule that divides this line's overspend.
    """

    unallocated_minor: int
    reserve_minor: int
    lines: Sequence[Line]
    sharing: Sharing | None
    ring_fenced: bool = False
    clauses: Mapping[Cover, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Draw:
    """One movement that covers part of it.

    Attributes:
        of: The scheme that gives or the partner that bears; None for the pool's own.
    """

    cover: Cover
    amount_minor: int
    of: UUID | None
    clause: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Waterfall:
    """Who covers an overspend. The draws and what is uncovered sum to it.

    Attributes:
        capped_minor: What caps keep off partners, by partner.
        fenced_minor: What lies behind ring-fences and was not touched.
    """

    overspent_minor: int
    draws: tuple[Draw, ...]
    uncovered_minor: int
    capped_minor: Mapping[UUID, int]
    fenced_minor: int

    def of(self, cover: Cover) -> int:
        """Return what a step covers."""
        return sum(draw.amount_minor for draw in self.draws if draw.cover is cover)


def waterfall(overspent_minor: int, position: Position) -> Waterfall:
    """Return who covers an overspend of one scheme.

    Raises:
        AmountRefused: the overspend is not above zero.
    """
    check_amount(overspent_minor)
    draws, left_minor = [], overspent_minor
    for cover, of, held_minor in _sources(position):
        taken_minor = min(left_minor, max(0, held_minor))
        if taken_minor:
            clause = position.clauses.get(cover, "")
            draws.append(Draw(cover=cover, amount_minor=taken_minor, of=of, clause=clause))
            left_minor -= taken_minor
    capped: dict[UUID, int] = {}
    if left_minor and (by := position.sharing) is not None:
        clause = position.clauses.get(Cover.SHARE, "")
        for partner, part_minor in share(left_minor, by.weights).items():
            borne_minor = by.room_minor(partner, part_minor)
            if borne_minor < part_minor:
                capped[partner] = part_minor - borne_minor
            if borne_minor:
                draws.append(
                    Draw(cover=Cover.SHARE, amount_minor=borne_minor, of=partner, clause=clause)
                )
    return Waterfall(
        overspent_minor=overspent_minor,
        draws=tuple(draws),
        uncovered_minor=overspent_minor - sum(draw.amount_minor for draw in draws),
        capped_minor=capped,
        fenced_minor=sum(max(0, line.available_minor) for line in _closed(position)),
    )


def _sources(position: Position) -> Iterator[tuple[Cover, UUID | None, int]]:
    """Yield each source before the partners, in order, with what may be taken of it."""
    shut = {line.scheme_id for line in _closed(position)}
    lines = [line for line in position.lines if line.scheme_id not in shut]
    spare = {
        line.scheme_id: min(max(0, line.underspend_minor), max(0, line.available_minor))
        for line in lines
    }
    yield Cover.UNALLOCATED, None, position.unallocated_minor
    for line in lines:
        yield Cover.UNDERSPEND, line.scheme_id, spare[line.scheme_id]
    yield Cover.RESERVE, None, position.reserve_minor
    for line in lines:
        yield Cover.UNCOMMITTED, line.scheme_id, line.available_minor - spare[line.scheme_id]


def _closed(position: Position) -> list[Line]:
    """Return the lines that may give nothing: fenced in, or the overspent one is fenced off."""
    return [line for line in position.lines if line.ring_fenced or position.ring_fenced]
