"""Consent: what a patient has said about the use of their data, and what follows from it.

Words used here, and nowhere in another sense (HL7 FHIR Consent, IHE PCF):

consent      What somebody has said, under one id; it has *versions*, the newest of which
             counts. Its *kind* keeps apart what must never be called by another's name:
             consent to a use under data-protection law, confidentiality consent, dissent
             from sharing for care, objection, opt-out of secondary use.
terms        What one version says: a base effect (permit or deny), a scope, a period, and
             exceptions, which may have exceptions of their own, at any depth.
grantor      Who said it, and by what right: the patient, a parent, an attorney, a deputy.
status       Where it is in its life: see `rules.lifecycle`. *Expired* is none: it follows
             from the period. Withdrawn (from now) is not invalidated (never valid) is not
             refused (answered no) is not unanswered.
answer       What one consent says to one request: permit, deny, not applicable,
             indeterminate, or residual (it depends on data not known when asked).
standing     All of a patient's consents as one value, with the version that identifies it.
quarantined  Brought in from elsewhere and not understood beyond doubt: kept as evidence,
             never enforced, and a person is asked.

Read in this order: rules (model, lifecycle, matching, evaluation, combining), entries,
projection, models, service, queries.
"""
