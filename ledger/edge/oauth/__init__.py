"""The authorization server: tokens for programs, and the provider behind local accounts.

client      A program, registered by a steward for an organisation, with scopes.
grant       What a client was given, by itself or by a person: who, for whom, what scope.
            A code, its tokens and the tokens they are refreshed into belong to one grant;
            to revoke any of them is to revoke the grant.
code        Exchanged once, within a minute, by the client and the verifier it was made for.
access token   A signed JWT (RFC 9068), good for minutes, checked without the database.
refresh token  Random, good for one use; used twice, its grant is revoked.
scope       A permission's name, or its first half with a star (``consent:*``): narrows what
            the token may be used for, never widens what policy allows.
resource    The part of this service that a token is for (RFC 8707): its whole address, or
            the address of an interface below it.

Authlib runs the protocol; what it leaves open is closed here and said where it is.
"""
