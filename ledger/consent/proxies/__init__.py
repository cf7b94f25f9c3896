"""What others say for a patient: by which power, frozen at coming of age, settled in dispute.

Who may act for whom is the directory's to say (`ledger.directory.acting`). Here it becomes what
a decision needs: while whose word counts. Every change of it raises the version of the patient's
consents, as any consent does, so whoever keeps those in memory need ask for nothing else.
"""
