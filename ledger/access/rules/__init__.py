"""What facts add up to. Pure: no database, no clock, no Casbin; the tables are given."""
