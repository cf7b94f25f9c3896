"""The sample partnership: what a newcomer finds after `make run`.

Fictional parties, modelled on real ones in kind and number: an integrated care board, a
trust, a council and two voluntary bodies around a made-up place; people for every role;
patients whose NHS numbers belong to nobody. It is told in chapters, in order, by the same
commands that users call, so everything it leaves is in the log like anything else.

``data/``          who and what there is: read it first
``scene.py``       how a chapter finds who and what earlier chapters made
``load.py``        the list of chapters
``directory.py``   the first chapter: organisations, people, patients, rosters
``emptying.py``    putting the sample aside before real use
"""
