"""What may be asked. Made by the edges, judged by `ledger.access.deciding`."""

from dataclasses import dataclass
from uuid import UUID

from ledger.access.rules.words import Action
from ledger.core.actor import Role
from ledger.vocabulary.categories import Category


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """May this person see this category of this patient's data, held there, for this purpose?

    Attributes:
        person_id: Who would look; None if a program asks for itself.
        client_id: The program, if it asks for itself.
        organisation_id: Whom they act for.
        role: The one role they act in; None for all that they have there.
        patient_id: None if nobody has the number that was asked about.
        labelled: Whether anything was said about labels.
        confidentiality: The label on the data, if any.
        sensitivities: The labels on the data.
        others: Other patients whom the data names: a mother's baby, a household.
    """

    person_id: UUID | None
    client_id: UUID | None = None
    organisation_id: UUID
    role: Role | None = None
    action: Action
    patient_id: UUID | None
    category: Category
    holder_id: UUID
    labelled: bool = False
    confidentiality: str | None = None
    sensitivities: frozenset[str] = frozenset()
    purpose: str
    others: frozenset[UUID] = frozenset()
