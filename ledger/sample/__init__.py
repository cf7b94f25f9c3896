"""The sample partnership: what a newcomer finds after `make run`.

Fictional parties, modelled on real ones in kind and number: an integrated care board, a
trust, a council and two voluntary bodies around a made-up place; people for every role;
patients whose NHS numbers belong to nobody. It is told in chapters, in order, by the same
commands that users call, so everything it leaves is in the log like anything else.

``data/``          who and what there is, and files as offices make them: read it first
``scene.py``       how a chapter finds who and what earlier chapters made
``load.py``        the list of chapters, in the order in which they are told
``guide.py``       what each account is told to look at first
``moving.py``      files of 2026 in whichever year is told
``emptying.py``    putting the sample aside before real use
"""
