"""Which systems are connected to this service, and what it cannot stop."""

from collections import defaultdict
from dataclasses import dataclass
from typing import Self
from uuid import UUID

from flask import Blueprint, render_template

from ledger.agreements import queries as agreements
from ledger.core import clock
from ledger.core.db import db
from ledger.core.permissions import Permission
from ledger.directory import queries as directory
from ledger.edge.guard import requires
from ledger.edge.oauth import clients

blueprint = Blueprint("my_systems", __name__, url_prefix="/my/systems")


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemCard:
    """An organisation, the programs of it that are connected, and what they do here."""

    who: str
    programs: tuple[str, ...]
    asks: bool
    tells: bool

    @classmethod
    def of(cls, who: str, found: list[clients.RegisteredClient]) -> Self:
        """Present the programs of an organisation."""
        return cls(
            who=who,
            programs=tuple(sorted(one.name for one in found)),
            asks=any(_may(one, Permission.ACCESS_ASK) for one in found),
            tells=any(_may(one, Permission.READ_REPORT) for one in found),
        )

    @property
    def words(self) -> str:
        """Say what they do."""
        if not self.programs:
            return "No system of theirs is connected. People there may ask here by hand."
        asks = (
            "They ask us before they show anything."
            if self.asks
            else "They do not ask us before they show something."
        )
        tells = (
            "They tell us who actually read."
            if self.tells
            else "They do not tell us who actually read."
        )
        return f"{asks} {tells}"


@blueprint.get("")
@requires(Permission.CONSENT_READ)
def show() -> str:
    """List the organisations that share information, and what their systems do here."""
    by_place: dict[UUID, list[clients.RegisteredClient]] = defaultdict(list)
    for client in clients.registered():
        if client.organisation_id is not None:
            by_place[client.organisation_id].append(client)
    found = directory.organisations(db.session(), by_place)
    programs = {view.name: by_place[one] for one, view in found.items()}
    today = clock.today()
    parties = {p for one in agreements.register(db.session(), on=today) for p in one.parties}
    names = sorted(parties | programs.keys())
    cards = [SystemCard.of(name, programs.get(name, [])) for name in names]
    return render_template("patient/systems.jinja", cards=cards)


def _may(client: clients.RegisteredClient, permission: Permission) -> bool:
    area = permission.value.partition(":")[0]
    return bool({permission.value, f"{area}:*"} & client.scopes)
