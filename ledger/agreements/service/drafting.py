"""Writing an agreement, until it is proposed."""

from dataclasses import dataclass, replace
from uuid import UUID

from sqlalchemy.orm import Session

from ledger.agreements.entries import AgreementDrafted, AgreementRedrafted
from ledger.agreements.lines import terms_of
from ledger.agreements.models import AgreementVersion
from ledger.agreements.rules import markdown, odrl_in
from ledger.agreements.rules.checks import check_size
from ledger.agreements.rules.compose import compose
from ledger.agreements.rules.document import Document
from ledger.agreements.rules.fund import check_steps
from ledger.agreements.rules.lifecycle import Command, State
from ledger.agreements.rules.template import Template, TemplateRef
from ledger.agreements.rules.terms import Kind, Terms
from ledger.agreements.service.loading import allows, load, load_open, load_standing, load_version
from ledger.agreements.templates import template_for
from ledger.core import blobs
from ledger.core.authority import Resource
from ledger.core.errors import Conflict, Fault, Invalid
from ledger.core.ids import new_id
from ledger.core.policy import Permission
from ledger.core.work import UnitOfWork
from ledger.directory import queries as directory
from ledger.directory.succession.queries import hold_successions

MEDIA_TYPE = "text/plain; charset=utf-8"


class UnknownParty(Invalid):
    """The terms name an organisation that the directory does not know."""

    slug = "unknown-party"
    title = "A party is not in the directory"


class AnotherIsOpen(Conflict):
    """Only one version of an agreement is negotiated at a time."""

    slug = "another-version-open"
    title = "Another version is being negotiated"


@dataclass(frozen=True, slots=True, kw_only=True)
class Drafted:
    """A draft as it was kept."""

    agreement_id: UUID
    number: int
    terms: Terms
    document: Document

    @property
    def document_sha256(self) -> str:
        return self.document.sha256


def draft(work: UnitOfWork, *, terms: Terms) -> Drafted:
    """Record a new agreement, as its drafter's first draft, from our own template.

    Faults are allowed in a draft: `propose` is what refuses them.

    Raises:
        Forbidden: the actor may not draft for any of the parties.
        UnknownParty: a party is not in the directory.
        StepRefused: a step of approval is not in the words that are listed.
    """
    return _first(work, terms, template_for(terms.kind))


def import_markdown(work: UnitOfWork, *, terms: Terms, text: str) -> Drafted:
    """Record a data-sharing agreement that was written elsewhere, as a draft.

    Raises:
        Forbidden, UnknownParty: as `draft`.
        UnreadableMarkdown: no clause was found in it.
    """
    kept = markdown.without_personal(text)
    template = markdown.recognise(kept)
    if terms.kind is not Kind.DATA_SHARING:
        raise Invalid("only a data sharing agreement can be imported")
    blobs.keep(work.session, kept.encode(), MEDIA_TYPE)
    return _first(work, terms, template)


def import_odrl(work: UnitOfWork, *, found: object) -> Drafted:
    """Record an agreement that came as ODRL 2.2 in JSON-LD, as a draft from our own template.

    Raises:
        UnreadableOdrl: with every reason why it cannot be read.
        Forbidden, UnknownParty: as `draft`.
    """
    return draft(work, terms=odrl_in.read(found))


def amend(work: UnitOfWork, agreement_id: UUID, *, terms: Terms) -> Drafted:
    """Record a draft of the next version of an agreement that stands, or that was declined.

    Raises:
        NothingStands: it has ended, or was never proposed; draft a new agreement.
        AnotherIsOpen: a version is being negotiated already.
        Forbidden, UnknownParty: as `draft`.
    """
    agreement = load(work, agreement_id)
    before = load_version(work, agreement_id, agreement.newest)
    if agreement.standing is not None or before.state != State.DECLINED:
        before = load_standing(work, agreement)
    known = hold_successions(work)
    parties = frozenset(known.current(one, work.today) for one in terms_of(before).party_ids)
    work.authorise(Permission.AGREEMENT_DRAFT, on=Resource(organisation_ids=parties))
    if agreement.open is not None:
        raise AnotherIsOpen(f"version {agreement.open} is open: finish or decline it first")
    if terms.kind != agreement.kind:
        raise Invalid("an amendment is of the same kind as the agreement")
    template = template_of(work.session, before)
    return _record_draft(work, agreement_id, agreement.newest + 1, terms, template)


