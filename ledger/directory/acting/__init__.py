"""Acting for somebody else: who may speak for a patient, by what right, and while what holds.

power        That one person may act for one patient: as a parent, attorney, deputy, on another
             lawful basis, or as a helper who may only say no. It has a first day, perhaps a
             last one, a scope, and evidence that a member of staff has seen.
verified     Somebody other than who recorded it has looked at the evidence. Attorneys and
             deputies may do nothing before that.
suspended    It does not hold for the time being: a dispute, or a fear of abuse.
finding      A clinician found that the patient has, or lacks, the capacity to decide about
             sharing; of somebody under 16, that they are competent (Gillick) or not.
decides      The patient decides for themselves at a moment: by the latest finding; without one,
             from the 16th birthday on (Mental Capacity Act 2005 s.1 and s.2(5); Family Law
             Reform Act 1969 s.8).
windows      The stretches of time in which a power holds, worked out from what is recorded.
             Nothing has to run at their ends.

A parent speaks until the 16th birthday; after it, while the young person is recorded as lacking
capacity, until the 18th (Children Act 1989 s.105). An attorney or deputy speaks only while
lacking capacity is recorded. Every power ends at the patient's death. Birth days and the day
of a death are private: no entry and no table holds them in clear.

Read in this order: rules, together, checks, ages, basis, entries, projection, models, queries,
views, service, findings.
"""
