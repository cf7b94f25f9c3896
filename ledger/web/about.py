"""Pages about the service itself: checking its log, accessibility, privacy."""

from dataclasses import dataclass

from flask import Blueprint, current_app, render_template

from ledger.core.db import db
from ledger.core.log_names import open_tree
from ledger.edge.guard import public
from ledger.settings import Settings

blueprint = Blueprint("about", __name__, url_prefix="/about")


@dataclass(frozen=True, slots=True)
class LogName:
    """A log and the key that checks it."""

    title: str
    origin: str
    key: str


def log_names() -> tuple[LogName, ...]:
    """Return both logs with their public keys, as anybody may know them."""
    signers = current_app.extensions["signers"]
    titles = {"ledger": "The ledger", "access": "The log of access decisions"}
    trees = {open_tree(db.session(), log): title for log, title in titles.items()}
    return tuple(
        LogName(title, signers[tree].name, signers[tree].verifier())
        for tree, title in trees.items()
    )


@blueprint.get("/checking")
@public("whoever doubts the service must not need an account to find out how to check it")
def checking() -> str:
    """Say how to check the log oneself, and what that shows."""
    settings: Settings = current_app.extensions["settings"]
    return render_template("about/checking.jinja", logs=log_names(), address=settings.public_url)


@blueprint.get("/check-receipt")
@public("whoever holds a receipt can check it, with an account or without")
def check_receipt() -> str:
    """Let the reader's browser check a receipt; nothing is sent here."""
    return render_template("about/check_receipt.jinja", logs=log_names())


@blueprint.get("/accessibility")
@public("the law asks for it where everybody can read it")
def accessibility() -> str:
    """Say how accessible the pages are, and what to do about what is not."""
    return render_template("about/accessibility.jinja")


@blueprint.get("/privacy")
@public("people decide by it whether to sign in")
def privacy() -> str:
    """Say what is kept about people, where, for how long, and what they may ask for."""
    settings: Settings = current_app.extensions["settings"]
    return render_template(
        "about/privacy.jinja",
        idle_minutes=settings.session_idle_minutes,
        session_hours=settings.session_minutes // 60,
    )
