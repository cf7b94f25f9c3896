"""Tables of successions and names. Only the directory's own modules touch them."""

from datetime import date, datetime
from uuid import UUID

from sqlalchemy import BigInteger, Enum, ForeignKey, String
from sqlalchemy.orm import Mapped, mapped_column

from ledger.core.db import Projected
from ledger.directory.rules.names import NAME_MAX
from ledger.directory.succession.rules import ORDER_MAX, SuccessionKind


class OrganisationSuccession(Projected):
    """One organisation takes another's place. Each is succeeded once at most."""

    __tablename__ = "organisation_successions"

    predecessor_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    successor_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), index=True)
    succession: Mapped[SuccessionKind] = mapped_column(
        Enum(
            SuccessionKind,
            native_enum=False,
            length=32,
            values_callable=lambda kinds: [kind.value for kind in kinds],
        )
    )
    effective_on: Mapped[date]
    order: Mapped[str] = mapped_column("order_title", String(ORDER_MAX))
    entry_id: Mapped[UUID]


class SuccessionsEpoch(Projected):
    """Counts the changes of who stands for whom. One row, there from the start.

    Whoever keeps successions in memory compares *n*; whoever decides by them in a command
    share-locks the row.
    """

    __tablename__ = "successions_epoch"

    id: Mapped[int] = mapped_column(primary_key=True, autoincrement=False)
    n: Mapped[int] = mapped_column(BigInteger)


class OrganisationName(Projected):
    """What an organisation was called from a moment on: written once."""

    __tablename__ = "organisation_names"

    organisation_id: Mapped[UUID] = mapped_column(ForeignKey("organisations.id"), primary_key=True)
    entry_id: Mapped[UUID] = mapped_column(primary_key=True)
    name: Mapped[str] = mapped_column(String(NAME_MAX))
    from_at: Mapped[datetime]
