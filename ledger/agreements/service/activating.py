"""What follows by itself from a signature: a version comes into force, or a party comes in."""

from datetime import date, timedelta
from uuid import UUID

from ledger.agreements.entries import AgreementAcceded, AgreementActivated, AgreementSuperseded
from ledger.agreements.lines import asked_of, bound_by, labels_of
from ledger.agreements.models import Agreement, AgreementVersion
from ledger.agreements.rules import document
from ledger.agreements.rules.leaving import ends_with
from ledger.agreements.rules.lifecycle import STANDING, Command, State
from ledger.agreements.rules.modes import is_complete
from ledger.agreements.rules.terms import Kind, Terms
from ledger.agreements.service.loading import allows, leaving, load_standing, lock_covered
from ledger.agreements.service.neighbours import check_alone, gap
from ledger.core import blobs
from ledger.core.errors import Conflict
from ledger.core.work import UnitOfWork


class TooLate(Conflict):
    """The last signature would come after the agreement's last day."""

    slug = "agreement-already-over"
    title = "The agreement would be over before it begins"


def after_signature(
    work: UnitOfWork,
    agreement: Agreement,
    version: AgreementVersion,
    terms: Terms,
    organisation_id: UUID,
) -> bool:
    """Record what the signature just recorded brings about; say whether anything came in force.

    Raises:
        TooLate: it would be over by now.
        Overlapping: another agreement covers the same by now.
    """
    if State(version.state) in STANDING:
        lock_covered(work)
        _check_alone(work, version, terms)
        work.record(
            AgreementAcceded(
                agreement_id=agreement.id,
                number=version.number,
                organisation_id=organisation_id,
                first_day=max(version.first_day, work.today),
            )
        )
        return True
    bound = bound_by(work.session, version)
    if not is_complete(terms, bound=bound, awaited=_awaited(work, agreement, version)):
        return False
    _activate(work, agreement, version, terms)
    return True


def _awaited(work: UnitOfWork, agreement: Agreement, version: AgreementVersion) -> frozenset[UUID]:
    """Return the parties that an amendment concerns and the version in force binds."""
    if agreement.standing is None:
        return frozenset()
    standing = load_standing(work, agreement)
    concerned = frozenset(one.organisation_id for one in asked_of(version))
    return concerned & bound_by(work.session, standing)


def _activate(
    work: UnitOfWork, agreement: Agreement, version: AgreementVersion, terms: Terms
) -> None:
    first_day = terms.starts_on
    if terms.kind is Kind.DATA_SHARING:  # Money may start before it is signed, access never.
        first_day = max(first_day, work.today)
    last_day = ends_with(terms, gone=leaving(work, agreement.id))
    if last_day < first_day:
        raise TooLate("propose a version with a later end")
    if agreement.standing is not None:
        earlier = load_standing(work, agreement)
        allows(earlier, Command.SUPERSEDE)
        _check_alone(work, version, terms)
        work.record(_superseded(earlier, version.number, first_day))
    else:
        lock_covered(work)
        _check_alone(work, version, terms)
    if noted := gap(work.session, agreement.id, version.number, terms, first_day=first_day):
        work.record(noted)
    work.record(
        AgreementActivated(
            agreement_id=agreement.id,
            number=version.number,
            first_day=first_day,
            last_day=last_day,
        )
    )


def _check_alone(work: UnitOfWork, version: AgreementVersion, terms: Terms) -> None:
    text = blobs.read(work.session, version.document_sha256).decode()
    shown = document.read(text, labels_of(version))
    check_alone(work.session, version.agreement_id, shown, terms)


def _superseded(earlier: AgreementVersion, by_number: int, first_day: date) -> AgreementSuperseded:
    return AgreementSuperseded(
        agreement_id=earlier.agreement_id,
        number=earlier.number,
        by_number=by_number,
        last_day=min(earlier.last_day, first_day - timedelta(days=1)),
    )
