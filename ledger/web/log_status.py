"""The public page of the log: what is published, who vouches for it, how to check it oneself."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from flask import Blueprint, current_app, render_template
from flask.typing import ResponseReturnValue

from ledger.core import clock, log_names, log_status
from ledger.core.db import db
from ledger.core.log_status import TreeView, WitnessView
from ledger.edge.guard import public
from ledger.settings import Settings
from ledger.web.shell import moment

blueprint = Blueprint("log_status", __name__, url_prefix="/log")

FRESH_FOR: Final = timedelta(minutes=10)
_TITLES: Final = {"ledger": "The ledger", "access": "The log of access decisions"}


@dataclass(frozen=True, slots=True)
class TreePage:
    """A tree, in words.

    Attributes:
        place: Where its files are; empty if there are none.
        facts: What is published: (what, value).
        rows: For each witness its name, a word with a colour, and a sentence.
    """

    title: str
    place: str
    keys: list[str]
    facts: list[tuple[str, str]]
    rows: list[tuple[str, str, str, str]]


def words(view: TreeView, keys: list[str], now: datetime) -> TreePage:
    """Return how a tree stands, in words."""
    shard = view.tree.removeprefix("access-")
    title = _TITLES.get(view.tree, f"Access decisions, part {shard}")
    facts = [("Name", keys[0].split("+")[0] if keys else view.tree)]
    if view.checkpoint is None or view.at is None:
        facts.append(("Published", "Nothing yet"))
    else:
        number = view.checkpoint.size
        facts += [
            ("Entries", f"{number:,}"),
            ("Published", f"{moment(view.at)} ({ago(view.at, now)})"),
            ("Root", view.checkpoint.root.hex()),
        ]
    place = "/log" if view.tree == "ledger" else f"/log/{view.tree}"
    vouching = [_row(one, now) for one in view.witnesses] if view.checkpoint else []
    return TreePage(title, place if view.checkpoint else "", keys, facts, vouching)


def _row(one: WitnessView, now: datetime) -> tuple[str, str, str, str]:
    if one.cosigned_at is not None:
        fresh = now - one.cosigned_at <= FRESH_FOR
        word, colour = ("Cosigned", "green") if fresh else ("Not fresh", "yellow")
        return one.name, word, colour, f"{moment(one.cosigned_at)} ({ago(one.cosigned_at, now)})"
    if one.last_at is not None:
        return one.name, "Missing", "red", f"It last cosigned {ago(one.last_at, now)}."
    return one.name, "Missing", "red", "It has never cosigned."


def ago(at: datetime, now: datetime) -> str:
    """Return how long ago something was, roughly: "2 minutes ago"."""
    seconds = max(0, int((now - at).total_seconds()))
    for size, unit in ((86400, "day"), (3600, "hour"), (60, "minute")):
        if seconds >= size:
            number = seconds // size
            return f"{number} {unit}{'s' if number > 1 else ''} ago"
    return "less than a minute ago"


@blueprint.get("")
@public("whoever holds the service to its word must see what it has published, without an account")
def page() -> str:
    """Show what is published, who vouches for it, and how to check that."""
    settings: Settings = current_app.extensions["settings"]
    policy = current_app.extensions["witness_policy"]
    now = clock.now()
    views = log_status.of_all(db.session(), policy)
    return render_template(
        "log/status.jinja",
        trees=[words(view, _keys(view.tree), now) for view in views],
        address=f"{settings.public_url}/log",
        witnessed=policy is not None and policy.quorum is not None,
    )


@blueprint.get("/status.json")
@public("the same for programs: what is published, and who vouches for it")
def status() -> ResponseReturnValue:
    """Answer with what is published, who vouches for it, and by which keys to check it."""
    policy = current_app.extensions["witness_policy"]
    views = log_status.of_all(db.session(), policy)
    return {"logs": [_json(view) for view in views]}


def _json(view: TreeView) -> dict[str, Any]:
    checkpoint = view.checkpoint
    return {
        "tree": view.tree,
        "keys": _keys(view.tree),
        "size": checkpoint.size if checkpoint else None,
        "root": checkpoint.root.hex() if checkpoint else None,
        "published_at": view.at.isoformat() if view.at else None,
        "witnesses": [
            {
                "name": one.name,
                "cosigned_at": one.cosigned_at.isoformat() if one.cosigned_at else None,
                "last_cosigned_at": one.last_at.isoformat() if one.last_at else None,
            }
            for one in view.witnesses
        ],
    }


def _keys(tree: str) -> list[str]:
    signer = current_app.extensions["signers"][tree]
    return log_names.given_out(db.session(), tree, signer.verifiers())
