"""Matters: what a patient asks, or complains of, about one look at their information.

matter       a question or a complaint about one decision; it has an owner and two days
owner        the organisation whose privacy officers answer: whose people asked to look. The
             organisation that runs the service, where it is about the only officer, or one of them
days         by which it is acknowledged, and answered: ``policies/limits.csv``. UK GDPR
             Article 12(3): within a month; SI 2009/309 regulation 13(3): three working days
escalated    a day passed, so the organisation that runs the service looks at it too
upheld       it was improper: the broken glass is found without cause, or a breach is recorded

Read in this order: entries, rules, models, projection, queries, service, schedule.
"""
