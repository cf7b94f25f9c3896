"""For those who run the service: is it alive, is it ready, and how is it doing."""

from functools import cache, lru_cache
from http import HTTPStatus
from typing import Any, Final

from flask import Blueprint, Flask, Response, current_app, request
from flask.typing import ResponseReturnValue
from prometheus_client import CONTENT_TYPE_LATEST, Counter, Gauge, Histogram, generate_latest
from sqlalchemy import func, select, text
from sqlalchemy.exc import SQLAlchemyError

from ledger.api import log_metrics
from ledger.core import clock, log_recovery, migrate
from ledger.core.db import db
from ledger.core.trail import LogEntry, Pending
from ledger.edge.guard import public
from ledger.edge.requests import route, took_s

blueprint = Blueprint("operations", __name__)

LAG_MAX_S: Final = 30.0
"""A log whose oldest waiting entry is older than this is not being sequenced."""

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})

_requests = Counter("ledger_requests_total", "Requests answered.", ("method", "route", "status"))
_latency = Histogram("ledger_request_seconds", "Time to answer.", ("method", "route"))
_waiting = Gauge("ledger_entries_waiting", "Entries that have no index yet.")
_may_sign = Gauge("ledger_may_sign", "1 if the checkpoint store lets this log be signed.")
_lag = Gauge("ledger_sequencer_lag_seconds", "Age of the oldest entry that has no index yet.")


@blueprint.get("/healthz")
@public("a load balancer has no account; it learns only that the process answers")
def health() -> ResponseReturnValue:
    """Say that the process answers. Touches nothing."""
    return {"status": "ok"}


@blueprint.get("/readyz")
@public("a load balancer has no account; it learns which part is not ready, and no more")
def ready() -> ResponseReturnValue:
    """Say whether this process can do its work: database, its revision, and the sequencer."""
    parts = _parts()
    good = all(part["ok"] for part in parts.values())
    status = HTTPStatus.OK if good else HTTPStatus.SERVICE_UNAVAILABLE
    return {"status": "ok" if good else "not ready", "parts": parts}, status


@blueprint.get("/metrics")
@public("a scraper has no account; numbers by route pattern, nothing about anybody")
def metrics() -> ResponseReturnValue:
    """Answer with this process's counters, for Prometheus."""
    try:
        waiting, lag_s = _sequencer()
        _waiting.set(waiting)
        _lag.set(lag_s)
        log_metrics.observe(db.session())
        db.session.rollback()
        _may_sign.set(not _refusals())
    except SQLAlchemyError:  # The counters are wanted most when the database is away.
        db.session.rollback()
    return Response(generate_latest(), content_type=CONTENT_TYPE_LATEST)


def _parts() -> dict[str, dict[str, Any]]:
    try:
        db.session.execute(text("SELECT 1"))
        revision, needed = migrate.revision_of(db.engine), needed_revision()
        migrated = {"ok": revision == needed, "is": revision or "none", "needs": needed}
        if revision != needed:
            return {"database": {"ok": True}, "revision": migrated}
        waiting, lag_s = _sequencer()
    except SQLAlchemyError:
        db.session.rollback()
        return {"database": {"ok": False}}
    refusals = _refusals()
    signing: dict[str, Any] = {"ok": not refusals}
    if refusals:
        signing["says"] = "the checkpoint store refuses: `ledger log recover` says why"
    sequencer = {"ok": lag_s <= LAG_MAX_S, "waiting": waiting, "lag_s": round(lag_s, 1)}
    return {
        "database": {"ok": True},
        "revision": migrated,
        "sequencer": sequencer,
        "signing": signing,
    }


@cache
def needed_revision() -> str:
    """Return the revision this program needs; reading it off the migrations takes a while."""
    return migrate.newest()


def _sequencer() -> tuple[int, float]:
    """Return how many entries wait for an index, and how long the oldest has waited."""
    waiting = db.session.scalar(select(func.count()).select_from(Pending)) or 0
    first = select(func.min(Pending.position)).scalar_subquery()
    at = db.session.scalar(select(LogEntry.at).where(LogEntry.position == first))
    db.session.rollback()
    return waiting, max(0.0, (clock.now() - at).total_seconds()) if at else 0.0


def _refusals() -> list[str]:
    """Return why the log must not be signed here; empty if it may."""
    # A store that is out of reach shows as lag; commands are recorded meanwhile.
    signers = current_app.extensions["signers"]
    found = log_recovery.faults(db.session(), signers, unreachable=False)
    db.session.rollback()
    return found


def init_app(app: Flask) -> None:
    """Count and time each request, by the pattern of its route."""
    app.register_blueprint(blueprint)

    @app.after_request
    def count(response: Response) -> Response:
        counter, timer = _meters(request.method, route(), response.status_code)
        counter.inc()
        timer.observe(took_s())
        return response


@lru_cache(maxsize=4096)  # The library takes longer to find a series than to count.
def _meters(method: str, pattern: str, status: int) -> tuple[Counter, Histogram]:
    known = method if method in _METHODS else "other"
    return _requests.labels(known, pattern, status), _latency.labels(known, pattern)
