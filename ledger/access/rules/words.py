"""The closed vocabulary of decisions. Values are stored and logged: never rename one."""

from enum import StrEnum
from types import MappingProxyType
from typing import Final


class Regime(StrEnum):
    """Which rules govern; ``policies/regimes.csv`` says when, ``access.csv`` what they say."""

    STATUTORY_DUTY = "statutory-duty"
    STATUTORY_PROHIBITION = "statutory-prohibition"
    IMPLIED_CARE = "implied-care"
    EXPLICIT_CARE = "explicit-care"
    BREAK_GLASS = "break-glass"
    OPT_OUT = "opt-out"
    OPT_IN = "opt-in"


class Agreement(StrEnum):
    """The agreement between the holder and the acting organisation, for this use, today."""

    INTERNAL = "internal"
    IN_FORCE = "in-force"
    MISSING = "missing"
    LAPSED = "lapsed"
    SUSPENDED = "suspended"


class Consent(StrEnum):
    """What the patient's choices say, taken together."""

    PERMIT = "permit"
    RESIDUAL = "residual"
    NONE = "none"
    DENY = "deny"
    UNLABELLED = "unlabelled"
    INDETERMINATE = "indeterminate"
    CONFLICT = "conflict"


TO_SETTLE: Final = frozenset({Consent.INDETERMINATE, Consent.CONFLICT})
"""What a privacy officer looks at, whatever became of the question that met it."""


class Relationship(StrEnum):
    """How the asker stands to the patient."""

    CARE = "care"
    DECLARED = "declared"
    OVERRIDE = "override"
    OVERRIDE_SECONDED = "override-seconded"
    """A second person stands by it, because others would be harmed otherwise."""
    NONE = "none"


OVERRIDDEN: Final = frozenset({Relationship.OVERRIDE, Relationship.OVERRIDE_SECONDED})


class Standing(StrEnum):
    """Whether the asker may decide or look at all where this patient is concerned."""

    CLEAR = "clear"
    RECUSED = "recused"
    SUSPENDED = "suspended"


class Register(StrEnum):
    """What the copy of the opt-out register says of the patient, for regimes that ask it."""

    UNASKED = "unasked"
    CLEAR = "clear"
    OPTED_OUT = "opted-out"
    STALE = "stale"
    ABSENT = "absent"
    EXEMPT = "exempt"
    """The register does not apply: anonymised, a legal duty, or overriding public interest."""


class Exemption(StrEnum):
    """Why a row of the regime table need not ask the opt-out register."""

    ANONYMISED = "anonymised"
    LEGAL_DUTY = "legal-duty"
    PUBLIC_INTEREST = "public-interest"


class Action(StrEnum):
    """HL7 consent actions."""

    ACCESS = "access"
    USE = "use"
    DISCLOSE = "disclose"
    COLLECT = "collect"
    CORRECT = "correct"


class Outcome(StrEnum):
    """What a question is answered. The first four permit."""

    PERMIT = "permit"
    PERMIT_RESIDUAL = "permit_residual"
    PERMIT_BY_OVERRIDE = "permit_by_override"
    DEFAULT_PERMIT = "default_permit"
    DENY = "deny"
    DEFAULT_DENY = "default_deny"
    INDETERMINATE = "indeterminate"
    CONFLICT = "conflict"


PERMITTING: Final = frozenset(
    {
        Outcome.PERMIT,
        Outcome.PERMIT_RESIDUAL,
        Outcome.PERMIT_BY_OVERRIDE,
        Outcome.DEFAULT_PERMIT,
    }
)


