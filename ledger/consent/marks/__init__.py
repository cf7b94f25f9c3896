"""Marks: what is known of a patient beside their consents, and bends every decision about them.

opted out   the copy of the national opt-out register names them (a new copy notes what changed);
            or they had, under a number from before their record was begun anew
hidden      they chose that even those who care for them are not told that something is withheld

Both are personal: private in entries, and in one sealed row a patient, gone when they are erased.
"""
