"""Governance: the bodies that decide together, and who sits on them.

Words used here, and nowhere in another sense:

body        A board or committee, hosted by one organisation, with terms of reference
            that say what it may decide. A committee has a parent.
seat        A place on a body, for one class of stakeholder. A seat is not a person.
class       On whose behalf a seat speaks: patients, providers, payers, social care,
            the community, clinicians.
term        That a person holds a seat, between two days, both included.
vacant      A seat that nobody holds on a day.

Read in this order: rules, entries, models, projection, service, queries.
"""
