"""Reads that source systems report: who asked is one thing, who actually read is another.

reported     One event of a source system's own audit, as FHIR AuditEvent by the patterns of
             IHE BALP: somebody read, or tried to read, something about one patient.
source key   What makes it the same event however often it is sent: a digest of the program
             that sent it and of the id that the event has there.
finding      What it comes to beside our own decisions. *Matched*: a decision allowed it. *No
             decision*: nobody asked. *After a no*: they asked and were refused. *Outside*: what
             was withheld was read. *Not checked*: allowed in part, and the event does not say
             enough to tell which part. *Failed*: the source says that nothing was read.
flagged      A finding that the privacy officer of the source's organisation must look at.

Read in this order: rules.event, rules.reconciling, entries, projection, models, service, queries.
"""
