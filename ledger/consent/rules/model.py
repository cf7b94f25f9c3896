"""The canonical model: what a consent says, and what may be asked of it. Values only."""

from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta, tzinfo
from enum import StrEnum
from uuid import UUID

from ledger.consent.rules.lifecycle import StatusEvent
from ledger.vocabulary.categories import Category

NOBODY: frozenset[str] = frozenset()


class Effect(StrEnum):
    """What a node does to a request that it matches."""

    PERMIT = "permit"
    DENY = "deny"

    @property
    def opposite(self) -> "Effect":
        return Effect.DENY if self is Effect.PERMIT else Effect.PERMIT


class Kind(StrEnum):
    """Five things that must never be called by another's name. Never rename a value."""

    CONSENT = "consent"
    """Consent to a use, as a legal basis under data-protection law."""
    CONFIDENTIALITY = "confidentiality-consent"
    """Agreement that what was told in confidence is passed on."""
    DISSENT = "dissent"
    """A no to sharing for one's own care."""
    OBJECTION = "objection"
    """An objection to processing (GDPR Article 21)."""
    OPT_OUT = "opt-out"
    """A no to uses beyond one's own care."""


class Capacity(StrEnum):
    """By what right somebody speaks."""

    PATIENT = "patient"
    PARENT = "parent"
    ATTORNEY = "attorney"
    DEPUTY = "deputy"
    OTHER = "other"
    """On another lawful basis: by the patient's own wish, or in their best interests."""
    HELPER = "helper"
    """Asked by the patient to help: may say no, and never yes."""


@dataclass(frozen=True, slots=True)
class Period:
    """A stretch of time: from `starts_at` until just before `ends_at`; None is open."""

    starts_at: datetime | None = None
    ends_at: datetime | None = None

    def covers(self, t: datetime) -> bool:
        """Say whether *t* is inside."""
        return (self.starts_at is None or self.starts_at <= t) and (
            self.ends_at is None or t < self.ends_at
        )

    @classmethod
    def of_days(cls, first: date | None, last: date | None, zone: tzinfo) -> "Period":
        """Return the period of whole days, both included, as *zone* counts days."""

        def midnight(day: date) -> datetime:
            return datetime.combine(day, time(), tzinfo=zone)

        return cls(
            None if first is None else midnight(first),
            None if last is None else midnight(last + timedelta(days=1)),
        )


ALWAYS = Period()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conditions:
    """What a node asks of a request. Empty or None is: any. Several values: any of them.

    Attributes:
        actors: Identifiers such as ``organisation:<uuid>``, ``person:<uuid>``, ``role:<role>``.
        actions: Codes of consentaction.
        purposes: v3 ActReason codes; each stands for all that is below it.
        period: When the node holds; tested at the instant of the request.
        codes: ``system|code``.
        items: References to single pieces of data.
        data_period: When the data is from.
    """

    actors: frozenset[str] = NOBODY
    actions: frozenset[str] = NOBODY
    purposes: frozenset[str] = NOBODY
    period: Period | None = None
    categories: frozenset[Category] = frozenset()
    resource_types: frozenset[str] = NOBODY
    codes: frozenset[str] = NOBODY
    items: frozenset[str] = NOBODY
    confidentiality: str | None = None
    sensitivities: frozenset[str] = NOBODY
    data_period: Period | None = None


ANY = Conditions()


@dataclass(frozen=True, slots=True)
class Node:
    """An exception: its effect is the opposite of its parent's. It may have exceptions."""

    conditions: Conditions
    children: "tuple[Node, ...]" = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What one version says.

    Attributes:
        closed: The scope is all there is: what is outside it is denied.
        unlabelled_is_normal: The controller recorded that data without labels is "N".
    """

    base: Effect
    scope: Conditions = ANY
    closed: bool = False
    exceptions: tuple[Node, ...] = ()
    period: Period = ALWAYS
    unlabelled_is_normal: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Grantor:
    """Who said it and by what right.

    Attributes:
        key: An opaque name for them; the same person always has the same.
        powers: While they may speak for the patient; a patient always may.
        stilled: While not even a no counts that they said before: their power was suspended,
            or recorded by mistake.
    """

    key: str
    capacity: Capacity = Capacity.PATIENT
    powers: tuple[Period, ...] = (ALWAYS,)
    stilled: tuple[Period, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One version of a consent, with all that has happened to it.

    Attributes:
        category: With kind, subject and agreement or controller: what it replaces.
        order: Its place among the patient's consents, in the order of the log.
        decided_at: When the person decided, which may be long before it was recorded.
        events: Oldest first, in the order of the log.
        records: Of a patient who has several: those in which it was said. Empty is the subject's.
        in_doubt: It is not clear whether the patient whose record this is said it, or means it
            still: see `rules.joined`. It permits nothing beyond direct care.
        lets_in: False where what it permits does not count: see `rules.tied`.
    """

    consent_id: UUID
    number: int
    subject: UUID
    grantor: Grantor
    kind: Kind
    category: str
    agreement_id: UUID | None = None
    controller: str | None = None
    terms: Terms
    order: int
    decided_at: datetime
    events: tuple[StatusEvent, ...]
    records: frozenset[UUID] = frozenset()
    in_doubt: bool = False
    lets_in: bool = True


@dataclass(frozen=True, slots=True)
class Labels:
    """The labels that a piece of data carries; none at all is *unlabelled*."""

    confidentiality: str | None = None
    sensitivities: frozenset[str] = NOBODY


@dataclass(frozen=True, slots=True, kw_only=True)
class Data:
    """What is known of the data. None is: not known when asked."""

    category: Category | None = None
    resource_type: str | None = None
    codes: frozenset[str] | None = None
    item: str | None = None
    labels: Labels | None = None
    dated_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """A request to use data.

    Attributes:
        actors: Everything the requester is: person, roles, teams, organisation.
        at: The instant it is judged by.
    """

    subject: UUID
    actors: frozenset[str]
    action: str
    purpose: str
    at: datetime
    data: Data = field(default_factory=Data)
