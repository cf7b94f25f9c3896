"""Who somebody is whom a provider sends back: by their account, or by what it vouches for."""

from datetime import date
from uuid import UUID

import structlog

from ledger.core.actor import Actor
from ledger.core.db import db
from ledger.core.errors import LedgerError
from ledger.core.work import unit_of_work
from ledger.directory import queries, service
from ledger.edge import claims, provider_links
from ledger.edge.claims import Chosen, ClaimsRefused, Proofed
from ledger.edge.login import Returned, SignInFailed
from ledger.edge.providers import Provider

log: structlog.stdlib.BoundLogger = structlog.get_logger("ledger.login")


def person(provider: Provider, returned: Returned) -> UUID | None:
    """Return who came back; None if nobody here has the account, and no record is theirs.

    An account at a provider of patients that nobody has yet becomes the patient's whose NHS
    number it proves, once and for all. From then on it must go on proving the same one.

    Raises:
        SignInFailed: the account is one patient's here, and another's at the provider.
    """
    proofed = claims.proofed(provider.patient, returned.claims) if provider.patient else None
    if proofed is None:
        return returned.person_id
    if returned.person_id is None:
        return _recognised(provider, returned, proofed)
    _must_agree(returned.person_id, proofed)
    return returned.person_id


def chosen(provider: Provider, returned: Returned) -> Chosen | None:
    """Return the role that was chosen at the provider, if it is one where people choose.

    Raises:
        SignInFailed: it names none, or one that means nothing here.
    """
    if provider.staff is None:
        return None
    try:
        return claims.chosen(provider.staff, returned.claims)
    except ClaimsRefused as refused:
        log.warning("claims refused", provider=provider.slug)
        raise SignInFailed(str(refused)) from refused


def _recognised(provider: Provider, returned: Returned, proofed: Proofed) -> UUID | None:
    try:
        born = date.fromisoformat(proofed.birthdate) if proofed.birthdate else None
        with unit_of_work(Actor.system("sign-in")) as work:
            person_id = service.recognise_patient(
                work, nhs_number=proofed.nhs_number, date_of_birth=born
            )
    except (LedgerError, ValueError) as refused:  # Whoever asks learns nothing of why.
        log.info("not recognised", provider=provider.slug, why=type(refused).__name__)
        return None
    proof = returned.authentication
    provider_links.link(proof.iss, proof.sub, person_id)
    return person_id


def _must_agree(person_id: UUID, proofed: Proofed) -> None:
    linked = queries.linked_patient(db.session(), person_id)
    if linked is None:
        return
    try:
        vouched = queries.patient_by_nhs_number(db.session(), proofed.nhs_number)
    except LedgerError:
        vouched = None
    if vouched != linked:
        raise SignInFailed(
            "The provider says that you are somebody else than the patient whose record this "
            "account opens. Ask your care team to put this right."
        )
