"""A log with something in it, and an owner of the database who does what he should not."""

from uuid import UUID

from flask import Flask
from sqlalchemy import create_engine, text

from ledger.core.actor import Actor, Role
from ledger.core.db import db
from ledger.core.ids import new_id
from tests.core.given import register_organisation, register_patient
from tests.databases import as_owner

AUDITOR = Actor.person(new_id(), roles=frozenset({Role.AUDITOR}))


class Known:
    """The ids of what was recorded."""

    organisation_id: UUID
    patient_id: UUID
    entry_id: UUID


def partnership(app: Flask) -> Known:
    """Record two organisations and two patients: six entries or so, some with private groups."""
    known = Known()
    with app.app_context():
        known.organisation_id = register_organisation()
        register_organisation()
        known.patient_id, known.entry_id = register_patient(known.organisation_id)
        register_patient(known.organisation_id, nhs_number="9990000026")
    return known


def tamper(table: str, change: str, **values: object) -> None:
    """Do what the triggers refuse, as the owner of the database can."""
    db.session.rollback()
    engine = create_engine(as_owner(db.engine.url.render_as_string(hide_password=False)))
    with engine.begin() as connection:
        if engine.dialect.name == "postgresql":
            connection.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))
        else:
            found = text("SELECT name FROM sqlite_master WHERE type = 'trigger' AND tbl_name = :t")
            for name in connection.scalars(found, {"t": table}).all():
                connection.execute(text(f"DROP TRIGGER {name}"))
        for statement in change.split(";"):
            connection.execute(text(statement), values)
    engine.dispose()
