"""Saying no without a sign-in: how, and a form to print, with a reference of its own."""

from secrets import choice
from typing import Final

from flask import Blueprint, render_template

from ledger.consent.rules.model import Kind
from ledger.core import clock
from ledger.core.db import db
from ledger.directory import queries as directory
from ledger.edge.guard import public
from ledger.web.patient_stop import TITLES
from ledger.web.shell import day

blueprint = Blueprint("say_no", __name__, url_prefix="/say-no")

_LETTERS: Final = "BCDFGHJKMNPQRSTVWXYZ23456789"
"""Without vowels, so that no word comes of it, and without what is taken for something else."""

FORM_KINDS: Final = (Kind.DISSENT, Kind.OPT_OUT, Kind.OBJECTION)
"""What a form says no to. To take back a yes it has a line of its own."""


def reference() -> str:
    """Return a reference for one printed form. It is kept nowhere until somebody sends it in."""
    letters = "".join(choice(_LETTERS) for _ in range(8))
    return f"NO-{letters[:4]}-{letters[4:]}"


@blueprint.get("")
@public("whoever cannot or will not sign in must be able to say no as well")
def show() -> str:
    """Say how to say no by phone, on paper, or to a member of staff."""
    return render_template("patient/say_no.jinja", host=_host())


@blueprint.get("/form")
@public("whoever cannot or will not sign in must be able to say no as well")
def form() -> str:
    """Show a form to print and fill in with a pen."""
    return render_template(
        "patient/say_no_form.jinja",
        reference=reference(),
        host=_host(),
        printed=day(clock.today()),
        kinds=[TITLES[kind] for kind in FORM_KINDS],
    )


def _host() -> str:
    """Return who runs this service, by name; empty before it is known."""
    session = db.session()
    own = directory.host(session)
    return directory.organisation(session, own).name if own else ""
