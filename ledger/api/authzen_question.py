"""An AuthZEN request as a question: every member known, or refused by name.

Written by hand: this is the path that every system takes for every look-up. The words are
those of ``docs/reference/authzen.md``.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final, TypeVar
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.access.question import Question
from ledger.access.rules.words import Action
from ledger.core.actor import Role
from ledger.core.errors import Invalid
from ledger.directory import queries as directory
from ledger.vocabulary import labels, purposes
from ledger.vocabulary.categories import Category

NHS_NUMBER: Final = "https://fhir.nhs.uk/Id/nhs-number|"
ODS_CODE: Final = "https://fhir.nhs.uk/Id/ods-organization-code|"
_UUID_LENGTH: Final = 36
_SHOWN_MAX: Final = 60
_SENSITIVITIES_MAX: Final = 50

Word = TypeVar("Word")
Members = Mapping[str, Any]


class NotAQuestion(ValueError):
    """What was asked is no question. The message names the member."""

    def __init__(self, member: str, wrong: str) -> None:
        super().__init__(f"{member}: {wrong}")


def question(session: Session, body: object, *, client_id: UUID | None) -> Question:
    """Return the question that a request asks.

    Args:
        session: For numbers and codes that stand for ids.
        body: ``subject``, ``action``, ``resource`` and ``context``, as JSON values.
        client_id: The program that asks, if it is one; only it may ask for itself.

    Raises:
        NotAQuestion: something is missing, unknown, or of another type.
    """
    request = _object(body, "the request")
    _only(request, "", {"subject", "action", "resource", "context"})
    subject = _object(request.get("subject"), "subject")
    action = _object(request.get("action"), "action")
    resource = _object(request.get("resource"), "resource")
    context = _object(request.get("context"), "context")
    _only(subject, "subject.", {"type", "id", "properties"})
    _only(action, "action.", {"name"})
    _only(resource, "resource.", {"type", "id", "properties"})
    _only(context, "context.", {"purpose"})
    asking = _properties(subject, "subject", {"organisation", "role"})
    data = _properties(
        resource, "resource", {"category", "holder", "confidentiality", "sensitivity", "others"}
    )
    if resource.get("type") != "patient-data":
        raise NotAQuestion("resource.type", "must be patient-data")
    kind = _one_of(subject, "subject.", "type", {"user": "user", "client": "client"}.get)
    subject_id = _uuid(subject.get("id"), "subject.id")
    if kind == "client" and subject_id != client_id:
        raise NotAQuestion("subject.id", "a client asks for itself only; give its own client id")
    return Question(
        person_id=subject_id if kind == "user" else None,
        client_id=subject_id if kind == "client" else None,
        organisation_id=_organisation(
            session, asking.get("organisation"), "subject.properties.organisation"
        ),
        role=_one_of(asking, "subject.properties.", "role", _ROLES.get, optional=True),
        action=_required(action, "action.", "name", _ACTIONS.get),
        patient_id=_patient(session, resource.get("id")),
        category=_required(data, "resource.properties.", "category", _CATEGORIES.get),
        holder_id=_organisation(session, data.get("holder"), "resource.properties.holder"),
        labelled="confidentiality" in data or "sensitivity" in data,
        confidentiality=_one_of(
            data,
            "resource.properties.",
            "confidentiality",
            _CONFIDENTIALITIES.get,
            optional=True,
        ),
        sensitivities=_sensitivities(data.get("sensitivity", [])),
        purpose=_purpose(context.get("purpose")),
        others=_others(data.get("others", [])),
    )


_OTHERS_MAX: Final = 20
_ROLES: Final = {role.value: role for role in Role}
_ACTIONS: Final = {action.value: action for action in Action}
_CATEGORIES: Final = {category.value: category for category in Category}
_CONFIDENTIALITIES: Final = {code: code for code in labels.CONFIDENTIALITIES}


def _object(value: object, name: str) -> Members:
    if value is None:
        raise NotAQuestion(name, "is missing")
    if not isinstance(value, dict):
        raise NotAQuestion(name, "must be an object")
    return value


def _only(members: Members, path: str, known: set[str]) -> None:
    for name in members:
        if name not in known:
            shown = f"{path}{name}"[:_SHOWN_MAX]
            raise NotAQuestion(shown, f"is not known here; known: {', '.join(sorted(known))}")


def _properties(members: Members, path: str, known: set[str]) -> Members:
    found = _object(members.get("properties"), f"{path}.properties")
    _only(found, f"{path}.properties.", known)
    return found


def _one_of(
    members: Members,
    path: str,
    name: str,
    find: Callable[[str], Word | None],
    *,
    optional: bool = False,
) -> Word | None:
    value = members.get(name)
    if value is None:
        if optional and name not in members:
            return None
        raise NotAQuestion(path + name, "is missing")
    found = find(value) if isinstance(value, str) else None
    if found is None:
        raise NotAQuestion(path + name, f"{_shown(value)} is not known here")
    return found


def _required(members: Members, path: str, name: str, find: Callable[[str], Word | None]) -> Word:
    found = _one_of(members, path, name, find)
    if found is None:  # pragma: no cover  # `_one_of` has refused it.
        raise NotAQuestion(path + name, "is missing")
    return found


def _purpose(value: object) -> str:
    if value is None:
        raise NotAQuestion("context.purpose", "is missing")
    if not isinstance(value, str) or not purposes.is_known(value):
        raise NotAQuestion("context.purpose", f"{_shown(value)} is no purpose of use")
    return value


def _others(value: object) -> frozenset[UUID]:
    """Return the other patients whom the data names. Whether they exist is not said."""
    name = "resource.properties.others"
    if not isinstance(value, list) or len(value) > _OTHERS_MAX:
        raise NotAQuestion(name, f"must be a list of at most {_OTHERS_MAX} ids")
    return frozenset(_uuid(each, name) for each in value)


def _sensitivities(value: object) -> frozenset[str]:
    name = "resource.properties.sensitivity"
    if not isinstance(value, list) or len(value) > _SENSITIVITIES_MAX:
        raise NotAQuestion(name, f"must be a list of at most {_SENSITIVITIES_MAX} codes")
    for code in value:
        if not isinstance(code, str) or not labels.is_sensitivity(code):
            raise NotAQuestion(name, f"{_shown(code)} is no sensitivity label")
    return frozenset(value)


def _patient(session: Session, value: object) -> UUID | None:
    if isinstance(value, str) and value.startswith(NHS_NUMBER):
        try:
            return directory.patient_by_nhs_number(session, value.removeprefix(NHS_NUMBER))
        except Invalid as error:
            raise NotAQuestion("resource.id", "is no NHS number") from error
    return _uuid(value, "resource.id")


def _organisation(session: Session, value: object, name: str) -> UUID:
    if isinstance(value, str) and value.startswith(ODS_CODE):
        found = directory.organisation_by_code(session, value.removeprefix(ODS_CODE))
        if found is None:
            raise NotAQuestion(name, "no organisation here has this code")
        return found.id
    return _uuid(value, name)


def _uuid(value: object, name: str) -> UUID:
    if value is None:
        raise NotAQuestion(name, "is missing")
    if isinstance(value, str) and len(value) == _UUID_LENGTH:
        try:
            return UUID(value)
        except ValueError:
            pass
    raise NotAQuestion(name, "must be an id, or an identifier as SYSTEM|VALUE")


def _shown(value: object) -> str:
    return repr(value)[:_SHOWN_MAX]
