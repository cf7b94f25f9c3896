"""No view is reachable that has not said who may call it."""

from collections.abc import Iterator

import pytest
from flask import Flask
from werkzeug.routing import AnyConverter, BaseConverter, IntegerConverter

from ledger.core.policy import Permission
from ledger.edge.guard import public_views
from tests.docs import public_views_page

ONLY_IN_COMMANDS = {
    Permission.AGREEMENT_LAPSE: "time brings it, by `ledger.agreements.schedule`",
    Permission.CONSENT_LAPSE: "time brings it, by `ledger.consent.asking` and `proxies`",
    Permission.KEYS_REWRAP: "an operator types it, with both keys at hand",
    Permission.LOG_COMMIT: "time brings it, by `ledger.core.heads`; an operator types it too",
    Permission.LOG_KEEP: "an operator types it: new keys, another name, the next shard",
    Permission.MATTER_ESCALATE: "time brings it, by `ledger.access.matters`",
    Permission.POOL_LAPSE: "time brings it, by `ledger.funding.schedule`",
    Permission.POLICY_ACTIVATE: "an operator types it; a motion of the board will bring it",
}
"""Permissions that guard no view."""


def test_every_view_says_who_may_call_it(app: Flask) -> None:
    undeclared = [name for name, view in app.view_functions.items() if not hasattr(view, "guard")]
    assert undeclared == []


def test_public_views_are_exactly_the_ones_that_reviewers_read(app: Flask) -> None:
    """They are listed with their reasons in docs/reference/public-views.md."""
    for name, why in public_views(app).items():
        assert len(why.split()) > 3, f"{name} does not say why it is public"
    page, file = public_views_page(app)
    assert file.read_text() == page


def test_no_permission_is_declared_in_vain(app: Flask) -> None:
    used = {getattr(view, "guard", None) for view in app.view_functions.values()}
    assert set(Permission) - used == set(ONLY_IN_COMMANDS), "guard a view with it, or delete it"


def _sample(converter: BaseConverter) -> object:
    """Return something that fits into an address there."""
    if isinstance(converter, IntegerConverter):
        return 1
    if isinstance(converter, AnyConverter):
        return min(converter.items)
    return "00000000-0000-0000-0000-000000000000"


def guarded(app: Flask) -> Iterator[tuple[str, str]]:
    public = public_views(app)
    for rule in app.url_map.iter_rules():
        if rule.endpoint in public:
            continue
        needed = rule.arguments - set(rule.defaults or {})
        values = {name: _sample(rule._converters[name]) for name in needed}
        path = app.url_map.bind("localhost").build(rule.endpoint, values)
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}:
            yield method, path


@pytest.mark.parametrize("accept", ["application/json", "text/html"])
def test_nobody_signed_in_gets_nothing(app: Flask, accept: str) -> None:
    app.config["WTF_CSRF_ENABLED"] = False  # It would refuse first, which proves less.
    client = app.test_client()
    for number, (method, path) in enumerate(guarded(app)):
        # Nobody is refused for asking too often, which would prove less, too.
        caller = {"REMOTE_ADDR": f"10.0.0.{number // 100}"}
        said = {"Accept": accept}
        answer = client.open(path, method=method, headers=said, environ_overrides=caller)
        sent_to_sign_in = answer.status_code in (302, 303) and "/sign-in" in answer.location
        assert answer.status_code == 401 or sent_to_sign_in, (method, path, answer.status)
