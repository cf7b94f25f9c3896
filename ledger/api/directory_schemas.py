"""What programs send to the directory, and what they are answered."""

from collections.abc import Callable
from functools import partial
from typing import Any

import marshmallow as ma

from ledger.core.actor import Role
from ledger.core.errors import Invalid
from ledger.directory.entries import Assurance, EndReason
from ledger.directory.rules import names, nhs_number, organisations
from ledger.directory.rules.care import DeclaredReason
from ledger.directory.rules.organisations import OrganisationKind

OMITTED: Any = {"load_default": None, "allow_none": True}


class Ruled(ma.fields.String):
    """A text that a rule of the directory reads; what is wrong is said at its field."""

    def __init__(self, read: Callable[[str], str], **options: Any) -> None:
        super().__init__(**options)
        self.read = read

    def _deserialize(self, value: Any, attr: str | None, data: Any, **options: Any) -> str:
        text = super()._deserialize(value, attr, data, **options)
        try:
            return self.read(text or "")
        except Invalid as refused:
            raise ma.ValidationError(refused.detail) from refused


class OrganisationIn(ma.Schema):
    """An organisation to be registered."""

    name = Ruled(partial(names.name, what="name of an organisation"), required=True)
    kind = ma.fields.Enum(OrganisationKind, by_value=True, required=True)
    ods_code = Ruled(organisations.ods_code, **OMITTED)
    town = Ruled(names.name, **OMITTED)
    postcode = Ruled(organisations.postcode, **OMITTED)


class OrganisationOut(ma.Schema):
    """An organisation. All of it is public."""

    id = ma.fields.UUID()
    name = ma.fields.String()
    kind = ma.fields.Enum(OrganisationKind, by_value=True)
    ods_code = ma.fields.String(allow_none=True)
    parent_id = ma.fields.UUID(allow_none=True)
    town = ma.fields.String(allow_none=True)
    postcode = ma.fields.String(allow_none=True)


class OrganisationsOut(ma.Schema):
    """Organisations by name."""

    items = ma.fields.List(ma.fields.Nested(OrganisationOut))


class SearchIn(ma.Schema):
    """Which organisations to list."""

    containing = ma.fields.String(load_default="", validate=ma.validate.Length(max=120))
    ods_code = Ruled(organisations.ods_code, load_default=None)
    limit = ma.fields.Integer(load_default=None)
    after = ma.fields.String(load_default=None)


class InviteIn(ma.Schema):
    """Somebody to be given a role, and registered if they are new. Days are inclusive."""

    name = Ruled(names.name, required=True)
    email = Ruled(names.email, required=True)
    role = ma.fields.Enum(Role, by_value=True, required=True)
    from_on = ma.fields.Date(**OMITTED)
    until_on = ma.fields.Date(**OMITTED)


class InvitedOut(ma.Schema):
    """Somebody who has a role. If they need one, ask for an invitation by itself."""

    person_id = ma.fields.UUID()
    membership_id = ma.fields.UUID(allow_none=True)
    needs_invitation = ma.fields.Boolean()


class InvitationIn(ma.Schema):
    """At which organisation the person is."""

    organisation_id = ma.fields.UUID(required=True)


class InvitationOut(ma.Schema):
    """An address that lets one person in, once. It is not shown again."""

    address = ma.fields.String()


class RoleIn(ma.Schema):
    """A role to be given. Days are inclusive."""

    organisation_id = ma.fields.UUID(required=True)
    role = ma.fields.Enum(Role, by_value=True, required=True)
    from_on = ma.fields.Date(**OMITTED)
    until_on = ma.fields.Date(**OMITTED)


class CreatedOut(ma.Schema):
    """The id of what was recorded."""

    id = ma.fields.UUID()


class EndIn(ma.Schema):
    """Why something ends, and its last day; without one it ends at once."""

    reason = ma.fields.Enum(EndReason, by_value=True, required=True)
    until_on = ma.fields.Date(**OMITTED)


class StaffRoleOut(ma.Schema):
    """One role of a member of staff."""

    membership_id = ma.fields.UUID()
    role = ma.fields.Enum(Role, by_value=True)
    from_on = ma.fields.Date(attribute="period.from_on")
    until_on = ma.fields.Date(attribute="period.until_on", allow_none=True)


class StaffMemberOut(ma.Schema):
    """A member of staff; name and address are null of who is erased."""

    person_id = ma.fields.UUID()
    name = ma.fields.String(allow_none=True)
    email = ma.fields.String(allow_none=True)
    accepted = ma.fields.Boolean()
    roles = ma.fields.List(ma.fields.Nested(StaffRoleOut))


class StaffOut(ma.Schema):
    """Everybody who has or had a role at an organisation."""

    items = ma.fields.List(ma.fields.Nested(StaffMemberOut))


class PatientIn(ma.Schema):
    """A patient to be put on an organisation's list."""

    nhs_number = Ruled(nhs_number.parse, required=True)
    date_of_birth = ma.fields.Date(required=True)
    name = Ruled(names.name, required=True)


class NumberIn(ma.Schema):
    """The number by which a patient is found from now on."""

    nhs_number = Ruled(nhs_number.parse, required=True)


class LookUpIn(ma.Schema):
    """Whom one looks for."""

    nhs_number = Ruled(nhs_number.parse, required=True)
    date_of_birth = ma.fields.Date(required=True)


class LinkIn(ma.Schema):
    """Whose sign-in leads to a record, and how that was made sure."""

    person_id = ma.fields.UUID(required=True)
    assurance = ma.fields.Enum(Assurance, by_value=True, required=True)


class CareIn(ma.Schema):
    """Who looks after a patient: a person, or a team, or everybody there. Days are inclusive."""

    patient_id = ma.fields.UUID(required=True)
    team_id = ma.fields.UUID(**OMITTED)
    person_id = ma.fields.UUID(**OMITTED)
    from_on = ma.fields.Date(required=True)
    until_on = ma.fields.Date(**OMITTED)


class DeclarationIn(ma.Schema):
    """Why one cares for a patient without being on a roster."""

    reason = ma.fields.Enum(DeclaredReason, by_value=True, required=True)
    words = ma.fields.String(required=True, validate=ma.validate.Length(1, 500))


class OutcomeOut(ma.Schema):
    """What an import did, in rows."""

    added = ma.fields.Integer()
    changed = ma.fields.Integer()
    unchanged = ma.fields.Integer()
