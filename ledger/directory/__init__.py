"""The directory: organisations, the people who work in them, patients, and who cares for whom.

Words used here, and nowhere in another sense:

organisation    A body that can be party to something: a board, a trust, a council, a
                voluntary body. Found by its ODS code where it has one.
person          Somebody who signs in. Their name and e-mail are theirs: private, and
                erasable. A person is not a patient, even when they are the same human.
membership      One role of one person in one organisation, from a day and perhaps to a
                day, both included. Somebody with two roles has two, and acts in one.
invitation      A one-time secret that lets a person choose how they sign in.
patient         The subject of a record. Name, date of birth and NHS number are private
                and erasable; the directory finds a patient by keyed fingerprints of them.
enrolment       An organisation has the patient on its list, and so may manage the record
                here. It says nothing of who may see what.
link            A person's sign-in belongs to a patient's record: this is their own.
team            Some people of one organisation who care for the same patients.
care            A person, the members of a team, or a whole organisation looks after a
relationship    patient, from a day and perhaps to a day. From a roster, or declared by
                the person who gives the care, with a reason, and then listed for review.
installation    What was founded here, by whom it is hosted, and whether it is a
                demonstration. In a demonstration, no real NHS number is accepted.
erased          The key of a patient or a person is gone, and every fingerprint with it.
                What was recorded stays, under an id that leads to nobody.

Read in this order: rules, entries, projection, models, service, queries.
"""
