"""What would other rules, or another agreement, have changed? Past decisions, judged again."""

from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

from flask import Blueprint, Response, render_template, request
from flask.typing import ResponseReturnValue
from sqlalchemy.orm import Session

from ledger.access import what_if
from ledger.access.what_if import Judged, Tally, Tried
from ledger.agreements import queries as agreements
from ledger.core import authority
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import Invalid, NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.web import what_if_words as words
from ledger.web.agreement_words import STATE_WORDS
from ledger.web.charts import bars

blueprint = Blueprint("what_if_pages", __name__, url_prefix="/what-if")

_LASTS: Final = ("100", "500", "2000")
_LISTED: Final = 200
_SUSPEND, _SUPPOSE = "suspend", "suppose"


@dataclass(slots=True)
class Form:
    """What is tried, as it was sent, and what is wrong with it.

    Attributes:
        files: Texts that differ from the rules in force, by their names.
        agreement: ``suspend:ID`` or ``suppose:ID:NUMBER``.
    """

    files: dict[str, str] = field(default_factory=dict)
    agreement: str = ""
    last: str = "500"
    errors: dict[str, str] = field(default_factory=dict)

    @classmethod
    def sent(cls) -> "Form":
        """Read the form: files that were chosen, and those that were edited here."""
        given = request.form
        form = cls(agreement=given.get("agreement", ""), last=given.get("last", "500"))
        pairs = zip(given.getlist("name"), given.getlist("text"), strict=False)
        form.files = {name: text.replace("\r\n", "\n") for name, text in pairs}
        for upload in request.files.getlist("file"):
            if upload.filename:
                form.files[upload.filename] = upload.read().decode(errors="replace")
        now = authority.in_force().texts
        form.files = {n: t for n, t in form.files.items() if t.encode() != now.get(n)}
        if form.last not in _LASTS:
            form.errors["last"] = "Choose how many decisions"
        if not form.files and not form.agreement:
            form.errors["file"] = "Change a file of the rules, or choose an agreement"
        return form

    def tried(self, session: Session, actor: Actor) -> Tried | None:
        """Return what is to be tried; None where something is wrong with it."""
        if self.errors:
            return None
        try:
            texts = {name: text.encode() for name, text in self.files.items()}
            rules = what_if.rules_with(texts) if texts else authority.in_force()
        except Invalid as refused:
            self.errors["file"] = f"{refused.title}: {refused.detail}"
            return None
        try:
            return self._agreed(session, actor, Tried(rules=rules))
        except (NotFound, ValueError):
            self.errors["agreement"] = "Choose an agreement from the list"
            return None

    def _agreed(self, session: Session, actor: Actor, tried: Tried) -> Tried:
        how, _, which = self.agreement.partition(":")
        key, _, number = which.partition(":")
        if how == _SUPPOSE:
            return what_if.suppose(
                session, actor, tried, agreement_id=UUID(key), number=int(number)
            )
        if how == _SUSPEND:
            view = agreements.agreement(session, actor, UUID(key))
            return Tried(rules=tried.rules, suspended=view.agreement_id)
        if how:
            raise ValueError(how)
        return tried


@blueprint.get("")
@requires(Permission.ACCESS_WHAT_IF)
def show() -> str:
    """Choose what to try; with ``?edit=``, a copy of a file of the rules to change."""
    return _page(Form())


@blueprint.post("")
@requires(Permission.ACCESS_WHAT_IF)
def judge() -> ResponseReturnValue:
    """Judge the newest decisions by it, and show or send what flips. Nothing is decided."""
    session, actor, form = db.session(), current_actor(), Form.sent()
    tried = form.tried(session, actor)
    if tried is None:
        return _page(form), 422
    tally, flipped = Tally(), list[Judged]()
    for judged in what_if.judge(session, tried, last=int(form.last)):
        tally.add(judged)
        flipped += [judged] if judged is not None else []
    with unit_of_work(actor) as work:
        what_if.record(work, tried, tally)
    known = directory.organisations(db.session(), words.organisations(flipped))
    names = {key: one.name for key, one in known.items()}
    if request.form.get("as") == "csv":
        headers = {"Content-Disposition": 'attachment; filename="what-if.csv"'}
        return Response(words.as_csv(flipped, names), mimetype="text/csv", headers=headers)
    groups = words.groups(tally, names)
    charts = {
        one.name: bars(
            one.title, one.bars, part_word="lost", whole_word="otherwise", say=str, name=one.name
        )
        for one in groups
    }
    return _page(form, summed=words.summed(tally), groups=groups, charts=charts)


def _page(form: Form, **found: object) -> str:
    texts = authority.in_force().texts
    edit = request.args.get("edit", "")
    copy = texts[edit].decode() if edit in texts else None
    return render_template(
        "desk/what_if.jinja",
        form=form,
        errors=form.errors,
        known=sorted(texts),
        edit=edit if copy is not None else "",
        copy=copy,
        options=_options(db.session(), current_actor(), form.agreement),
        lasts=[{"value": n, "text": f"{int(n):,}", "selected": n == form.last} for n in _LASTS],
        heads=list(words.FLIPS.values()),
        **{"summed": "", "groups": [], "charts": {}, **found},
    )


def _options(session: Session, actor: Actor, chosen: str) -> list[dict[str, object]]:
    """Return what may be supposed of each agreement that *actor* may read."""
    found = [("", "None")]
    for one in agreements.visible(session, actor, limit=_LISTED):
        found.append((f"{_SUSPEND}:{one.id}", f"{one.title}: suspended or ended"))
        number = agreements.agreement(session, actor, one.id).open
        if number is not None:
            state = STATE_WORDS[agreements.version(session, actor, one.id, number).state][0]
            said = f"{one.title}: version {number} ({state.lower()}) in force"
            found.append((f"{_SUPPOSE}:{one.id}:{number}", said))
    return [{"value": v, "text": text, "selected": v == chosen} for v, text in found]