def redraft(work: UnitOfWork, agreement_id: UUID, *, terms: Terms) -> Drafted:
    """Replace the draft of an agreement by one with other terms.

    Raises:
        NothingOpen, NotInThisState: there is no draft.
        Forbidden: it is another organisation's draft.
        UnknownParty: as `draft`.
    """
    agreement = load(work, agreement_id)
    version = load_open(work, agreement)
    owner = frozenset({version.drafter_id})
    work.authorise(Permission.AGREEMENT_DRAFT, on=Resource(organisation_ids=owner))
    allows(version, Command.REDRAFT)
    if terms.kind != agreement.kind:
        raise Invalid("a draft keeps its kind: draft another agreement")
    template = template_of(work.session, version)
    named = with_names(work.session, terms)
    document = compose(template, named, agreement_id=agreement_id, version=version.number)
    check_size(named, document.labels)
    work.record(
        AgreementRedrafted(
            agreement_id=agreement_id,
            number=version.number,
            terms=named,
            template=_ref(template),
            document_sha256=_keep(work, document),
            labels=document.labels,
        )
    )
    return Drafted(agreement_id=agreement_id, number=version.number, terms=named, document=document)


def draft_sha256(work: UnitOfWork, agreement_id: UUID) -> str:
    """Return the digest of the draft that is open, locked until *work* ends.

    Raises:
        NothingOpen: there is none.
    """
    return load_open(work, load(work, agreement_id)).document_sha256


def preview(session: Session, *, terms: Terms) -> Document:
    """Return what `draft` would keep, without keeping it."""
    named = with_names(session, terms)
    return compose(template_for(terms.kind), named, agreement_id=UUID(int=0), version=1)


def template_of(session: Session, version: AgreementVersion) -> Template:
    """Return the template that a version was made from; an imported one from its own text."""
    if version.template["name"] == markdown.IMPORTED:
        return markdown.recognise(blobs.read(session, version.template["sha256"]).decode())
    return template_for(terms_of(version).kind)


def with_names(session: Session, terms: Terms) -> Terms:
    """Return *terms* with the parties' names as the directory has them today.

    Raises:
        UnknownParty: the directory has no such organisation.
        TooLarge: they cannot be kept.
        StepRefused: who approves is said in words that nobody could be held to.
    """
    check_size(terms)
    check_steps(terms.fund)
    known = directory.organisations(session, terms.party_ids)
    unknown = [
        Fault(f"parties/{place}", "this organisation is not in the directory: register it first")
        for place, party in enumerate(terms.parties)
        if party.organisation_id not in known
    ]
    if unknown:
        raise UnknownParty("register every party before drafting", unknown)
    parties = tuple(
        replace(party, name=known[party.organisation_id].name) for party in terms.parties
    )
    return replace(terms, parties=parties)


def _first(work: UnitOfWork, terms: Terms, template: Template) -> Drafted:
    work.authorise(Permission.AGREEMENT_DRAFT, on=Resource(organisation_ids=terms.party_ids))
    return _record_draft(work, new_id(), 1, terms, template)


def _record_draft(
    work: UnitOfWork, agreement_id: UUID, number: int, terms: Terms, template: Template
) -> Drafted:
    drafter_id = work.actor.organisation_id
    if drafter_id is None:
        raise Invalid("act for an organisation to draft an agreement")
    named = with_names(work.session, terms)
    document = compose(template, named, agreement_id=agreement_id, version=number)
    check_size(named, document.labels)
    work.record(
        AgreementDrafted(
            agreement_id=agreement_id,
            number=number,
            drafter_id=drafter_id,
            terms=named,
            template=_ref(template),
            document_sha256=_keep(work, document),
            labels=document.labels,
        )
    )
    return Drafted(agreement_id=agreement_id, number=number, terms=named, document=document)


def _keep(work: UnitOfWork, document: Document) -> str:
    return blobs.keep(work.session, document.text.encode(), MEDIA_TYPE)


def _ref(template: Template) -> TemplateRef:
    return TemplateRef(name=template.name, version=template.version, sha256=template.sha256)
