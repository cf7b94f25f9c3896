"""The shell of pages: escaping, assets, navigation, words, forms."""

import re
from pathlib import Path

import pytest
from flask import Flask, flash, render_template_string, session
from jinja2 import Environment
from sqlalchemy.exc import OperationalError

from ledger.core import authority
from ledger.core.actor import Actor, Role
from ledger.core.errors import Fault
from ledger.core.ids import new_id
from ledger.edge.problem_words import BESIDES, WORDS
from ledger.web import assets, errors, navigation, places, problems
from ledger.web.assets import Asset, AssetsMissing
from tests.api.conftest import Probe, light_probe

__all__ = ["light_probe"]

TEMPLATES = Path(assets.__file__).parent / "templates"
LISTS = '{% from "parts/lists.jinja" import table, summary, tasks, pagination %}'


@pytest.fixture
def client_app(light_probe: Probe) -> Flask:
    return light_probe().application


def drawn(app: Flask, source: str, **values: object) -> str:
    with app.test_request_context("/"):
        return render_template_string(source, **values)


def test_what_people_wrote_is_escaped(client_app: Flask) -> None:
    cells = [["<b>", {"text": "<i>", "href": "/?a=1&b=2"}]]
    text = drawn(
        client_app,
        LISTS
        + "{{ table('<c>', ['<h>', 'i'], rows) }}{{ summary([{'key': '<k>', 'value': '<v>'}]) }}",
        rows=cells,
    )
    for name in "bichkv":
        assert f"<{name}>" not in text
        assert f"&lt;{name}&gt;" in text


def test_a_table_names_its_rows_and_columns(client_app: Flask) -> None:
    text = drawn(
        client_app,
        LISTS + "{{ table('Sums', ['Scheme', {'text': 'Sum', 'numeric': true}], rows) }}",
        rows=[["Falls", 3], ["Beds", 4]],
    )
    assert text.count('scope="row"') == 2
    assert text.count('scope="col"') == 2
    assert text.count("nhsuk-table__cell--numeric") == 2
    assert "Nothing yet" in drawn(
        client_app, LISTS + "{{ table('x', ['y'], [], empty='Nothing yet') }}"
    )


def test_a_form_carries_both_its_tokens(client_app: Flask) -> None:
    source = '{% from "parts/forms.jinja" import form_open %}{{ form_open("/x") }}'
    tokens = [re.findall(r'name="(\w+)" value="([^"]+)"', drawn(client_app, source)) for _ in "ab"]
    assert [name for name, _ in tokens[0]] == ["csrf_token", "once"]
    assert tokens[0][1] != tokens[1][1]


def test_the_error_summary_leads_to_the_fields(client_app: Flask) -> None:
    source = (
        '{% extends "base.jinja" %}{% from "parts/forms.jinja" import problem_summary %}'
        "{% block title %}Name{% endblock %}"
        "{% block content %}{{ problem_summary(errors) }}{% endblock %}"
    )
    text = drawn(client_app, source, errors={"name": "Enter your name"})
    assert '<a href="#name">Enter your name</a>' in text
    assert re.search("<title *>Error: Name ", text)
    assert "There is a problem" not in drawn(client_app, source, errors={})


def test_a_flash_is_told_once(client_app: Flask) -> None:
    with client_app.test_request_context("/"):
        flash("Your choice is recorded", "success")
        text = render_template_string('{% extends "base.jinja" %}')
        assert "Your choice is recorded" in text
        assert 'role="alert"' in text
        assert "_flashes" not in session


def test_a_forged_form_is_refused_and_a_program_needs_no_token(light_probe: Probe) -> None:
    views = {"/x": lambda: "done", "/api/v1/x": lambda: "done"}
    client = light_probe(views, WTF_CSRF_ENABLED=True)

    refused = client.post("/x", headers={"Accept": "text/html"})

    assert refused.status_code == 400
    assert "open it again" in refused.text or "open the page again" in refused.text
    assert client.post("/api/v1/x").status_code == 200
    client.set_cookie("ledger", "x")
    assert client.post("/api/v1/x").status_code == 400
    bearer = client.post("/api/v1/x", headers={"Authorization": "Bearer x"})
    assert bearer.status_code == 401, "the token is looked at, and no form's"


def test_the_service_is_not_dressed_as_the_nhs(light_probe: Probe) -> None:
    client = light_probe()
    style = client.get("/static/nhsuk.css").text
    assert "rutiger" not in style
    assert "assets.nhs.uk" not in style
    page = client.get("/").text
    assert "NHS England" not in page
    assert "nhsuk-logo" not in page
    assert 'lang="en-GB"' in page