class Reason(StrEnum):
    """Why. One for each decision: the first thing that had to be otherwise, or was enough."""

    CONSENTED = "consented"
    CONSENTED_IN_PART = "consented-in-part"
    IMPLIED_CARE = "implied-care"
    CARE_GOES_ON = "care-goes-on"
    OVERRIDE = "override"
    RECUSED = "recused"
    SUSPENDED = "suspended"
    NO_ROLE = "no-role"
    ROLE_REACH = "role-reach"
    REFUSED = "refused-by-patient"
    CONFLICT = "consents-conflict"
    LABELS_MISSING = "labels-missing"
    INDETERMINATE = "indeterminate"
    NO_OVERRIDE = "no-override"
    AGREEMENT_MISSING = "agreement-missing"
    AGREEMENT_LAPSED = "agreement-lapsed"
    AGREEMENT_SUSPENDED = "agreement-suspended"
    NO_CARE_RELATIONSHIP = "no-care-relationship"
    NO_CONSENT = "no-consent"
    LEGAL_DUTY = "legal-duty"
    PROHIBITED = "prohibited-by-law"
    NOT_OPTED_OUT = "not-opted-out"
    EXEMPT = "opt-out-does-not-apply"
    OPTED_OUT = "opted-out"
    REGISTER_STALE = "register-stale"
    REGISTER_ABSENT = "register-absent"
    NOT_AVAILABLE = "not-available"


REASON_WORDS: Final = MappingProxyType(
    {
        Reason.CONSENTED: "The patient has agreed to this.",
        Reason.CONSENTED_IN_PART: "The patient has agreed to part of this. "
        "Some information is withheld.",
        Reason.IMPLIED_CARE: "You are recorded as caring for this patient, who has not objected.",
        Reason.CARE_GOES_ON: "You are recorded as caring for this patient, and care goes on. "
        "The privacy officers are told that something needs putting right.",
        Reason.OVERRIDE: "You have overridden the patient's choices in an emergency. "
        "This will be reviewed, and the patient sees it.",
        Reason.RECUSED: "You cannot look as staff: this is your own record, or you have "
        "stepped aside.",
        Reason.SUSPENDED: "Your access is suspended. Ask your organisation why.",
        Reason.NO_ROLE: "You have no role at this organisation today.",
        Reason.ROLE_REACH: "Your role does not reach this sort of information for this purpose.",
        Reason.REFUSED: "Information is withheld: the patient has refused this.",
        Reason.CONFLICT: "Information is withheld: people who speak for the patient disagree, "
        "and somebody will look into it.",
        Reason.LABELS_MISSING: "Information is withheld: the patient's choice depends on how it "
        "is labelled, and it has no labels.",
        Reason.INDETERMINATE: "Information is withheld: the patient's choice could not be "
        "worked out.",
        Reason.NO_OVERRIDE: "This purpose is for emergencies only: break the glass first, "
        "and say why.",
        Reason.AGREEMENT_MISSING: "No agreement between the two organisations covers this.",
        Reason.AGREEMENT_LAPSED: "The agreement between the two organisations has ended.",
        Reason.AGREEMENT_SUSPENDED: "The agreement between the two organisations is suspended.",
        Reason.NO_CARE_RELATIONSHIP: "You are not recorded as caring for this patient.",
        Reason.NO_CONSENT: "The patient has not agreed to this.",
        Reason.LEGAL_DUTY: "The law requires that this is passed on.",
        Reason.PROHIBITED: "The law forbids this, whatever the patient says.",
        Reason.NOT_OPTED_OUT: "The patient has not opted out of planning and research.",
        Reason.EXEMPT: "The opt-out from planning and research does not apply to this.",
        Reason.OPTED_OUT: "The patient has opted out of planning and research.",
        Reason.REGISTER_STALE: "The copy of the opt-out register is too old to be used.",
        Reason.REGISTER_ABSENT: "It is not known whether the patient has opted out.",
        Reason.NOT_AVAILABLE: "Nothing is available to you.",
    }
)
"""Each reason as the person who asked reads it."""

