"""What goes in and out about acting for somebody else."""

import marshmallow as ma

from ledger.api.directory_schemas import CreatedOut
from ledger.consent.proxies.entries import Ground
from ledger.directory.acting.basis import Basis
from ledger.directory.acting.entries import Capable
from ledger.directory.acting.rules import PowerEnd, PowerKind, Scope, SuspendReason


class PowerIn(ma.Schema):
    """Who may act for a patient, by what right, and the evidence that was seen."""

    name = ma.fields.String(required=True)
    email = ma.fields.String(required=True)
    kind = ma.fields.Enum(PowerKind, by_value=True, required=True)
    basis = ma.fields.Enum(Basis, by_value=True, required=True)
    scope = ma.fields.List(ma.fields.Enum(Scope, by_value=True), required=True)
    from_on = ma.fields.Date(required=True)
    until_on = ma.fields.Date(load_default=None, allow_none=True)
    evidence = ma.fields.String(required=True)


class PowerCreatedOut(CreatedOut):
    """The id of the power, and, where the person has yet to choose how to sign in, how."""

    person_id = ma.fields.UUID()
    invitation = ma.fields.String(allow_none=True)


class SuspensionIn(ma.Schema):
    """Why a power is not to hold for the time being."""

    reason = ma.fields.Enum(SuspendReason, by_value=True, required=True)
    words = ma.fields.String(required=True)


class WordsIn(ma.Schema):
    """Why, in words. Private."""

    words = ma.fields.String(required=True)


class PowerEndIn(ma.Schema):
    """Why a power is over."""

    reason = ma.fields.Enum(PowerEnd, by_value=True, required=True)


class CapacityIn(ma.Schema):
    """What was found about a patient's capacity to decide about sharing."""

    finding = ma.fields.Enum(Capable, by_value=True, required=True)
    found_on = ma.fields.Date(required=True)
    review_on = ma.fields.Date(required=True)
    words = ma.fields.String(required=True)


class DeathIn(ma.Schema):
    """The day on which a patient died. Private."""

    died_on = ma.fields.Date(required=True)


class PowerOut(ma.Schema):
    """A power. Why it is suspended is told to nobody here."""

    id = ma.fields.UUID()
    patient_id = ma.fields.UUID()
    person_id = ma.fields.UUID()
    person = ma.fields.String(allow_none=True)
    kind = ma.fields.Enum(PowerKind, by_value=True)
    basis = ma.fields.Enum(Basis, by_value=True)
    system = ma.fields.String()
    code = ma.fields.String()
    scope = ma.fields.List(ma.fields.String())
    from_on = ma.fields.Date()
    until_on = ma.fields.Date(allow_none=True)
    verified = ma.fields.Boolean()
    suspended = ma.fields.Boolean()
    ended = ma.fields.Boolean()
    holds = ma.fields.Boolean()
    entry_id = ma.fields.UUID()


class PowersOut(ma.Schema):
    """Everybody who may, or might, act for a patient."""

    items = ma.fields.List(ma.fields.Nested(PowerOut))


class ActingOut(ma.Schema):
    """Somebody for whom the caller may act now, by `On-Behalf-Of`."""

    patient_id = ma.fields.UUID()
    name = ma.fields.String(allow_none=True)
    kind = ma.fields.Enum(PowerKind, by_value=True)
    scope = ma.fields.List(ma.fields.String())


class WhomOut(ma.Schema):
    """Everybody for whom the caller may act now."""

    items = ma.fields.List(ma.fields.Nested(ActingOut))


class DisagreementOut(ma.Schema):
    """Those who speak for a patient say yes and no: the consents that say so."""

    patient_id = ma.fields.UUID()
    purposes = ma.fields.List(ma.fields.String())
    yes = ma.fields.List(ma.fields.UUID())
    no = ma.fields.List(ma.fields.UUID())


class DisagreementsOut(ma.Schema):
    """What waits for somebody to settle it."""

    items = ma.fields.List(ma.fields.Nested(DisagreementOut))


class SettlementIn(ma.Schema):
    """Which side is set aside, on what ground, and why."""

    set_aside = ma.fields.List(ma.fields.UUID(), required=True)
    ground = ma.fields.Enum(Ground, by_value=True, required=True)
    words = ma.fields.String(required=True)
