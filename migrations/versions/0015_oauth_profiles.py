"""PAR, DPoP and registration.

Revision: 0015, after 0014.
Locks: none worth naming.
Reverse: nothing.
"""

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None


def upgrade() -> None:
    pass


def downgrade() -> None:
    pass
