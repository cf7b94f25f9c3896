"""Whose a record is, when it turns out otherwise: joined, separated, in doubt, begun anew.

joined        Two records are one human being's. One *survives*, the other is *superseded*:
              both stay as they are, and whoever asks about either is answered from both.
separated     The join was wrong, and counts no more. What was decided by it stays decided.
proposal      One person says so, with a ground and evidence; a second confirms or declines.
records       All records that are one patient's by joins that stand, whichever is asked about.
root          The record among them that was never superseded: what a number leads to.
in doubt      Somebody suspects that a record holds two people. What was agreed to in it counts
              for nobody's research meanwhile, and direct care goes on and is looked at.
begun anew    After an adoption or a change of gender: a new record, to which nothing leads from
              the old one but a *restricted link*, sealed under a key of its own.

Nothing is rewritten. A join is one small row, and who is one patient is worked out from those.
Read in this order: rules, entries, models, effects, projection, queries, then the commands:
joining, doubting, restricted.
"""
