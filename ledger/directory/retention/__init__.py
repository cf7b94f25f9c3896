"""Keeping and forgetting: holds, requests to be erased, and disposal by two people.

hold        A legal duty to keep something, placed on a patient, a person, an agreement or a
            pool. While it stands nobody concerned is erased and nothing concerned disposed of.
request     A patient asks to be erased. It is answered: carried out, or declined with the
            ground in law.
disposal    Private values whose period is over are destroyed: one person proposes, another
            approves. `policies/retention.csv` says what is due when.

The entries themselves stay in the log for ever: what goes is what they only commit to.
"""
