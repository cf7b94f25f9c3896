"""What the page for a draft's parties reads: who is party, who leads, and who signs when."""

from dataclasses import replace
from typing import Final

from sqlalchemy.orm import Session

from ledger.agreements.rules.terms import Mode, Party, Terms
from ledger.directory import queries as directory
from ledger.web.agreement_forms import Form, Reading, party_of, shared_pro_rata

_PARTIES_MIN: Final = 2


def with_parties(terms: Terms, form: Form, session: Session) -> tuple[Terms, dict[str, str]]:
    """Read whose signatures bring it into force, who leads, the order, who joins and who not."""
    read = Reading(form)
    mode = read.word("mode", Mode, "Choose when it comes into force")
    lead = party_of(read, "lead", terms, "Choose who leads")
    parties = []
    for place, party in enumerate(terms.parties, 1):
        group = read.read(f"group_{place}", _group, "Enter a whole number, from 1 to 50") or 1
        leads = party.organisation_id == lead
        parties.append(replace(party, signs_in_group=group, leads=leads))
    joining = _joining(read, terms, session)
    remaining = _remaining(read, terms, [*parties, *joining])
    if read.errors or mode is None:
        return terms, read.errors
    return _between(replace(terms, mode=mode), remaining), {}


def _joining(read: Reading, terms: Terms, session: Session) -> list[Party]:
    code = read.form.get("joins", "").strip().split(" ")[0].upper()
    if not code:
        return []
    found = directory.organisation_by_code(session, code)
    if found is None:
        read.errors["joins"] = "Enter the ODS code of an organisation in the directory"
        return []
    if found.id in terms.party_ids:
        read.errors["joins"] = f"{found.name} is a party already"
        return []
    return [Party(organisation_id=found.id, name=found.name)]


def _remaining(read: Reading, terms: Terms, parties: list[Party]) -> tuple[Party, ...]:
    out = set(read.form.getlist("out"))
    remaining = tuple(one for one in parties if str(one.organisation_id) not in out)
    if any(one.leads for one in parties) and not any(one.leads for one in remaining):
        read.errors["out"] = "Choose another party to lead before you leave this one out"
    elif terms.fund is not None and str(terms.fund.host_id) in out:
        read.errors["out"] = "The organisation that hosts the fund cannot be left out"
    elif len(remaining) < _PARTIES_MIN:
        read.errors["out"] = "Leave at least two parties"
    return remaining


def _between(terms: Terms, parties: tuple[Party, ...]) -> Terms:
    """Return *terms* between *parties* alone: what others gave, received or paid in goes."""
    kept = {one.organisation_id for one in parties}
    flows = tuple(one for one in terms.flows if {one.from_party, one.to_party} <= kept)
    between = replace(terms, parties=parties, flows=flows)
    if between.fund is None or kept >= terms.party_ids:
        return between
    paid_in = tuple(one for one in between.fund.contributions if one.partner_id in kept)
    return replace(between, fund=shared_pro_rata(paid_in, between))


def _group(text: str) -> int:
    number = int(text)
    if not 0 < number <= 50:  # noqa: PLR2004  (as the API)
        raise ValueError(text)
    return number
