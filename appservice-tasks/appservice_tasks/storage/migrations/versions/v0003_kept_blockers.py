"""Rows of blockers say whether these are open; keys of a room are in order."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"

_KEPT = """\
UPDATE task_blocks SET
  room_id = (SELECT task.room_id FROM task WHERE task.nid = task_blocks.nid),
  open = CASE WHEN EXISTS (
    SELECT 1 FROM task WHERE task.task_id = task_blocks.blocker AND task.closed = 0
  ) THEN 1 ELSE 0 END
WHERE EXISTS (SELECT 1 FROM task WHERE task.nid = task_blocks.nid)
"""


def upgrade() -> None:
    """Applied once, in a transaction with the revisions after it."""
    op.add_column("task_blocks", sa.Column("room_id", sa.Text(), server_default="", nullable=False))
    op.add_column(
        "task_blocks", sa.Column("open", sa.SmallInteger(), server_default="0", nullable=False)
    )
    op.execute(_KEPT)
    op.create_index(
        "task_blocks_open",
        "task_blocks",
        ["room_id", "nid"],
        unique=False,
        sqlite_where=sa.text("open = 1"),
        postgresql_where=sa.text("open = 1"),
    )
    op.create_index(
        "task_room_key", "task", ["room_id", "key_prefix", "key_no", "task_id"], unique=False
    )
