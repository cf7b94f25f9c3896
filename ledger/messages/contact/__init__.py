"""Where a patient wants to be told what is about them: a safe contact.

usual      at the address that they sign in with
address    at another one that they chose, which no page and no entry shows
only here  nowhere: they see it when they sign in

It is theirs to choose and nobody's to see: private in its entry, opened only to send, gone when
they are erased. Whoever acts for them can neither choose nor read it, and gets no such message.
"""
