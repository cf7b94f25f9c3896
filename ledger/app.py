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

BODY_BYTES_MAX: Final = 1024 * 1024

PROJECTIONS: Final = (
    "ledger.core.entries",
    "ledger.core.log_projection",
    "ledger.core.heads",
    "ledger.directory.projection",
    "ledger.directory.care_projection",
    "ledger.directory.recovering",
    "ledger.directory.retention.projection",
    "ledger.directory.succession.projection",
    "ledger.directory.identity.projection",
    "ledger.directory.acting.projection",
    "ledger.governance.projection",
    "ledger.governance.motions.projection",
    "ledger.agreements.projection",
    "ledger.agreements.endings",
    "ledger.agreements.duties",
    "ledger.consent.projection",
    "ledger.consent.asking.projection",
    "ledger.consent.notices.projection",
    "ledger.consent.marks.projection",
    "ledger.consent.joining",
    "ledger.consent.proxies.projection",
    "ledger.funding.projection",
    "ledger.access.projection",
    "ledger.access.trying_entries",
    "ledger.access.reported.projection",
    "ledger.access.breaches.projection",
    "ledger.access.keeping.projection",
    "ledger.access.matters.projection",
    "ledger.messages.projection",
    "ledger.messages.contact.projection",
)
"""Importing these is what registers them; tests/architecture misses none."""

REGISTERED: Final[tuple[str, ...]] = (
    "ledger.agreements.retention",
    "ledger.consent.retention",
    "ledger.consent.service.again",
    "ledger.consent.marks.carrying",
    "ledger.access.keeping.carrying",
    "ledger.access.breaches.service",
    "ledger.access.untold",
    "ledger.funding.retention",
    "ledger.governance.motions.appointing",
    "ledger.funding.motions",
    "ledger.directory.rewrapping",
    "ledger.edge.rewrapping",
    "ledger.messages.rewrapping",
    "ledger.messages.contact.service",
)
"""Modules that say, to those below, what they keep, hold and forget, and how it is re-wrapped."""

SCHEDULED: Final[tuple[str, ...]] = (
    "ledger.core.heads",
    "ledger.core.log_jobs",
    "ledger.agreements.schedule",
    "ledger.governance.motions.schedule",
    "ledger.consent.asking.time",
    "ledger.directory.retention.schedule",
    "ledger.consent.proxies.schedule",
    "ledger.funding.schedule",
    "ledger.funding.reversing",
    "ledger.access.matters.schedule",
    "ledger.access.overdue",
    "ledger.funding.importing",
    "ledger.messages.schedule",
    "ledger.funding.return_schedule",
)
"""Modules with ``JOBS``: what time brings, run by `ledger.background`."""

SHELLS: Final[tuple[str, ...]] = (
    "ledger.edge.requests",
    "ledger.edge.headers",
    "ledger.edge.bodies",
    "ledger.edge.sessions",
    "ledger.edge.providers",
    "ledger.edge.oauth.server",
    "ledger.edge.relying",
    "ledger.edge.identity",
    "ledger.edge.limits",
    "ledger.edge.waiting",
    "ledger.api.problem",
    "ledger.web.shell",
    "ledger.web.errors",
    "ledger.web.sign_in",
    "ledger.api.shell",
    "ledger.api.operations",
)
"""Modules whose ``init_app(app)`` prepares every request, in this order."""

