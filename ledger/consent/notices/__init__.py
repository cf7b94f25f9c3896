"""The library of notices: what people are shown before they answer, to the letter.

notice     A text under an id and a version, in a language and a format. A changed word is a
           new version; the same version in another language or format says the same.
retired    Shown to nobody any more. What was shown stays: its text is a blob of the log.

Stewards keep the notices of their organisation. Whoever asks a patient names one, and what
was shown is recorded with its digest: the text can be read again by it, for ever.
"""
