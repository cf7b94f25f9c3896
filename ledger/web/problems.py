"""What each ``type`` of a problem means, at the address that the problem itself names."""

from collections.abc import Iterator
from dataclasses import dataclass

from flask import Blueprint, render_template

from ledger.core.errors import LedgerError, NotFound
from ledger.edge.guard import public
from ledger.edge.problem_words import BESIDES, WORDS

blueprint = Blueprint("problems", __name__, url_prefix="/problems")


@dataclass(frozen=True, slots=True)
class Problem:
    """One kind of problem, in its own words."""

    slug: str
    title: str
    when: str


def known() -> dict[str, Problem]:
    """Return every named problem that this program can answer with."""
    http = [Problem(*words) for words in WORDS.values()]
    besides = [Problem(slug, title, when) for slug, (_, title, when) in BESIDES.items()]
    raised = [
        Problem(one.slug, one.title, " ".join((one.__doc__ or "").replace("`", "").split()))
        for one in _below(LedgerError)
        if "slug" in vars(one)
    ]
    return {one.slug: one for one in (*http, *besides, *raised)}


def _below(family: type[LedgerError]) -> Iterator[type[LedgerError]]:
    for one in family.__subclasses__():
        yield one
        yield from _below(one)


@blueprint.get("/<slug>")
@public("whoever is answered with a problem may follow its type, signed in or not")
def show(slug: str) -> str:
    """Say what a kind of problem is."""
    found = known().get(slug)
    if found is None:
        raise NotFound("there is no problem of that name; docs/reference/problems.md lists them")
    return render_template("about/problem.jinja", problem=found)
