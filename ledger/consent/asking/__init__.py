"""Asking patients: who is asked what, how they are told, and what becomes of it.

request     One question to one or several patients, under an agreement, with one notice and a
            last day for the answer. For each patient it begins a consent, which is *requested*.
offered     The patient has been told and shown the notice: by e-mail and in their inbox, or by
            a letter. Whoever has no address is on the list of letters until it is taken.
answered    By `service.grant`, `dissent` or `refuse` with ``answers``: the same consent goes on.
unanswered  The last day passed. That is no refusal: nothing is shared that was not before.
"""
