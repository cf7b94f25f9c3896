"""Obligations, days to come, data flows, keys and seals, as programs send and see them."""

import marshmallow as ma
from marshmallow import fields, validate

from ledger.agreements.rules.leaving import Disposal
from ledger.agreements.rules.reminders import Matter
from ledger.api.agreements_schemas import SEAL, SHA256
from ledger.api.agreements_terms import WORDS, enum_field


class SealIn(ma.Schema):
    """A detached JWS over the digest of the text, by a key of the organisation."""

    jws = fields.String(required=True, validate=SEAL)


class CertificateIn(ma.Schema):
    """That what was received is destroyed or returned: the certificate's text, or its SHA-256."""

    disposal = enum_field(Disposal, required=True)
    certificate = fields.String(
        load_default=None, allow_none=True, validate=validate.Length(1, 20_000)
    )
    certificate_sha256 = fields.String(load_default=None, allow_none=True, validate=SHA256)
    words = fields.String(load_default="", validate=WORDS)


class ObligationOut(ma.Schema):
    """What an organisation owes after it left or an agreement ended."""

    agreement_id = fields.UUID()
    title = fields.String()
    organisation_id = fields.UUID()
    organisation = fields.String()
    due_on = fields.Date()
    overdue = fields.Boolean()
    certified_at = fields.AwareDateTime(format="iso", allow_none=True)
    disposal = fields.String(allow_none=True)
    certificate_sha256 = fields.String(allow_none=True)
    entry_id = fields.UUID(allow_none=True)


class ObligationsOut(ma.Schema):
    """Obligations, soonest first."""

    items = fields.List(fields.Nested(ObligationOut))


class DueOut(ma.Schema):
    """A day that comes."""

    agreement_id = fields.UUID()
    version = fields.Integer()
    title = fields.String()
    matter = enum_field(Matter)
    day = fields.Date()


class CalendarOut(ma.Schema):
    """Ends and reviews, by day."""

    items = fields.List(fields.Nested(DueOut))


class NodeOut(ma.Schema):
    """A party of the data-flow graph."""

    organisation_id = fields.UUID()
    name = fields.String()
    leads = fields.Boolean()
    bound = fields.Boolean()


class EdgeOut(ma.Schema):
    """A flow of the data-flow graph."""

    flow = fields.String()
    clause = fields.String()
    from_party = fields.UUID()
    to_party = fields.UUID()
    from_role = fields.String()
    to_role = fields.String()
    purpose = fields.String()
    categories = fields.List(fields.String())
    in_force = fields.Boolean()


class FlowGraphOut(ma.Schema):
    """The data flows of a version."""

    nodes = fields.List(fields.Nested(NodeOut))
    edges = fields.List(fields.Nested(EdgeOut))


class KeyIn(ma.Schema):
    """A public key (JWK, RFC 7517): P-256, P-384, Ed25519 or RSA."""

    organisation_id = fields.UUID(required=True)
    jwk = fields.Dict(keys=fields.String(), required=True, validate=validate.Length(max=20))


class KeyOut(ma.Schema):
    """A key by which an organisation seals; *jwk* is its public part as JSON."""

    id = fields.UUID()
    organisation_id = fields.UUID()
    algorithm = fields.String()
    jwk = fields.String()
    thumbprint = fields.String()
    added_at = fields.AwareDateTime(format="iso")
    ended_on = fields.Date(allow_none=True)


class KeysOut(ma.Schema):
    """Keys, oldest first."""

    items = fields.List(fields.Nested(KeyOut))
