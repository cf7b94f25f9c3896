"""The service for programs: JSON under ``/api/v1``, described at ``/api/openapi.json``.

How a resource is made (and `docs/reference/api.md` says the same to callers):

    blueprint = Blueprint("consent", __name__, url_prefix="/api/v1", description="Consents")

    @blueprint.post("/agreements/<uuid:agreement_id>/consents")
    @requires(Permission.CONSENT_GRANT)             # edge/guard.py; every view has one
    @blueprint.arguments(TermsIn)                   # parsed, or 422 with JSON pointers
    @blueprint.answers(201, ConsentOut)             # only describes; the view dumps by itself
    def grant(terms: Terms, agreement_id: UUID) -> ResponseReturnValue:
        \"\"\"Consent, as the signed-in patient, to sharing under an agreement.\"\"\"
        with unit_of_work(current_actor()) as work:
            body = once(work, lambda: dumped(service.grant(work, terms=terms, ...)))
        return body, 201, {"Location": ...}

`Blueprint` is that of `ledger.api.shell`. A schema's ``post_load`` returns a frozen value; no dict
goes further. ``Schema().load(request.get_json())`` in the view does as well; give such a view
``@blueprint.takes(TermsIn)`` so that it is described. Errors are raised as they are and become
problems in `ledger.api.problem`. Lists: `edge.cursors`. Versions: `edge.etags`.
"""