def test_a_missing_package_is_named_with_what_to_do(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "find_spec", lambda _: None)
    with pytest.raises(AssetsMissing, match=r"requirements-assets\.lock"):
        assets._package_file("wagtailnhsukfrontend", "*.css")


def test_the_style_sheet_fits_the_templates() -> None:
    """One release of the front end: its sheet knows the classes its templates use."""
    sheet = assets.assets()["nhsuk.css"].body.decode()
    for name in ("nhsuk-table-responsive__heading", "nhsuk-radios__input", "nhsuk-task-list__link"):
        assert f".{name}" in sheet
    assert Asset.of("a.css", b"x").digest != Asset.of("a.css", b"y").digest


def everybody(*roles: Role) -> Actor:
    return Actor.person(new_id(), roles=frozenset(roles), organisation_id=new_id())


def test_every_place_is_a_page_that_its_roles_may_open(client_app: Flask) -> None:
    policy = authority.in_force()
    for place in places.PLACES:
        assert place.endpoint in client_app.view_functions, place
        guard = getattr(client_app.view_functions[place.endpoint], "guard", None)
        assert guard == place.permission, place
        for role in place.roles:
            assert authority.could_ever(policy, everybody(role), place.permission), (place, role)


def test_roles_are_said_as_people_say_them() -> None:
    for role in Role:
        words = navigation.role_words(role)
        assert words[0].isupper()
        assert "_" not in words
    assert navigation.acting_as(everybody(Role.AUDITOR, Role.PATIENT)) == "Auditor, Patient"


@pytest.mark.parametrize("status", [400, 401, 403, 404, 405, 409, 412, 413, 422, 429, 500, 503])
def test_every_error_page_says_what_to_do_next(client_app: Flask, status: int) -> None:
    with client_app.test_request_context("/x"):
        page = errors.present(status, "A rule", "this is wrong", [Fault("/a", "that one")])
    assert page.heading
    assert page.next.endswith(".")
    assert page.reference
    assert page.faults == ("that one",)
    assert not (status == 500 and page.what)


def test_templates_have_no_style_and_no_inline_script() -> None:
    for path in TEMPLATES.rglob("*.jinja"):
        text = path.read_text()
        assert "style=" not in text, path
        assert not re.search(r"\son[a-z]+=", text), path
        for script in re.findall(r"<script[^>]*>", text):
            assert "nonce=" in script or "src=" in script, path


def test_templates_turn_escaping_off_nowhere(client_app: Flask) -> None:
    environment: Environment = client_app.jinja_env
    for path in TEMPLATES.rglob("*.jinja"):
        text = path.read_text()
        environment.parse(text)
        assert "|safe" not in text.replace(" ", ""), f"{path}: give it Markup from Python instead"
        assert "autoescape false" not in text, path


def test_a_visitor_is_given_no_session(light_probe: Probe) -> None:
    answer = light_probe().get("/")
    assert "Set-Cookie" not in answer.headers


def test_the_type_of_a_problem_leads_to_its_meaning(light_probe: Probe) -> None:
    client = light_probe()
    assert "This has changed since you looked at it" in client.get("/problems/stale").text
    assert client.get("/problems/nothing").status_code == 404
    known = problems.known()
    slugs = {slug for slug, _, _ in WORDS.values()} | BESIDES.keys()
    assert slugs <= known.keys()
    for problem in known.values():
        assert len(problem.when.split()) > 2, problem.slug
        answer = client.get(f"/problems/{problem.slug}")
        assert (answer.status_code, problem.slug in answer.text) == (200, True), problem.slug


def test_every_problem_that_is_named_where_it_is_answered_has_a_page() -> None:
    sources = (Path(assets.__file__).parents[1] / area for area in ("api", "web", "edge"))
    answered = re.compile(r"(?:problem|error_page)\(\s*[^,\"]+,\s*\"([a-z-]+)\"")
    texts = [path.read_text() for folder in sources for path in folder.rglob("*.py")]
    named = {slug for text in texts for slug in answered.findall(text)}
    assert {"form-expired", "not-a-question"} <= named <= problems.known().keys()


def test_the_page_about_a_dead_database_needs_none(
    light_probe: Probe, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = light_probe()
    client.set_cookie(client.application.config["SESSION_COOKIE_NAME"], "somebody's")

    def gone() -> None:
        raise OperationalError("SELECT 1", {}, Exception("gone"))

    monkeypatch.setattr("ledger.edge.sessions.reading", gone)
    answer = client.get("/", headers={"Accept": "text/html"})

    assert answer.status_code == 503
    assert "cannot reach its data" in answer.text
    assert answer.headers["X-Request-Id"] in answer.text
