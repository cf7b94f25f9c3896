"""The terms of an agreement: what programs read, beside the text that people read."""

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from uuid import UUID

from ledger.agreements.rules.basis import LawfulBasis
from ledger.agreements.rules.fund import FundTerms, FundTermsV1
from ledger.vocabulary.categories import Category


class Kind(StrEnum):
    """What an agreement is about. The value is stored and logged: never rename one."""

    DATA_SHARING = "data-sharing"
    POOLED_FUND = "pooled-fund"


class Mode(StrEnum):
    """Whose signatures bring it into force."""

    ALL = "all"
    """Every party has signed."""
    PAIRWISE = "pairwise"
    """Between each two that have signed."""
    HUB = "hub"
    """Between the leading party and each other that has signed."""
    JOINDER = "joinder"
    """Every party has signed; later ones accede without asking all again."""


class PartyRole(StrEnum):
    """What a party is in one flow, in the words of UK GDPR Article 4."""

    CONTROLLER = "controller"
    JOINT_CONTROLLER = "joint-controller"
    PROCESSOR = "processor"


class ApprovalKind(StrEnum):
    """What a flow may need besides signatures."""

    DPIA = "dpia"
    POLICY_DOCUMENT = "appropriate-policy-document"
    CALDICOTT = "caldicott"
    SECTION_251 = "section-251"
    ETHICS = "research-ethics"
    HRA = "health-research-authority"


@dataclass(frozen=True, slots=True, kw_only=True)
class Party:
    """An organisation, by the name it had, and when it signs.

    Attributes:
        signs_in_group: Groups sign one after another from 1; inside one, in any order.
        leads: One party does: it keeps the agreement, and without it there is none.
    """

    organisation_id: UUID
    name: str
    signs_in_group: int = 1
    leads: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Flow:
    """One organisation may give another certain data for one purpose.

    Attributes:
        key: Short and unique in the agreement; it stays through amendments.
        purpose: A code of `ledger.vocabulary.purposes`; it covers its children too.
    """

    key: str
    from_party: UUID
    to_party: UUID
    purpose: str
    categories: frozenset[Category]
    basis: LawfulBasis
    from_role: PartyRole = PartyRole.CONTROLLER
    to_role: PartyRole = PartyRole.CONTROLLER


@dataclass(frozen=True, slots=True, kw_only=True)
class Approval:
    """A document or decision elsewhere that flows depend on.

    Attributes:
        reference: Where it is filed. A number or title, never a person's name.
        last_day: The agreement may not outlive it. None if it does not end.
    """

    kind: ApprovalKind
    reference: str
    approved_on: date
    last_day: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """What was filled into a blank of the template."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class TermsV1:
    """Everything about a version that a rule may ask. Days are inclusive, London time."""

    kind: Kind
    title: str
    starts_on: date
    ends_on: date
    review_on: date
    parties: tuple[Party, ...]
    mode: Mode = Mode.ALL
    flows: tuple[Flow, ...] = ()
    approvals: tuple[Approval, ...] = ()
    fund: FundTermsV1 | None = None
    notice_days: int = 90
    """A party that leaves says so at least this many days before."""
    return_days: int = 30
    """A party that left destroys or returns what it holds within this many days."""
    renews_id: UUID | None = None
    variables: tuple[Variable, ...] = ()

    @property
    def party_ids(self) -> frozenset[UUID]:
        return frozenset(party.organisation_id for party in self.parties)

    @property
    def lead_id(self) -> UUID | None:
        return next((party.organisation_id for party in self.parties if party.leads), None)

    def name_of(self, organisation_id: UUID) -> str:
        """Return the name a party had when this was drafted."""
        names = {party.organisation_id: party.name for party in self.parties}
        return names.get(organisation_id, "(an organisation that is no party)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms(TermsV1):
    """Everything about a version, with a fund that may say what follows an overspend."""

    fund: FundTerms | None = None