BLUEPRINTS: Final[tuple[str, ...]] = (
    "ledger.edge.oauth.endpoints",
    "ledger.edge.oauth.registering",
    "ledger.edge.back_channel",
    "ledger.web.step_up",
    "ledger.web.acting",
    "ledger.web.sign_in",
    "ledger.web.account",
    "ledger.web.recover",
    "ledger.web.invitation",
    "ledger.web.authorize",
    "ledger.web.signing_out",
    "ledger.web.clients",
    "ledger.web.directory_care",
    "ledger.web.directory_organisations",
    "ledger.web.directory_staff",
    "ledger.web.directory_patients",
    "ledger.web.directory_identity",
    "ledger.web.directory_imports",
    "ledger.web.agreements",
    "ledger.web.agreement_drafts",
    "ledger.web.agreement_documents",
    "ledger.web.agreement_duties",
    "ledger.web.agreement_endings",
    "ledger.web.agreement_keys",
    "ledger.web.agreement_links",
    "ledger.web.agreement_overspends",
    "ledger.web.agreement_parties",
    "ledger.web.agreement_views",
    "ledger.web.signatories",
    "ledger.web.patient",
    "ledger.web.patient_asked",
    "ledger.web.patient_choose",
    "ledger.web.patient_contact",
    "ledger.web.patient_hiding",
    "ledger.web.patient_less",
    "ledger.web.patient_looks",
    "ledger.web.patient_mistakes",
    "ledger.web.patient_receipts",
    "ledger.web.patient_say_no",
    "ledger.web.patient_stop",
    "ledger.web.patient_systems",
    "ledger.web.funding",
    "ledger.web.funding_prepare",
    "ledger.web.reconciliation_pages",
    "ledger.web.opening_pages",
    "ledger.web.code_pages",
    "ledger.web.board_pages",
    "ledger.web.import_pages",
    "ledger.web.spending_pages",
    "ledger.web.overspend_caps",
    "ledger.web.overspend_pages",
    "ledger.web.statement_pages",
    "ledger.web.figure_pages",
    "ledger.web.journal_pages",
    "ledger.web.approvals_inbox",
    "ledger.web.pool_schemes",
    "ledger.web.pool_publication",
    "ledger.web.public_spend",
    "ledger.web.pool_schedule",
    "ledger.web.pool_commitments",
    "ledger.web.body_pages",
    "ledger.web.motion_minutes",
    "ledger.web.motion_pages",
    "ledger.web.motion_proposals",
    "ledger.web.home",
    "ledger.web.about",
    "ledger.web.log_status",
    "ledger.web.problems",
    "ledger.api.directory",
    "ledger.api.successions",
    "ledger.api.acting",
    "ledger.web.acting_for",
    "ledger.web.powers",
    "ledger.api.directory_patients",
    "ledger.api.identity",
    "ledger.api.corrections",
    "ledger.api.retention",
    "ledger.api.authzen",
    "ledger.api.keeping",
    "ledger.api.safe_contact",
    "ledger.api.looks",
    "ledger.api.matters",
    "ledger.api.replays",
    "ledger.api.governance",
    "ledger.api.motions",
    "ledger.api.agreements",
    "ledger.api.agreements_register",
    "ledger.api.agreements_exchange",
    "ledger.api.agreements_documents",
    "ledger.api.agreements_duties",
    "ledger.api.signatories",
    "ledger.api.funding",
    "ledger.api.funding_posting",
    "ledger.api.reconciliation",
    "ledger.api.funding_opening",
    "ledger.api.funding_imports",
    "ledger.api.funding_models",
    "ledger.api.funding_publications",
    "ledger.api.returns",
    "ledger.web.return_pages",
    "ledger.web.return_filling",
    "ledger.api.funding_overspend",
    "ledger.api.funding_figures",
    "ledger.api.funding_journal",
    "ledger.api.funding_evidence",
    "ledger.web.trail",
    "ledger.api.consent",
    "ledger.api.consent_batch",
    "ledger.api.consent_life",
    "ledger.api.previews",
    "ledger.api.consent_asking",
    "ledger.api.consent_notices",
    "ledger.api.consent_fhir",
    "ledger.api.consent_fhir_metadata",
    "ledger.api.consent_fhir_extensions",
    "ledger.api.audit_event",
    "ledger.api.audit_event_reads",
    "ledger.api.consent_quarantine",
    "ledger.api.log",
    "ledger.api.tiles",
    "ledger.api.endpoints",
    "ledger.web.endpoints",
    "ledger.web.alerts",
    "ledger.web.ask",
    "ledger.web.break_glass",
    "ledger.web.put_right",
    "ledger.web.staff_answers",
    "ledger.web.asking_pages",
    "ledger.web.notice_library",
    "ledger.web.reviews",
    "ledger.web.not_told",
    "ledger.web.look_questions",
    "ledger.web.matter_answers",
    "ledger.web.privacy_desk",
    "ledger.web.quarantine_pages",
    "ledger.web.register_pages",
    "ledger.web.what_if_pages",
    "ledger.web.again",
    "ledger.web.retention",
    "ledger.web.erasure",
)
"""Modules with a ``blueprint`` of views."""


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
