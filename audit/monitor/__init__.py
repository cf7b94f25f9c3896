"""A monitor: it follows a log and says so when the log does what no log may do.

What it checks, each round:

1. the checkpoint is signed by the log, and has the quorum that the policy asks for;
2. it continues the checkpoint of the round before (consistency proof, made of the log's
   own tiles), which the monitor keeps in a file;
3. it is fresh: cosignatures of a quorum, or the log's own timestamp, are young enough; a log
   that signs no time must have grown;
4. the newest checkpoints of the witnesses, asked at their own addresses, are of the same
   history. A quorum of k out of n says that k witnesses saw a checkpoint, but another k may
   have seen another. So a monitor must hear from n - k + 1 of them, with young signatures:
   then every quorum has a witness among those it has heard from.

Of two checkpoints that contradict each other it keeps both, with the log's signatures, in a
file: that is proof to anybody, without trusting the monitor.

`memory` keeps, `look` checks, `command` is ``python -m audit monitor``.
"""
