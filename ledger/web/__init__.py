"""The service for people: server-drawn pages on the NHS.UK front end, in our own dress.

How a page is made: a route, a presenter and a template of one name, in three steps.

1. The route, in ``web/<area>.py``, guarded like every view (`ledger.edge.guard`):

    blueprint = Blueprint("patient", __name__, url_prefix="/my")

    @blueprint.get("/consents")
    @requires(Permission.CONSENT_READ)
    def consents() -> str:
        cards = [ConsentCard.of(view, today=...) for view in queries.own(...)]
        return render_template("patient/consents.jinja", cards=cards)

2. The presenter: a frozen dataclass whose words are tested as plain Python. A template decides
   nothing. Days, moments and money: ``{{ x|day }}``, ``{{ x|moment }}``, ``{{ minor|money }}``,
   or `ledger.web.shell.day` and ``moment`` in the presenter.

3. The template, in ``templates/<area>/<page>.jinja``:

    {% extends "base.jinja" %}
    {% from "parts/lists.jinja" import table, summary, tag, tasks, pagination %}
    {% from "parts/forms.jinja" import form_open, problem_summary, button %}
    {% from "nhsuk/components/radios/macro.jinja" import radios %}
    {% block title %}What you have agreed to{% endblock %}
    {% block content %} ... one h1, class nhsuk-heading-l ... {% endblock %}

   The library's macros serve for forms and small parts (``{{ radios({...}) }}``); its table takes
   129 ms for 50 rows, so tables and lists come from ``parts/lists.jinja``. Charts: `web.charts`.
   No ``style=`` and no inline script: the security policy refuses both.

Forms. ``{{ form_open(url_for(...)) }} ... {{ button("Continue") }}</form>`` carries the CSRF token
and a one-time token. The POST route reads ``request.form``, and

    - when something is wrong, renders the page again with ``errors={field: sentence}`` and status
      422: ``{{ problem_summary(errors) }}`` stands above the heading, each field repeats its own
      sentence, and the title starts with "Error:" by itself;
    - when it is right, calls ``once_form(work)`` (`ledger.edge.once`) first in its unit of work, so
      that the same form sent twice changes nothing, then ``flash("...", "success")`` and
      ``redirect(url_for(...), code=303)``.

Errors of the ledger may be let through: they become pages of plain words (`web.errors`).
A page of the main navigation gets one line in `web.navigation`. What waits for somebody on their
start page: a function ``waiting(session, actor, today)`` beside the area's pages, that returns
`web.tasks.Task`s, listed in `web.home.WAITING`.
"""