PATIENT_WORDS: Final = MappingProxyType(
    {
        Reason.CONSENTED: "You have agreed to this.",
        Reason.CONSENTED_IN_PART: "You have agreed to part of this. The rest was withheld.",
        Reason.IMPLIED_CARE: "They are recorded as looking after you, and you have not said no.",
        Reason.CARE_GOES_ON: "They are recorded as looking after you. Something about the "
        "paperwork was not in order, and the privacy officers were told.",
        Reason.OVERRIDE: "They said it was an emergency. Somebody else has to review this.",
        Reason.RECUSED: "They may not look as staff: it is their own record, or they have "
        "stepped aside.",
        Reason.SUSPENDED: "Their access was suspended.",
        Reason.NO_ROLE: "They had no role at that organisation.",
        Reason.ROLE_REACH: "Their role does not allow them to see this.",
        Reason.REFUSED: "You have refused this.",
        Reason.CONFLICT: "People who speak for you disagree about this.",
        Reason.LABELS_MISSING: "Your choice depends on labels that the information lacks.",
        Reason.INDETERMINATE: "Your choice could not be worked out, so it was withheld.",
        Reason.NO_OVERRIDE: "They named an emergency and had not said why.",
        Reason.AGREEMENT_MISSING: "No agreement between the organisations covers this.",
        Reason.AGREEMENT_LAPSED: "The agreement between the organisations had ended.",
        Reason.AGREEMENT_SUSPENDED: "The agreement between the organisations was suspended.",
        Reason.NO_CARE_RELATIONSHIP: "They are not recorded as looking after you.",
        Reason.NO_CONSENT: "You have not agreed to this.",
        Reason.LEGAL_DUTY: "The law requires that this is passed on.",
        Reason.PROHIBITED: "The law forbids this, whatever anybody says.",
        Reason.NOT_OPTED_OUT: "You have not opted out of planning and research.",
        Reason.EXEMPT: "Your opt-out does not apply to this.",
        Reason.OPTED_OUT: "You have opted out of planning and research.",
        Reason.REGISTER_STALE: "It had not been checked lately whether you have opted out.",
        Reason.REGISTER_ABSENT: "It was not known whether you have opted out.",
        Reason.NOT_AVAILABLE: "They were told that nothing is available.",
    }
)
"""The same reasons as the patient reads them."""


class Alert(StrEnum):
    """What a privacy officer is told of, because care went on in spite of it."""

    AGREEMENT_MISSING = "agreement-missing"
    AGREEMENT_LAPSED = "agreement-lapsed"
    AGREEMENT_SUSPENDED = "agreement-suspended"
    CONSENT_INDETERMINATE = "consent-indeterminate"
    CONSENT_CONFLICT = "consent-conflict"
    DECLARED_RELATIONSHIP = "declared-relationship"
    OVERRIDE = "override"


PUT_RIGHT: Final = frozenset(set(Alert) - {Alert.DECLARED_RELATIONSHIP, Alert.OVERRIDE})
"""Alerts that privacy officers find in a list of their own; the other two have their reviews."""


class Obligation(StrEnum):
    """What the enforcer must do, or have done."""

    ENFORCE_RESIDUAL = "enforce-residual"
    TELL_PATIENT = "tell-patient"
    TELL_PRIVACY_OFFICER = "tell-privacy-officer"
    REVIEW = "review"
    AUDIT = "audit"
    SAY_NOTHING = "say-nothing"
    """Show no mark where something is withheld: the patient chose that."""
    WITHHOLD_OTHERS = "withhold-others"
    """Leave out what is about the other people whom the data names."""


AFTER_OVERRIDE: Final = (
    Obligation.TELL_PATIENT,
    Obligation.REVIEW,
    Obligation.TELL_PRIVACY_OFFICER,
    Obligation.AUDIT,
)


class OverrideReason(StrEnum):
    """Why the glass was broken."""

    UNCONSCIOUS = "unconscious"
    CANNOT_COMMUNICATE = "cannot-communicate"
    RISK_TO_LIFE = "risk-to-life"
    RISK_TO_OTHERS = "risk-to-others"
    SAFEGUARDING = "safeguarding"
