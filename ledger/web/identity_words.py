"""Two records side by side, in words: what presenters of `directory_identity` give its pages."""

from dataclasses import dataclass
from typing import Final
from uuid import UUID

from ledger.directory.identity.rules import GROUNDS, Act, Ground
from ledger.directory.rules.imports import Identity
from ledger.directory.rules.nhs_number import spaced
from ledger.web.shell import day as in_words

GROUND_WORDS: Final = {
    Ground.NUMBER_SUPERSEDED: "One NHS number has replaced the other",
    Ground.DUPLICATE_REGISTRATION: "The patient was registered twice",
    Ground.PATIENT_SAYS: "The patient says so, and showed who they are",
    Ground.JOINED_BY_MISTAKE: "They were joined by mistake",
    Ground.TWO_PEOPLE: "They turned out to be two people",
}
ACT_WORDS: Final = {
    Act.JOIN: "These two records are one patient’s",
    Act.SEPARATE: "These two records are not one patient’s after all",
}
_ERASED: Final = "Erased"


@dataclass(frozen=True, slots=True, kw_only=True)
class Side:
    """One of two records, in words."""

    id: UUID
    name: str
    born: str
    number: str

    @classmethod
    def of(cls, patient_id: UUID, identity: Identity | None) -> "Side":
        """Present a record."""
        if identity is None:
            return cls(id=patient_id, name=_ERASED, born=_ERASED, number=_ERASED)
        return cls(
            id=patient_id,
            name=identity.name,
            born=in_words(identity.date_of_birth),
            number=spaced(identity.nhs_number),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One thing that both records say, and whether they say the same."""

    what: str
    first: str
    second: str

    @property
    def verdict(self) -> tuple[str, str]:
        """Say whether both agree, with a colour; never by the colour alone."""
        same = self.first.casefold() == self.second.casefold()
        return ("The same", "green") if same else ("Different", "orange")


def lines(first: Side, second: Side) -> list[Line]:
    """Return what to compare."""
    return [
        Line(what="Name", first=first.name, second=second.name),
        Line(what="Date of birth", first=first.born, second=second.born),
        Line(what="NHS number", first=first.number, second=second.number),
    ]


def ground_options(act: Act, chosen: str) -> list[dict[str, object]]:
    """Return the grounds for an act, as the radios component takes them."""
    return [
        {"value": one.value, "text": GROUND_WORDS[one], "checked": one == chosen}
        for one in Ground
        if one in GROUNDS[act]
    ]
