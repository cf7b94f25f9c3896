"""Agreements: which organisations share which data, for what, on what basis, until when.

Words used here, and nowhere in another sense:

agreement   What organisations agree on, over all its versions. Of one *kind*: data
            sharing, or a pooled fund. The kinds are linked and never merged, so that
            suspending data does not stop money.
version     One text of an agreement, with its *terms*. It changes while it is a draft
            and never once it is proposed; an amendment is a new version.
terms       What programs read: parties, flows, dates, approvals, contributions.
flow        One organisation may give another certain categories of data, for one
            purpose, on a lawful basis. Who is a controller belongs to the flow.
clause      A numbered paragraph of the text. Each says which *topic* it settles.
document    The canonical text, whose SHA-256 is what a signature names.
party       An organisation named in the terms, with its place in the signing order.
authority   That a person may sign for an organisation: between two days, for some
            kinds, given by whom. Delegated authority is "B on behalf of A".
signature   An authorised person's, for a party, on one document, with the evidence of
            how they had signed in.
mode        Whose signatures bring a version into force, and between whom: all, pairwise,
            hub (each with the leading party), or joinder (later parties accede).
bound       A party that signed a version, or that an earlier one binds and whom nothing
            in this one concerns. Only whom an amendment concerns is *asked* to sign it.
in force    Signed by all whom its mode asks, between its first and last day (both
            included, London time), and not suspended.
obligation  What an organisation still owes after it left or the agreement ended: to
            destroy or return what it received, and certify that by a day.
seal        A detached JWS by an organisation's own key over the digest it signed.
cover       The answer to access's one question: which agreement, version and clause
            lets this organisation have that category for that purpose on that day.

Read in this order: rules (basis, terms, fund, document, compose, checks, neighbours,
lifecycle, modes, affected, authority, signing, seal, cover, leaving, reminders, markdown,
odrl_out, odrl_in), entries, models, lines, projection, endings, duties, service, queries.
"""
