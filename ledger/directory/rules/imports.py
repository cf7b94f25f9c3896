"""The files that the directory takes in: what their columns are, and what is in a row."""

import re
from dataclasses import dataclass, replace
from datetime import date
from functools import partial
from typing import Final

from ledger.core.errors import Invalid
from ledger.directory.rules import names, nhs_number, organisations
from ledger.directory.rules.organisations import OrganisationDetails, OrganisationKind
from ledger.directory.rules.periods import Period, check_date_of_birth, check_period
from ledger.directory.rules.tables import Column, Faults, Row, Table, read_table

ROWS_MAX: Final = 10_000

_KINDS: Final = {
    **{kind.value: kind for kind in OrganisationKind},
    "icb": OrganisationKind.BOARD,
    "nhs-icb": OrganisationKind.BOARD,
    "trust": OrganisationKind.TRUST,
    "site": OrganisationKind.SITE,
    "gp": OrganisationKind.PRACTICE,
    "local-authority": OrganisationKind.COUNCIL,
    "charity": OrganisationKind.VOLUNTARY,
    "provider": OrganisationKind.PROVIDER,
}
_BRITISH_DATE: Final = re.compile(r"^(\d{1,2})[/.](\d{1,2})[/.](\d{4})$")
_EMAIL_ALSO: Final = ("staff e-mail", "work e-mail", "member of staff")


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a patient is. Private: never in an entry's open part, a log line or an error."""

    name: str
    date_of_birth: date
    nhs_number: str


@dataclass(frozen=True, slots=True, kw_only=True)
class CareRow:
    """One line of a roster: whom a patient is cared for by, and from when to when.

    Attributes:
        team: A team's name; made if the organisation has none of that name.
        email: A person's address. With a team too, it is the person alone who is meant.
    """

    nhs_number: str
    team: str | None
    email: str | None
    period: Period


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamRow:
    """One line of a list of teams: who is in one, and from when to when."""

    team: str
    email: str
    period: Period


def day(text: str) -> date:
    """Return the day that *text* names: 2026-03-01, or 1/3/2026 as written in Britain."""
    if match := _BRITISH_DATE.match(text):
        text = f"{match[3]}-{int(match[2]):02}-{int(match[1]):02}"
    try:
        return date.fromisoformat(text)
    except ValueError as error:
        raise Invalid("a day looks like 2026-03-01 or 01/03/2026: check it again") from error


_PERIOD: Final = (
    Column(name="from", also=("start", "starts on", "start date"), read=day),
    Column(name="until", also=("to", "end", "ends on", "end date"), read=day, required=False),
)


def kind(text: str) -> OrganisationKind:
    """Return the kind that *text* names, in our words or those of the NHS's own lists."""
    found = _KINDS.get("-".join(re.findall(r"[a-z0-9]+", text.casefold())))
    if found is None:
        raise Invalid(f"not a kind of organisation; choose one of {', '.join(OrganisationKind)}")
    return found


def read_organisations(content: bytes) -> Table:
    """Read organisations. Raises `UnreadableTable`."""
    columns = (
        Column(
            name="ODS code",
            also=("code", "organisation code"),
            read=organisations.ods_code,
        ),
        Column(
            name="name",
            also=("organisation", "organisation name"),
            read=partial(names.name, what="name of an organisation"),
        ),
        Column(name="kind", also=("type", "role"), read=kind),
        Column(
            name="postcode",
            also=("post code",),
            read=organisations.postcode,
            required=False,
        ),
        Column(name="town", also=("city",), read=names.name, required=False),
    )
    return read_table(content, columns, rows_max=ROWS_MAX, unique=("ODS code",))


def organisation_of(row: Row) -> OrganisationDetails:
    """Return the organisation of a good row."""
    return OrganisationDetails(
        name=row.values["name"],
        kind=row.values["kind"],
        ods_code=row.values["ODS code"],
        town=row.values["town"],
        postcode=row.values["postcode"],
    )


def read_patients(content: bytes, *, today: date, demonstration: bool) -> Table:
    """Read patients. Raises `UnreadableTable`."""
    columns = (
        Column(
            name="NHS number",
            also=("NHS no", "nhs", "patient NHS number"),
            read=partial(_ranged, demonstration=demonstration),
        ),
        Column(
            name="date of birth",
            also=("DOB", "birth date", "born"),
            read=partial(_born_on, today=today),
        ),
        Column(name="name", also=("patient", "patient name", "full name"), read=names.name),
    )
    return read_table(content, columns, rows_max=ROWS_MAX, unique=("NHS number",))


def identity_of(row: Row) -> Identity:
    """Return the patient of a good row."""
    return Identity(
        name=row.values["name"],
        date_of_birth=row.values["date of birth"],
        nhs_number=row.values["NHS number"],
    )


def read_care(content: bytes, *, today: date, demonstration: bool) -> Table:
    """Read who cares for whom. Each good row has a period that can be. Raises `UnreadableTable`."""
    columns = (
        Column(
            name="NHS number",
            also=("NHS no", "nhs", "patient NHS number"),
            read=partial(_ranged, demonstration=demonstration),
        ),
        Column(
            name="team",
            also=("care team",),
            read=partial(names.name, what="team"),
            required=False,
        ),
        Column(name="e-mail", also=_EMAIL_ALSO, read=names.email, required=False),
        *_PERIOD,
    )
    return _with_periods(read_table(content, columns, rows_max=ROWS_MAX), today=today)


def read_teams(content: bytes, *, today: date, demonstration: bool) -> Table:  # noqa: ARG001
    """Read who is in which team. Takes what the other files take. Raises `UnreadableTable`."""
    columns = (
        Column(name="team", also=("care team",), read=partial(names.name, what="team")),
        Column(name="e-mail", also=_EMAIL_ALSO, read=names.email),
        *_PERIOD,
    )
    return _with_periods(read_table(content, columns, rows_max=ROWS_MAX), today=today)


def _with_periods(table: Table, *, today: date) -> Table:
    """Return *table* without the rows whose days make no period, each of them a fault."""
    faults = Faults(list(table.faults), table.fault_count)
    good = []
    for row in table.rows:
        try:
            check_period(Period(row.values["from"], row.values["until"]), today=today)
        except Invalid as error:
            faults.add(row.line, "from and until", error.detail)
        else:
            good.append(row)
    return replace(table, rows=tuple(good), faults=tuple(faults.kept), fault_count=faults.count)


def team_of(row: Row) -> TeamRow:
    """Return the member of a team of a good row."""
    return TeamRow(
        team=row.values["team"],
        email=row.values["e-mail"],
        period=Period(row.values["from"], row.values["until"]),
    )


def care_of(row: Row) -> CareRow:
    """Return the care relationship of a good row."""
    return CareRow(
        nhs_number=row.values["NHS number"],
        team=row.values["team"],
        email=row.values["e-mail"],
        period=Period(row.values["from"], row.values["until"]),
    )


def check_identity(identity: Identity, *, today: date, demonstration: bool) -> Identity:
    """Return *identity* with each part in its one spelling. Raises `Invalid`, saying which."""
    check_date_of_birth(identity.date_of_birth, today=today)
    return Identity(
        name=names.name(identity.name),
        date_of_birth=identity.date_of_birth,
        nhs_number=_ranged(identity.nhs_number, demonstration=demonstration),
    )


def _ranged(text: str, *, demonstration: bool) -> str:
    number = nhs_number.parse(text)
    nhs_number.check_range(number, demonstration=demonstration)
    return number


def _born_on(text: str, *, today: date) -> date:
    born_on = day(text)
    check_date_of_birth(born_on, today=today)
    return born_on
