"""Organisations that take another's place, by a dated order, and the names they once had.

predecessor   The organisation that stops on the day before.
successor     The organisation that stands in its place from the day: in agreements, in what
              patients said yes or no to, on lists of patients and in care relationships.
stands for    C stands for A on a day if a chain of successions in effect leads from A to C
              and C itself has no successor yet on that day.

Nothing is rewritten: agreements, consents and signatures name whom they named. Who stands for
whom is worked out where a decision is made, from one small table, for the day of the decision.
"""
