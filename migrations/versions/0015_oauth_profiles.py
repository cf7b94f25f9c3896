"""Pushed requests, tokens bound to keys, and programs that register themselves.

Revision: 0015, after 0014.
Locks: `oauth_clients`, `oauth_codes` and `oauth_refresh_tokens`, for as long as adding columns
takes (no rewrite); every client that is there counts as approved when it was registered.
Reverse: drops the columns and the table. Programs nobody has approved are deleted first, because
without the column they would count as approved.
"""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"
branch_labels = None
depends_on = None

MOMENT = sa.DateTime(timezone=True)


def upgrade() -> None:
    for column in (
        sa.Column("profile", sa.String(16), nullable=False, server_default=""),
        sa.Column("pushed_only", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("dpop_only", sa.Boolean(), nullable=False, server_default=sa.false()),
        sa.Column("post_logout_redirect_uris", sa.JSON(), nullable=False, server_default="[]"),
        sa.Column("management_digest", sa.LargeBinary(), nullable=True),
        sa.Column("approved_at", MOMENT, nullable=True),
    ):
        op.add_column("oauth_clients", column)
    op.execute("UPDATE oauth_clients SET approved_at = registered_at")
    op.add_column("oauth_codes", sa.Column("jkt", sa.String(64), nullable=True))
    op.add_column("oauth_refresh_tokens", sa.Column("jkt", sa.String(64), nullable=True))
    op.create_table(
        "oauth_pushed_requests",
        sa.Column("digest", sa.LargeBinary(), nullable=False),
        sa.Column("client_id", sa.String(64), nullable=False),
        sa.Column("parameters", sa.JSON(), nullable=False),
        sa.Column("ends_at", MOMENT, nullable=False),
        sa.PrimaryKeyConstraint("digest", name="pk_oauth_pushed_requests"),
    )


def downgrade() -> None:
    op.drop_table("oauth_pushed_requests")
    op.drop_column("oauth_refresh_tokens", "jkt")
    op.drop_column("oauth_codes", "jkt")
    op.execute("DELETE FROM oauth_clients WHERE approved_at IS NULL")
    for column in (
        "approved_at",
        "management_digest",
        "post_logout_redirect_uris",
        "dpop_only",
        "pushed_only",
        "profile",
    ):
        op.drop_column("oauth_clients", column)
