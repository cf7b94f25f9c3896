"""A witness: it signs that a log has shown it one history only.

To the letter of https://c2sp.org/tlog-witness. It keeps the newest checkpoint of each log
that it knows, and cosigns another only with a proof that this one continues it. What a
quorum of witnesses has cosigned cannot be shown to anybody else in another version.

`request` reads what a log sends, `state` decides and keeps, `service` answers over HTTP,
`command` is ``python -m audit witness``.

The state must never go back in time: a witness that is restored from a backup may cosign a
second history. Who has lost the folder makes a new key, and says so.
"""
