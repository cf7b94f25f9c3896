"""Keeping: what decisions look up that people record, and what decisions leave for people to do.

register     the copy of the national opt-out register: imported whole, numbered, and dated
standing     who has stepped aside for a patient (recused), and who is suspended
conflict     a decision met people who disagree, or a choice that could not be worked out: once in
             the list of a privacy officer, until somebody has settled it
withholding  a dated decision that a patient is not told, for now, that the glass was broken

Read in this order: entries, rules, models, projection, queries, registers, standing, settling.
"""
