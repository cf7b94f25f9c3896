"""Which board decides about a pool, and what its motions carry out."""
