"""Agreements, signatures and authority, as programs send and see them."""

from typing import Any

import marshmallow as ma
from marshmallow import fields, validate

from ledger.agreements.rules.authority import Authority
from ledger.agreements.rules.leaving import Ground
from ledger.agreements.rules.seal import SEAL_CHARS_MAX
from ledger.agreements.rules.terms import Kind
from ledger.api.agreements_terms import LISTED, WORDS, PartyBody, Sorted, TermsBody, enum_field
from ledger.core.money import MINOR_MAX


class ImportIn(ma.Schema):
    """An agreement written elsewhere, in Markdown, and its terms."""

    terms = fields.Nested(TermsBody, required=True)
    text = fields.String(required=True, validate=validate.Length(1, 200_000))


SHA256 = validate.Regexp(r"^[0-9a-f]{64}$")
SEAL = validate.Length(1, SEAL_CHARS_MAX)


class SignatureIn(ma.Schema):
    """The digest of the text that was read; perhaps the organisation's own seal over it."""

    document_sha256 = fields.String(required=True, validate=SHA256)
    seal = fields.String(load_default=None, allow_none=True, validate=SEAL)


class ProposalIn(ma.Schema):
    """Whether days without cover before this renewal are meant."""

    accept_gap = fields.Boolean(load_default=False)


class AgreementWordsIn(ma.Schema):
    """Why, in one's own words. They can be erased later."""

    words = fields.String(load_default="", validate=WORDS)


class SuspensionIn(AgreementWordsIn):
    """Until the end of which day everything stops, and why."""

    ground = enum_field(Ground, required=True)
    to = fields.Date(required=True)


class TerminationIn(AgreementWordsIn):
    """Why an agreement ends at once."""

    ground = enum_field(Ground, required=True)


class LeavingIn(ma.Schema):
    """The first day on which the organisation is no party."""

    leaves_on = fields.Date(required=True)


class _AuthorityIn(ma.Schema):
    """Whose, in what capacity, for which days. Empty kinds: all kinds."""

    person_id = fields.UUID(required=True)
    position = fields.String(required=True, validate=validate.Length(1, 120))
    first_day = fields.Date(required=True)
    last_day = fields.Date(load_default=None, allow_none=True)
    kinds = Sorted(enum_field(Kind), load_default=list, validate=LISTED)
    limit_minor = fields.Integer(
        load_default=None, allow_none=True, strict=True, validate=validate.Range(0, MINOR_MAX)
    )

    @ma.post_load
    def build(self, data: dict[str, Any], **_: Any) -> dict[str, Any]:
        """Return what the command takes."""
        return {**data, "kinds": frozenset(data["kinds"])}


class AuthorityBody(_AuthorityIn):
    """That a person may sign for an organisation."""

    id = fields.UUID(dump_only=True)
    organisation_id = fields.UUID(required=True)
    from_authority_id = fields.UUID(dump_only=True, allow_none=True)
    ended_on = fields.Date(dump_only=True, allow_none=True)


class DelegationIn(_AuthorityIn):
    """Authority passed on to a colleague, for some days."""

    last_day = fields.Date(required=True)


class AgreementLineOut(ma.Schema):
    """A line of a list of agreements."""

    id = fields.UUID()
    kind = enum_field(Kind)
    title = fields.String()
    version = fields.Integer()
    state = fields.String()
    first_day = fields.Date()
    last_day = fields.Date()
    suspended_to = fields.Date(allow_none=True)
    parties = fields.List(fields.String())
    purposes = fields.List(fields.String())
    categories = fields.List(fields.String())


class AgreementsOut(ma.Schema):
    """Agreements, by title."""

    items = fields.List(fields.Nested(AgreementLineOut))


class ClauseOut(ma.Schema):
    """A numbered paragraph."""

    number = fields.String()
    heading = fields.String()
    text = fields.String()
    topic = fields.String(allow_none=True)
    states = fields.String(allow_none=True)


class AskedOut(ma.Schema):
    """Who must sign a version, and why."""

    organisation_id = fields.UUID()
    concerns = fields.List(fields.String())
    flows = fields.List(fields.String())


class DifferenceOut(ma.Schema):
    """A clause that differs from the version before."""

    change = fields.String()
    before = fields.Nested(ClauseOut, allow_none=True)
    after = fields.Nested(ClauseOut, allow_none=True)


class DifferencesOut(ma.Schema):
    """The clauses that differ, in the order of the later version."""

    items = fields.List(fields.Nested(DifferenceOut))


class AgreementSignatureOut(ma.Schema):
    """Who bound which organisation, to which text."""

    signature_id = fields.UUID()
    entry_id = fields.UUID()
    organisation_id = fields.UUID()
    organisation = fields.String()
    position = fields.String()
    signatory = fields.String(allow_none=True)
    delegated = fields.Boolean()
    document_sha256 = fields.String()
    signed_at = fields.AwareDateTime(format="iso")
    key_id = fields.UUID(allow_none=True)
    seal = fields.String(allow_none=True)


class AgreementVersionOut(ma.Schema):
    """One version, whole."""

    agreement_id = fields.UUID()
    number = fields.Integer()
    state = fields.String()
    drafter_id = fields.UUID()
    first_day = fields.Date()
    last_day = fields.Date()
    suspended_to = fields.Date(allow_none=True)
    document_sha256 = fields.String()
    template = fields.String()
    terms = fields.Nested(TermsBody)
    clauses = fields.List(fields.Nested(ClauseOut), attribute="document.clauses")
    signatures = fields.List(fields.Nested(AgreementSignatureOut))
    waiting_for = fields.List(fields.Nested(PartyBody))
    asked = fields.List(fields.Nested(AskedOut))
    bound = fields.List(fields.Nested(PartyBody))
    why_asked = fields.List(fields.String())
    linked_ids = fields.List(fields.UUID())


class AuthoritiesOut(ma.Schema):
    """Authority to sign, newest first."""

    items = fields.List(fields.Nested(AuthorityBody))


def authority_out(value: Authority) -> dict[str, Any]:
    """Return an authority as programs see it."""
    out: dict[str, Any] = AuthorityBody().dump(value)
    return out
