"""Access: the one decision. May this person see this of this patient, for this purpose, now?

Words used here, and nowhere in another sense:

question      Who asks (acting for which organisation, in which roles), what they would do,
              with which category of whose data, held by whom, for what purpose.
fact          One word of a small vocabulary that a decision hangs on: the *agreement*
              between holder and asker, the *consent* (what the patient's choices say), the
              *relationship* (does the asker care for the patient), the *standing* of the
              asker, and the *reach* of their roles.
regime        The rules that govern a purpose, by row and version of ``policies/regimes.csv``.
verdict       What the facts add up to under a regime: an outcome and a reason. All of them
              are worked out when the policies are loaded; deciding is a look-up.
decision      A verdict on a question at a moment, with the versions of everything it saw.
              Each one is an entry of the access log, committed before it is answered.
residual      A permit for part: what the enforcer must still hold back, as a tree.
alert         Care went on although something was amiss: privacy officers put it right.
override      The glass is broken: one person, one patient, some minutes, a reason, a review.
stranger      Somebody without a care relationship; they cannot tell refused from absent.
looked        One decision as the patient reads it: who asked, what for, what they were told.

Read in this order: rules, ruleset, question, deciding, entries, index, desk, answers, service,
queries.
"""
