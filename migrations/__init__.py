"""The shape of the database, one numbered step after another."""
