"""Pages of the library of notices: what patients are shown before they answer, written by stewards.

A text is never changed. A changed word is the next version, so that who agreed to a notice years
ago can still be shown what they read.
"""

from typing import Final

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask.typing import ResponseReturnValue

from ledger.consent.notices import queries, service
from ledger.consent.notices.queries import NoticeView
from ledger.consent.notices.rules import Format, NoticeNotPossible, NoticeRetired, NoticeThere
from ledger.core.db import db
from ledger.core.errors import NotFound
from ledger.core.policy import Permission
from ledger.core.work import unit_of_work
from ledger.directory import queries as directory
from ledger.edge.guard import current_actor, requires
from ledger.edge.once import once_form
from ledger.web.patient_notices import FORMAT_WORDS, form_words, text_paragraphs
from ledger.web.shell import day

blueprint = Blueprint("notice_library", __name__, url_prefix="/notices")

_FIELDS: Final = ("id", "version", "language", "format", "title", "text")
_WHERE: Final = "/<notice_id>/<int(max=1000000):version>/<language>/<written>"


@blueprint.get("")
@requires(Permission.NOTICE_KEEP)
def show() -> str:
    """List every text, the newest version of each notice first."""
    found = queries.notices(db.session(), retired=True)
    whose = directory.organisations(db.session(), {one.organisation_id for one in found})
    rows = [_row(one, whose[one.organisation_id].name) for one in found]
    return render_template("notices/library.jinja", rows=rows)


@blueprint.get("/new")
@requires(Permission.NOTICE_KEEP)
def new() -> str:
    """Ask for the first text of a notice."""
    given = {"language": "en-GB", "version": "1", "format": Format.STANDARD.value}
    return _form(given, {})


@blueprint.post("/new")
@requires(Permission.NOTICE_KEEP)
def write() -> ResponseReturnValue:
    """Keep a text."""
    given = {name: request.form.get(name, "").strip() for name in _FIELDS}
    version = int(given["version"]) if given["version"].isdecimal() else 0
    if given["format"] not in set(Format):
        return _form(given, {"format": "Choose how it is written"}), 422
    try:
        with unit_of_work(current_actor()) as work:
            once_form(work)
            service.author(
                work,
                notice_id=given["id"],
                version=min(version, 1_000_000),
                language=given["language"],
                format=Format(given["format"]),
                title=given["title"],
                text=given["text"].replace("\r\n", "\n"),
            )
    except NoticeNotPossible as refused:
        errors = {one.field.removeprefix("/"): _sentence(one.detail) for one in refused.faults}
        return _form(given, errors), 422
    except (NoticeThere, NoticeRetired) as refused:
        return _form(given, {"version": _sentence(refused.detail)}), 409
    except NotFound:
        taken = "Another organisation has a notice of this name: choose another name"
        return _form(given, {"id": taken}), 409
    flash("The notice is kept. Patients are shown it from now on.")
    return redirect(url_for(".show"), 303)


@blueprint.get(_WHERE)
@requires(Permission.NOTICE_KEEP)
def read(notice_id: str, version: int, language: str, written: str) -> str:
    """Show one text to the letter, as patients see it."""
    found, text = _found(notice_id, version, language, written)
    return render_template(
        "notices/one.jinja",
        notice=found,
        form=form_words(f"{language}/{written}"),
        large=found.format == Format.LARGE_PRINT.value,
        paragraphs=text_paragraphs(text),
        since=day(found.authored_at.date()),
        retired=day(found.retired_at.date()) if found.retired_at else None,
        own=found.organisation_id == current_actor().organisation_id,
    )


@blueprint.get(_WHERE + "/again")
@requires(Permission.NOTICE_KEEP)
def again(notice_id: str, version: int, language: str, written: str) -> str:
    """Ask for the next version of a text, beginning with this one's words."""
    found, text = _found(notice_id, version, language, written)
    given = {
        "id": found.id,
        "version": str(_newest(found.id) + 1),
        "language": found.language,
        "format": found.format,
        "title": found.title,
        "text": text,
    }
    return _form(given, {})


@blueprint.post("/<notice_id>/<int(max=1000000):version>/retire")
@requires(Permission.NOTICE_KEEP)
def retire(notice_id: str, version: int) -> ResponseReturnValue:
    """Have a version shown to nobody any more."""
    with unit_of_work(current_actor()) as work:
        once_form(work)
        service.retire(work, notice_id=notice_id, version=version)
    flash("The notice is retired: nobody is shown it any more. Whoever has read it still can.")
    return redirect(url_for(".show"), 303)


def _found(notice_id: str, version: int, language: str, written: str) -> tuple[NoticeView, str]:
    if written not in set(Format):
        raise NotFound("there is no such notice in that language and format")
    named = (notice_id, version, language, Format(written))
    return queries.one(db.session(), *named), queries.text_of(db.session(), *named)


def _newest(notice_id: str) -> int:
    same = queries.notices(db.session(), retired=True, notice_id=notice_id)
    return max(one.version for one in same)


def _form(given: dict[str, str], errors: dict[str, str]) -> str:
    return render_template("notices/write.jinja", given=given, errors=errors, formats=FORMAT_WORDS)


def _row(one: NoticeView, organisation: str) -> list[object]:
    href = url_for(
        ".read",
        notice_id=one.id,
        version=one.version,
        language=one.language,
        written=one.format,
    )
    return [
        {"text": one.title, "href": href},
        one.id,
        one.version,
        form_words(f"{one.language}/{one.format}"),
        organisation,
        {"text": "Retired", "tag": "grey"} if one.retired_at else {"text": "Shown", "tag": "green"},
    ]


def _sentence(words: str) -> str:
    return f"{words[:1].upper()}{words[1:]}"
