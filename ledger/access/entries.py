"""What the access area writes: decisions to the access log, overrides to the ledger."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from audit import Entry, about, entry, private
from ledger.access.rules.words import (
    Action,
    Agreement,
    Alert,
    Consent,
    Outcome,
    OverrideReason,
    Reason,
    Register,
    Relationship,
    Standing,
)
from ledger.core.actor import Role
from ledger.vocabulary.categories import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Bearing:
    """A consent that bore on a decision: which version, which of its nodes, and how."""

    consent_id: UUID
    version: int
    path: tuple[int, ...]
    effect: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Saw:
    """The versions of everything that a decision saw. With the ruleset, they settle it.

    Attributes:
        consents: Of the patient's consents; 0 if there were none.
        roster: Of who looks after the patient; 0 if there is no such patient.
        person: Of what the person who asked may be; 0 for a program.
        agreements: How often what any agreement covers had changed.
    """

    consents: int
    roster: int
    person: int
    agreements: int


@entry("access.decided", log="access")
class AccessDecidedV1(Entry):
    """Somebody asked whether they may see something, and was answered.

    Attributes:
        patient_id: None if there is no such patient.
        person_id: Who would look; None if a program asked for itself.
        organisation_id: Whom they acted for.
        confidentiality, sensitivities: What was said about labels; None for nothing.
        regime: Row and version of the regime table; its absence is "-".
        told: The reason as the requester was told it.
        agreement_id: What covered it, or would have.
        lines: The policy lines that settled it.
    """

    patient_id: UUID | None = about("patient")
    person_id: UUID | None = about("person")
    organisation_id: UUID
    holder_id: UUID
    roles: frozenset[Role]
    role: Role | None
    action: Action
    category: Category
    purpose: str
    confidentiality: str | None
    sensitivities: frozenset[str] | None
    regime: str
    agreement: Agreement
    consent: Consent
    relationship: Relationship
    standing: Standing
    outcome: Outcome
    reason: Reason
    told: Reason
    alerts: tuple[Alert, ...]
    agreement_id: UUID | None
    agreement_version: int | None
    clause: str | None
    consents: tuple[Bearing, ...]
    lines: tuple[str, ...]
    override_id: UUID | None
    saw: Saw


@dataclass(frozen=True, slots=True, kw_only=True)
class SawAll(Saw):
    """As `Saw`, and how often it had changed which organisation stands for which."""

    successions: int


@entry("access.decided", version=2, log="access")
class AccessDecidedV2(Entry):
    """Somebody asked whether they may see something, and was answered.

    As version 1, and:

    Attributes:
        holder_id: As it was asked; if another stands in its place, that one was decided by.
        stood_for: The organisations in whose place the asker's organisation stood.
        stands_for: The parties that the agreement names, where others stood in their place.
    """

    patient_id: UUID | None = about("patient")
    person_id: UUID | None = about("person")
    organisation_id: UUID
    holder_id: UUID
    stood_for: tuple[UUID, ...]
    roles: frozenset[Role]
    role: Role | None
    action: Action
    category: Category
    purpose: str
    confidentiality: str | None
    sensitivities: frozenset[str] | None
    regime: str
    agreement: Agreement
    consent: Consent
    relationship: Relationship
    standing: Standing
    outcome: Outcome
    reason: Reason
    told: Reason
    alerts: tuple[Alert, ...]
    agreement_id: UUID | None
    agreement_version: int | None
    clause: str | None
    stands_for: tuple[UUID, ...]
    consents: tuple[Bearing, ...]
    lines: tuple[str, ...]
    override_id: UUID | None
    saw: SawAll


@dataclass(frozen=True, slots=True, kw_only=True)
class SawEverything(SawAll):
    """As `SawAll`, and which copy of the opt-out register, and how often standing had changed.

    Who has opted out, and who hides what they withhold, counts among the patient's consents.
    """

    register: int
    standing: int


@entry("access.decided", version=3, log="access")
class AccessDecided(Entry):
    """Somebody asked whether they may see something, and was answered.

    As version 2, and:

    Attributes:
        others: The other patients whom the data names, as far as it was said.
        register: What the copy of the opt-out register said.
        checked_at: When the register had been asked; None if no copy counted.
    """

    patient_id: UUID | None = about("patient")
    person_id: UUID | None = about("person")
    organisation_id: UUID
    holder_id: UUID
    stood_for: tuple[UUID, ...]
    roles: frozenset[Role]
    role: Role | None
    action: Action
    category: Category
    purpose: str
    others: tuple[UUID, ...]
    confidentiality: str | None
    sensitivities: frozenset[str] | None
    regime: str
    agreement: Agreement
    consent: Consent
    relationship: Relationship
    standing: Standing
    register: Register
    checked_at: datetime | None
    outcome: Outcome
    reason: Reason
    told: Reason
    alerts: tuple[Alert, ...]
    agreement_id: UUID | None
    agreement_version: int | None
    clause: str | None
    stands_for: tuple[UUID, ...]
    consents: tuple[Bearing, ...]
    lines: tuple[str, ...]
    override_id: UUID | None
    saw: SawEverything


@entry("access.override-opened")
class AccessOverrideOpened(Entry):
    """Somebody broke the glass: for one patient, until a moment, and with a reason."""

    override_id: UUID
    patient_id: UUID = about("patient")
    person_id: UUID = about("person")
    organisation_id: UUID
    reason_code: OverrideReason
    ends_at: datetime
    reason: str | None = private("words", of="patient_id")


@entry("access.override-seconded")
class AccessOverrideSeconded(Entry):
    """A second person stands by it: others would be harmed, whatever the patient refused."""

    override_id: UUID
    patient_id: UUID = about("patient")
    person_id: UUID = about("person")
    reason: str | None = private("words", of="patient_id")


@entry("access.override-ended")
class AccessOverrideEnded(Entry):
    """Whoever broke the glass needs it no longer, before its minutes are over."""

    override_id: UUID
    patient_id: UUID = about("patient")
    person_id: UUID = about("person")


@entry("access.override-refused")
class AccessOverrideRefused(Entry):
    """Somebody would have broken the glass and could not: why, and for whom."""

    patient_id: UUID = about("patient")
    person_id: UUID = about("person")
    organisation_id: UUID
    why: str


@entry("access.override-reviewed")
class AccessOverrideReviewed(Entry):
    """Somebody else looked at why the glass was broken, and closed the review."""

    override_id: UUID
    patient_id: UUID = about("patient")
    person_id: UUID = about("person")
    justified: bool
    finding: str | None = private("words", of="patient_id")


@entry("access.override-overdue")
class AccessOverrideOverdue(Entry):
    """Nobody has reviewed in time why the glass was broken.

    Attributes:
        owner_id: The organisation whose privacy officers review it.
        host_id: The organisation that runs the service, if it is another.
    """

    override_id: UUID
    patient_id: UUID = about("patient")
    owner_id: UUID = about("organisation")
    host_id: UUID | None = about("organisation")
