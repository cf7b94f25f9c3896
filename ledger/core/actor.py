"""Who is acting."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Self
from uuid import UUID

from ledger.core.errors import Bug
from ledger.core.permissions import Permission


class Role(StrEnum):
    """A role as policies/policy.csv spells it. `docs/reference/permissions.md` explains each."""

    PATIENT = "patient"
    PROXY = "proxy"
    ADVOCATE = "advocate"
    CLINICIAN = "clinician"
    SOCIAL_WORKER = "social_worker"
    CARE_COORDINATOR = "care_coordinator"
    SIGNATORY = "signatory"
    PRIVACY_OFFICER = "privacy_officer"
    SAFEGUARDING_LEAD = "safeguarding_lead"
    FINANCE_LEAD = "finance_lead"
    CHIEF_FINANCE_OFFICER = "chief_finance_officer"
    CHIEF_EXECUTIVE = "chief_executive"
    POOL_MANAGER = "pool_manager"
    BOARD_MEMBER = "board_member"
    AUDITOR = "auditor"
    STEWARD = "steward"
    SERVICE = "service"
    """A program that asks for decisions on behalf of its organisation's staff."""
    BODY = "body"
    """A board or committee that carries out what it decided. Nobody signs in as it."""
    SYSTEM = "system"
    """The service itself: its clock, its installer. Nobody signs in as it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mandate:
    """By which decision a body acts.

    Attributes:
        host_id: The organisation that hosts the body.
        decision_id: The motion that passed.
        mover_id: The person who proposed it, who is the maker of what others must approve.
    """

    body_id: UUID
    host_id: UUID
    decision_id: UUID
    mover_id: UUID


class ActorKind(StrEnum):
    """What sort of actor; the first word of how the log spells it."""

    PERSON = "person"
    CLIENT = "client"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True, kw_only=True)
class Actor:
    """Whoever acts, as of this request.

    Attributes:
        key: A person's or client's id; the name of a job, for the system.
        roles: What they act as: the role they have chosen.
        held: Every role they have anywhere today. What is denied to one of these is denied,
            whichever they have chosen: a rule against somebody is not shed by switching.
        organisation_id: Whom they act for; None for a patient.
        membership_id: The membership they have chosen, if it was by one.
        patient_id: The record that is about themselves, if they have linked one. A person
            and the subject of a record have different ids.
        proxy_for: The patients they may act for, as of today.
        on_behalf_of: Whom a client acts for, spelled as in the log.
        scopes: What a token narrows them to; None for a person's session.
        unproven: What they may not do before a stronger sign-in, whatever the policy says.
    """

    kind: ActorKind
    key: str
    roles: frozenset[Role] = frozenset()
    held: frozenset[Role] = frozenset()
    organisation_id: UUID | None = None
    membership_id: UUID | None = None
    patient_id: UUID | None = None
    proxy_for: frozenset[UUID] = frozenset()
    on_behalf_of: str | None = None
    scopes: frozenset[str] | None = None
    unproven: frozenset[Permission] = frozenset()

    @classmethod
    def person(cls, person_id: UUID, **facts: object) -> Self:
        """Return a person who has signed in."""
        return cls(kind=ActorKind.PERSON, key=str(person_id), **facts)  # type: ignore[arg-type]

    @classmethod
    def client(cls, client_id: UUID, **facts: object) -> Self:
        """Return a program that holds a token."""
        return cls(kind=ActorKind.CLIENT, key=str(client_id), **facts)  # type: ignore[arg-type]

    @classmethod
    def system(cls, job: str) -> Self:
        """Return the service itself, doing *job*."""
        return cls(kind=ActorKind.SYSTEM, key=job, roles=frozenset({Role.SYSTEM}))

    def for_body(self, mandate: Mandate) -> "Actor":
        """Return the same actor carrying out what a body decided, and nothing of their own."""
        return Actor(
            kind=self.kind,
            key=self.key,
            roles=frozenset({Role.BODY}),
            organisation_id=mandate.host_id,
            on_behalf_of=f"body:{mandate.body_id}",
        )

    @property
    def ref(self) -> str:
        """How the log spells this actor: opaque, and safe to write down."""
        return f"{self.kind}:{self.key}"

    @property
    def principal(self) -> str:
        """Who answers for what is done: the person a program acts for, or else the actor.

        Spelled as in the log. Where two people have to act, these must be two: a person and
        their own program are one.
        """
        return self.on_behalf_of or self.ref

    @property
    def person_id(self) -> UUID | None:
        """The human being who answers for what is done; None if it is a program's own doing."""
        sort, _, key = self.principal.partition(":")
        return UUID(key) if sort == ActorKind.PERSON else None

    @property
    def id(self) -> UUID:
        """The id of a person or client. Raises `Bug` for the system, which has a name only."""
        if self.kind is ActorKind.SYSTEM:
            raise Bug("the system has no id")
        return UUID(self.key)
