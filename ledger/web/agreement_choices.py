"""What the forms for drafting an agreement offer to choose from, as the components take it."""

from typing import Any, Final

from ledger.agreements.rules import wording
from ledger.agreements.rules.basis import Article6, Article9, CommonLaw, Schedule1
from ledger.agreements.rules.terms import ApprovalKind, PartyRole, Terms
from ledger.vocabulary.categories import Category
from ledger.web.agreement_forms import Form
from ledger.web.agreement_words import MODE_WORDS, category_words

_PURPOSES: Final = (
    "TREAT",
    "COC",
    "CAREMGT",
    "SOCIALCARE",
    "POPHLTH",
    "SVCPLAN",
    "HQUALIMP",
    "HRESCH",
)
"""What organisations here share for; programs may name any other."""

Options = list[dict[str, Any]]


def of_flow(terms: Terms, form: Form) -> dict[str, Options]:
    """Return the choices for one flow."""
    chosen = form.getlist("categories")
    purposes = [(code, wording.purpose(code)) for code in _PURPOSES]
    confidential = [(one.value, one.value.replace("-", " ").capitalize()) for one in CommonLaw]
    schedule = [(one.value, one.value.capitalize()) for one in Schedule1]
    roles = [(one.value, wording.PARTY_ROLES[one].capitalize()) for one in PartyRole]
    return {
        "from_roles": _options(form, "from_role", roles),
        "to_roles": _options(form, "to_role", roles),
        "givers": of_party(terms, form, "from_party"),
        "receivers": of_party(terms, form, "to_party"),
        "purposes": _options(form, "purpose", purposes),
        "categories": [
            {
                "value": one.value,
                "text": category_words(one).capitalize(),
                "checked": one.value in chosen,
            }
            for one in Category
        ],
        "articles_6": _options(form, "article_6", [_article(one) for one in Article6]),
        "articles_9": _options(form, "article_9", [_article(one) for one in Article9], "None"),
        "schedules": _options(form, "schedule_1", schedule, "None"),
        "common_law": _options(form, "common_law", confidential, "Not confidential"),
    }


def of_approval(form: Form) -> Options:
    """Return the sorts of approval."""
    kinds = [(kind.value, wording.approval_words(kind)) for kind in ApprovalKind]
    return _options(form, "kind", kinds)


def of_mode(terms: Terms, form: Form) -> Options:
    """Return whose signatures may bring it into force."""
    chosen = form.get("mode", terms.mode.value)
    return [
        {"value": mode.value, "text": text, "hint": {"text": hint}, "checked": mode == chosen}
        for mode, (text, hint) in MODE_WORDS.items()
    ]


def of_lead(terms: Terms, form: Form) -> Options:
    """Return the parties, of which one leads."""
    chosen = form.get("lead", str(terms.lead_id or ""))
    return [
        {
            "value": str(party.organisation_id),
            "text": party.name,
            "checked": str(party.organisation_id) == chosen,
        }
        for party in terms.parties
    ]


def of_leaving_out(terms: Terms, form: Form) -> Options:
    """Return the parties, any of which may be left out but the leading one."""
    chosen = form.getlist("out")
    pairs = [(str(one.organisation_id), one.name) for one in terms.parties]
    return [{"value": id_, "text": name, "checked": id_ in chosen} for id_, name in pairs]


def of_party(terms: Terms, form: Form, name: str) -> Options:
    """Return the parties of an agreement."""
    pairs = [(str(party.organisation_id), party.name) for party in terms.parties]
    return _options(form, name, pairs)


def _options(
    form: Form, name: str, pairs: list[tuple[str, str]], empty: str = "Choose one"
) -> Options:
    chosen = form.get(name, "")
    options: Options = [{"value": "", "text": empty}]
    return options + [
        {"value": value, "text": text, "selected": value == chosen} for value, text in pairs
    ]


def _article(article: Article6 | Article9) -> tuple[str, str]:
    return article.value, f"{article.value} {article.name.replace('_', ' ').lower()}"
