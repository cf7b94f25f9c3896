"""Putting the sample aside before real use.

A log is never emptied: what it signed, it signed. So a real service begins with a fresh
database *and* a log of another name and key, and the sample's database is moved beside it,
whole, where it can still be opened and verified. Nothing is deleted.
"""

import sqlite3
from collections.abc import Iterable
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from sqlalchemy import select
from sqlalchemy.orm import Session

from ledger.core import rulesets
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import Conflict
from ledger.core.migrate import upgrade
from ledger.core.trail import SignedCheckpoint
from ledger.core.work import unit_of_work
from ledger.directory import queries
from ledger.directory.rules import names
from ledger.sample.scene import parties
from ledger.settings import Settings


class CannotEmpty(Conflict):
    """Emptying would take something away that is not the sample's, or could not be whole."""

    slug = "cannot-empty"
    title = "The sample was not put aside"


@dataclass(frozen=True, slots=True)
class Emptied:
    """What was done: where the sample is now, and where the service begins anew."""

    aside: Path
    fresh: Path


def check(session: Session, settings: Settings, *, also_added: bool) -> None:
    """Check that what is here is the sample, and that the new log will be another one.

    With *also_added*, people and patients that were added by hand may go aside with it.

    Raises:
        CannotEmpty: saying what is in the way, and what to do.
    """
    founded = queries.installation(session)
    if founded is None:
        raise CannotEmpty("there is nothing here: set the service up with `ledger directory found`")
    host = queries.organisation(session, founded.host_id)
    if not founded.demonstration or host.ods_code not in _codes():
        raise CannotEmpty(
            f"this is no demonstration but the service of {host.name}: its data stays where it is"
        )
    added = list(_added(session))
    if added and not also_added:
        raise CannotEmpty(
            f"{' and '.join(added)} were added to the sample: look whether you need them, then "
            "run it again with --also-added to put them aside too"
        )
    signed = session.scalar(select(SignedCheckpoint.note).where(SignedCheckpoint.log == "ledger"))
    if signed is not None and signed.splitlines()[0] == settings.log_origin:
        raise CannotEmpty(
            f"the sample's log was signed as {settings.log_origin}, and two logs must never have "
            "one name: set LEDGER_LOG_ORIGIN to a new name and LEDGER_SIGNING_SEED to a new key"
        )
    if settings.demonstration:
        raise CannotEmpty("LEDGER_DEMONSTRATION is on: turn it off for real use, then run this")


def put_aside(settings: Settings, *, now: datetime) -> Emptied:
    """Move the embedded database aside and make a fresh one. `check` comes first.

    Raises:
        CannotEmpty: it is on PostgreSQL, or in use by a server. Nothing was moved.
    """
    fresh = settings.sqlite_file
    if fresh is None:
        raise CannotEmpty(
            "on PostgreSQL, create an empty database beside this one and name it in "
            "LEDGER_DATABASE_URL, then run `ledger migrate`; this one stays as it is"
        )
    db.session.remove()
    db.engine.dispose()
    _close(fresh)
    aside = fresh.with_name(f"{fresh.stem}.sample-{now:%Y%m%d-%H%M%S}{fresh.suffix}")
    if aside.exists():
        raise CannotEmpty(f"{aside} is there already: wait a second and run this again")
    fresh.rename(aside)
    aside.chmod(0o400)  # Nobody goes on writing to it by mistake.
    upgrade(settings.owner_url)
    with unit_of_work(Actor.system("installer")) as work:
        rulesets.activate(work)
    return Emptied(aside, fresh)


def _codes() -> frozenset[str]:
    return frozenset(one["ods_code"] for one in parties()["organisations"].values())


def _added(session: Session) -> Iterable[str]:
    """Say what is here that the sample did not bring: people with a role, and patients."""
    emails = {names.email(one["email"]) for one in parties()["people"].values()}
    numbers = {one["nhs_number"] for one in parties()["patients"].values()}
    people, patients = set(), set()
    after = None
    while page := queries.search_organisations(session, after=after, limit=200):
        after = (page[-1].name, page[-1].id)
        for organisation in page:
            people |= {
                member.person_id
                for member in queries.staff(session, organisation.id)
                if member.email not in emails
            }
            last = None
            while rows := queries.patients_of(session, organisation.id, after=last, limit=200):
                last = rows[-1].id
                patients |= {
                    row.id
                    for row in rows
                    if row.identity is not None and row.identity.nhs_number not in numbers
                }
    if people:
        yield "one person" if len(people) == 1 else f"{len(people)} people"
    if patients:
        yield "one patient" if len(patients) == 1 else f"{len(patients)} patients"


def _close(file: Path) -> None:
    """Take everything into the one file. Refused while anybody has the database open."""
    try:
        with closing(sqlite3.connect(file, timeout=2, isolation_level=None)) as connection:
            (mode,) = connection.execute("PRAGMA journal_mode = DELETE").fetchone()
    except sqlite3.OperationalError as error:
        raise CannotEmpty("the database is in use: stop the server first") from error
    if mode != "delete":
        raise CannotEmpty("the database is in use: stop the server first")
