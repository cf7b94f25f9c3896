"""The application factory: everything that is wired is wired here, in plain sight."""

from importlib import import_module
from pathlib import Path
from typing import Final

from flask import Flask
from sqlalchemy import make_url

from audit.policy import Policy, PolicyError
from ledger.core import authority, clock, heads, privacy, witnessing
from ledger.core.checkpoint_store import CheckpointStore, DirectoryStore, NoStore, open_store
from ledger.core.db import POOL, db
from ledger.core.signers import Signers
from ledger.settings import BadSettings, Settings
from ledger.wiring import BLUEPRINTS, PROJECTIONS, REGISTERED, SHELLS

BODY_BYTES_MAX: Final = 1024 * 1024


def create_app(settings: Settings) -> Flask:
    """Return the application for *settings*. Nothing is read from the environment here.

    Raises:
        BadPolicy: policies/ cannot be used, so the service does not start.
        BadSettings: what a setting names cannot be used.
    """
    privacy.use_master_key(settings.master_key)
    clock.use_zone(settings.time_zone)
    heads.commit_every(settings.heads_every_minutes)
    app = Flask("ledger", static_folder=None, template_folder="web/templates")
    app.config.update(
        SECRET_KEY=settings.secret_key,
        SQLALCHEMY_DATABASE_URI=settings.database_url,
        SQLALCHEMY_ENGINE_OPTIONS=POOL if settings.on_postgresql else {},
        MAX_CONTENT_LENGTH=BODY_BYTES_MAX,
    )
    app.extensions["settings"] = settings
    app.extensions["witness_policy"] = _witness_policy(settings)
    db.init_app(app)
    app.extensions["signers"] = Signers(
        settings.log_origin,
        settings.signing_seed,
        before=settings.signing_seed_before,
        mldsa_seed=settings.mldsa_seed,
        store=_checkpoint_store(app, settings),
    )
    for name in (*PROJECTIONS, *REGISTERED):
        import_module(name)
    for name in SHELLS:
        import_module(name).init_app(app)
    for name in BLUEPRINTS:
        app.register_blueprint(import_module(name).blueprint)
    authority.reload()  # Last: by now each area that has files in policies/ is there to read them.
    return app


def _witness_policy(settings: Settings) -> Policy | None:
    try:
        return witnessing.policy_of(settings.witness_policy)
    except PolicyError as error:
        raise BadSettings(f"LEDGER_WITNESS_POLICY: {error}") from error


def _one_database(one: str, other: str) -> bool:
    if not (one.startswith("postgresql") and other.startswith("postgresql")):
        return False
    urls = (make_url(one), make_url(other))
    return len({(url.host or "localhost", url.port or 5432, url.database) for url in urls}) == 1


def _checkpoint_store(app: Flask, settings: Settings) -> CheckpointStore:
    """Return the store that was chosen; for an SQLite file, by default, a directory beside it."""
    if settings.checkpoint_store:
        if _one_database(settings.checkpoint_store, settings.database_url):
            raise BadSettings(
                "LEDGER_CHECKPOINT_STORE names the ledger's own database: a backup that was "
                "restored would bring both back, and forks would go unseen. Give another one."
            )
        return open_store(settings.checkpoint_store)
    with app.app_context():
        file = db.engine.url.database
    if settings.on_postgresql or not file or file == ":memory:":
        return NoStore()
    return DirectoryStore(Path(f"{file}.checkpoints"))
