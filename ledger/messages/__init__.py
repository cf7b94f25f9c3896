"""Messages: telling people and programs that something happened, or waits for them.

Words used here, and nowhere in another sense:

alert      What one person is told by e-mail: that something happened, with a link and
            nothing else. Who may see what it is about, sees it after signing in.
webhook     What a party's own program is told by HTTP, as a signed CloudEvent.
contact     Where a patient is told what is about them: see `ledger.messages.contact`.
waiting     What one person has to do next, in their inbox: worked out, never stored.
"""
