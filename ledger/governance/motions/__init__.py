"""Motions: what a body is asked to decide, how it votes, and what a decision carries out.

Words used here, and nowhere in another sense:

motion      What somebody who holds a seat asks the body to decide: words, and perhaps an
            effect. Its mover proposed it; its seconder, another person, supports that.
rules       How a body decides: quorum, threshold, whose consent it needs. A motion is
            judged by the rules as they were when its vote was opened.
roll        Which seats may vote on a motion, and who held them when the vote was opened.
ballot      What one seat says: for, against, or that it abstains. A seat has one.
named       Ballots that are called by name: the roll shows who voted how, and a ballot
            may be changed until the close.
secret      Ballots of which only sums are kept: no changing, and after the close nothing
            at rest joins a ballot to its voter.
recused     A seat whose holder steps aside because of an interest of their own. It counts
            neither for the quorum nor in the vote, and its holder does not read the papers.
effect      What is carried out when the motion passes: a command of some area, with its
            parameters, fixed when the motion is proposed. Areas above register theirs.
outcome     Passed, lost, no quorum, or lapsed (the body was dissolved).

Read in this order: rules, counting, effects, entries, models, projection, service, queries.
"""
