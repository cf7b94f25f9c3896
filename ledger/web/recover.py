"""Getting back in after a password was lost: by a recovery code, or a link from a steward.

The address of a link is a secret, taken out of the address bar at once, as an invitation's is.
"""

from uuid import UUID

from flask import Blueprint, current_app, flash, redirect, render_template, request, session
from flask.typing import ResponseReturnValue

from ledger.core.actor import Actor
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import service as directory
from ledger.edge import accounts, forgetting, notices, recovery, sessions
from ledger.edge.accounts import PASSWORD_LENGTH_MIN
from ledger.edge.guard import current_actor, public, requires
from ledger.edge.identity import require_recent
from ledger.edge.notices import Happened
from ledger.edge.once import once_form
from ledger.edge.recovery import WrongRecoveryCode
from ledger.edge.throttle import TooManyAttempts
from ledger.settings import Settings

blueprint = Blueprint("recover", __name__)

_WHY = "whoever lost their password cannot sign in; the code or the link is what lets them in"


@blueprint.get("/recover")
@public(_WHY)
def ask() -> ResponseReturnValue:
    """Ask for the name and a recovery code."""
    return _code_page("", {})


@blueprint.post("/recover")
@public(_WHY)
def take_code() -> ResponseReturnValue:
    """Use a recovery code up, and go on to choosing a password."""
    name, code = request.form.get("username", ""), request.form.get("code", "")
    errors = {
        field: sentence
        for field, given, sentence in (
            ("username", name, "Enter the name you sign in by"),
            ("code", code, "Enter one of your recovery codes"),
        )
        if not given.strip()
    }
    if errors:
        return _code_page(name, errors), 422
    try:
        token = recovery.use_code(name, code, address=request.remote_addr or "")
    except WrongRecoveryCode:
        return _code_page(name, {"code": "The name or the code is wrong, or it was used"}), 422
    except TooManyAttempts as error:
        page = _code_page(name, {"code": f"Too many attempts: {error.detail}"})
        return page, 429, {"Retry-After": str(error.wait_s)}
    return _keep(token)


@blueprint.post("/recover/link")
@public(_WHY)
def send_link() -> ResponseReturnValue:
    """Have a link sent by e-mail. The answer is the same whether there is such a name."""
    name = request.form.get("name", "")
    if not name.strip():
        return _code_page("", {"name": "Enter the name you sign in by"}), 422
    try:
        recovery.ask_by_mail(name, address=request.remote_addr or "")
    except TooManyAttempts as error:
        page = _code_page("", {"name": f"Too many attempts: {error.detail}"})
        return page, 429, {"Retry-After": str(error.wait_s)}
    return redirect("/recover/sent", 303)


@blueprint.get("/recover/sent")
@public(_WHY)
def sent() -> ResponseReturnValue:
    """Say that a link is on its way, if there is such an account."""
    return render_template("sign_in/recovery_sent.jinja")


@blueprint.get("/recover/<token>")
@public(_WHY)
def open_link(token: str) -> ResponseReturnValue:
    """Take a link up in this browser."""
    recovery.find(token)
    return _keep(token)


@blueprint.get("/recover/password")
@public(_WHY)
def choose() -> ResponseReturnValue:
    """Ask for the new password."""
    recovery.find(_kept())
    return _password_page({})


@blueprint.post("/recover/password")
@public(_WHY)
def set_password() -> ResponseReturnValue:
    """Choose the new password; every session and every program's leave ends."""
    password, again = request.form.get("password", ""), request.form.get("password_again", "")
    if password != again:
        return _password_page({"password_again": "Type the same password twice"}), 422
    try:
        person_id, means = recovery.set_password(_kept(), password)
    except accounts.WeakPassword as weak:
        return _password_page({"password": weak.detail[:1].upper() + weak.detail[1:]}), 422
    forgetting.sign_out_everywhere(person_id)
    notices.add(person_id, Happened.RECOVERED)
    sessions.browser().end()
    with unit_of_work(Actor.system("recovery")) as work:
        directory.record_recovery(work, person_id=person_id, means=means)
    return redirect("/recover/done", 303)


@blueprint.get("/recover/done")
@public(_WHY)
def done() -> ResponseReturnValue:
    """Say that the password is set."""
    return render_template("sign_in/recovered.jinja")


@blueprint.post("/staff/<uuid:person_id>/recovery")
@requires(Permission.PERSON_INVITE)
def make_link(person_id: UUID) -> ResponseReturnValue:
    """Make a link for somebody at one's organisation who lost their password; shown once."""
    require_recent()
    actor = current_actor()
    with unit_of_work(actor) as work:
        once_form(work)
        at = _at(actor)
        directory.issue_recovery(work, person_id=person_id, organisation_id=at)
        recovery.must_have_password(person_id)
    return _link_page(person_id, back="/staff")


@blueprint.post("/patients/<uuid:patient_id>/recovery")
@requires(Permission.PATIENT_LINK)
def make_patient_link(patient_id: UUID) -> ResponseReturnValue:
    """Make such a link for a patient, once they were seen with proof of who they are."""
    require_recent()
    if request.form.get("seen") != "yes":
        flash("No link was made: first see the patient and proof of who they are.")
        return redirect("/patients/find", 303)
    with unit_of_work(current_actor()) as work:
        once_form(work)
        person_id = directory.issue_patient_recovery(work, patient_id=patient_id)
        recovery.must_have_password(person_id)
    return _link_page(person_id, back="/patients/find")


def _link_page(person_id: UUID, *, back: str) -> ResponseReturnValue:
    token = recovery.issue(person_id)
    notices.add(person_id, Happened.LINK_ISSUED)
    address = f"{current_app.extensions['settings'].public_url}/recover/{token}"
    page = render_template("sign_in/recovery_link.jinja", address=address, back=back)
    return page, 200, {"Cache-Control": "no-store"}


def _at(actor: Actor) -> UUID:
    text = request.args.get("at", "")
    try:
        at = UUID(text) if text else actor.organisation_id
    except ValueError:
        at = None
    if at is None:
        raise NotFound("no such organisation, or its staff is not yours to see")
    return at


def _keep(token: str) -> ResponseReturnValue:
    session["recovery"] = token
    return redirect("/recover/password", 303)


def _kept() -> str:
    token = session.get("recovery")
    if not isinstance(token, str):
        raise recovery.SpentRecovery
    return token


def _code_page(name: str, errors: dict[str, str]) -> str:
    settings: Settings = current_app.extensions["settings"]
    return render_template(
        "sign_in/recover.jinja", username=name, errors=errors, mails=bool(settings.mail_url)
    )


def _password_page(errors: dict[str, str]) -> str:
    return render_template(
        "sign_in/recover_password.jinja", length_min=PASSWORD_LENGTH_MIN, errors=errors
    )
