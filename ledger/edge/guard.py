"""Every view says who may call it. `tests/architecture/test_routes.py` insists.

    @blueprint.post("/consents/<uuid:consent_id>/withdrawal")
    @requires(Permission.CONSENT_WITHDRAW)
    def withdraw(consent_id: UUID) -> ResponseReturnValue: ...

    @blueprint.get("/healthz")
    @public("a load balancer has no account")
    def health() -> ResponseReturnValue: ...

Who is asking is found by `ledger.edge.identity`, which puts an `Actor` on ``flask.g``.
"""

from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from flask import Flask, g

from ledger.core import authority, clock, refusals
from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import Forbidden, NotAuthenticated
from ledger.core.policy import Permission

P = ParamSpec("P")
R = TypeVar("R")


def signed_in() -> Actor | None:
    """Return who is signed in, or None: for public pages that greet people."""
    actor = g.get("actor")
    return actor if isinstance(actor, Actor) else None


def current_actor() -> Actor:
    """Return who is signed in. Raises `NotAuthenticated` if nobody is."""
    actor = signed_in()
    if actor is None:
        raise NotAuthenticated("this needs a signed-in account; sign in, then ask again")
    return actor


def requires(permission: Permission) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Guard a view: refuse an actor who has *permission* on nothing at all.

    One whose sign-in is too weak for it is sent to sign in again: `ledger.edge.assurance` says
    how sure each permission must be. The refusal is recorded. This is the coarse half. The fine
    half, on the actual thing, is `UnitOfWork.authorise`, which a command cannot record without.
    """

    def guard(view: Callable[P, R]) -> Callable[P, R]:
        @wraps(view)
        def guarded(*args: P.args, **kwargs: P.kwargs) -> R:
            actor = current_actor()
            if not authority.could_ever(authority.in_force(), actor, permission):
                refusals.record(db.session(), actor, permission, at=clock.now())
                raise Forbidden("your role never allows this; ask an administrator for another")
            authority.must_have_proved(actor, permission)
            return view(*args, **kwargs)

        return _declare(guarded, permission, why="")

    return guard


def public(why: str) -> Callable[[Callable[P, R]], Callable[P, R]]:
    """Mark a view that anyone may call, with the reason; the test lists them all."""

    def mark(view: Callable[P, R]) -> Callable[P, R]:
        return _declare(view, "public", why=why)

    return mark


def public_views(app: Flask) -> Mapping[str, str]:
    """Return the reason of each public view, by its endpoint."""
    views = app.view_functions.items()
    return {name: vars(view)["why"] for name, view in views if vars(view).get("guard") == "public"}


def _declare(view: Callable[P, R], guard: Permission | str, *, why: str) -> Callable[P, R]:
    marked: Any = view
    marked.guard, marked.why = guard, why
    return view
