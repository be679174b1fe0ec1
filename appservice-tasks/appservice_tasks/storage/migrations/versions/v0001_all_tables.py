"""All tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

from appservice_tasks.storage.migrations.search import make_search

revision = "0001"
down_revision = None

INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def upgrade() -> None:
    """Applied once, in a transaction with the revisions after it."""
    op.create_table(
        "as_txn",
        sa.Column("txn_id", sa.Text(), nullable=False),
        sa.Column("at", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("txn_id"),
    )
    op.create_table(
        "audit",
        sa.Column("number", INT, autoincrement=False, nullable=False),
        sa.Column("at", INT, autoincrement=False, nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("action", sa.Text(), nullable=False),
        sa.Column("target", sa.Text(), nullable=True),
        sa.Column("detail", sa.Text(), nullable=True),
        sa.Column("previous", sa.Text(), nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("number"),
    )
    op.create_table(
        "bot_grant",
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("bot", sa.Text(), nullable=False),
        sa.Column("operations", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("room_id", "bot"),
    )
    op.create_table(
        "card",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("rev", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("task_id", "room_id"),
    )
    op.create_table(
        "chore",
        sa.Column("seq", INT, autoincrement=True, nullable=False),
        sa.Column("txn_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("payload", sa.Text(), nullable=False),
        sa.Column("tries", INT, autoincrement=False, nullable=False),
        sa.Column("next_at", INT, autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("txn_id"),
    )
    op.create_index(
        "chore_pending",
        "chore",
        ["next_at"],
        unique=False,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_table(
        "command",
        sa.Column("seq", INT, autoincrement=True, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("cmd_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("body", sa.Text(), nullable=True),
        sa.Column("body_sha256", sa.Text(), nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("on_behalf_of", sa.Text(), nullable=True),
        sa.Column("batch", sa.Text(), nullable=True),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("rev", INT, autoincrement=False, nullable=True),
        sa.Column("refusal", sa.Text(), nullable=True),
        sa.Column("received_at", INT, autoincrement=False, nullable=False),
        sa.Column("decided_at", INT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("actor", "cmd_id"),
    )
    op.create_index("command_event", "command", ["event_id"], unique=False)
    op.create_index(
        "command_received",
        "command",
        ["room_id", "seq"],
        unique=False,
        sqlite_where=sa.text("state = 'received'"),
        postgresql_where=sa.text("state = 'received'"),
    )
    op.create_index("command_task", "command", ["task_id"], unique=False)
    op.create_table(
        "delegation",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("bot", sa.Text(), nullable=False),
        sa.Column("made_at", INT, autoincrement=False, nullable=False),
        sa.Column("expires_at", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_sha256"),
    )
    op.create_table(
        "digest",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("day", sa.Text(), nullable=False),
        sa.Column("sent_at", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "day"),
    )
    op.create_table(
        "feed",
        sa.Column("seq", INT, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=True),
        sa.Column("rev", INT, autoincrement=False, nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("at", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
    )
    op.create_index("feed_room", "feed", ["room_id", "seq"], unique=False)
    op.create_table(
        "ics_token",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("token_sha256", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("scope", sa.Text(), nullable=False),
        sa.Column("made_at", INT, autoincrement=False, nullable=False),
        sa.Column("last_used", INT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("token_sha256"),
    )
    op.create_index("ics_token_user", "ics_token", ["user_id"], unique=False)
    op.create_table(
        "intent",
        sa.Column("seq", INT, autoincrement=True, nullable=False),
        sa.Column("txn_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("send_room_id", sa.Text(), nullable=False),
        sa.Column("shard", INT, autoincrement=False, nullable=False),
        sa.Column("epoch", INT, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("event_type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=False),
        sa.Column("ts", INT, autoincrement=False, nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("cmd_id", sa.Text(), nullable=False),
        sa.Column("invite", sa.Text(), nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("made_at", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("seq"),
        sa.UniqueConstraint("txn_id"),
    )
    op.create_index(
        "intent_one_per_room",
        "intent",
        ["room_id"],
        unique=True,
        sqlite_where=sa.text("state = 'pending'"),
        postgresql_where=sa.text("state = 'pending'"),
    )
    op.create_index("intent_open", "intent", ["room_id", "state"], unique=False)
    op.create_table(
        "key_counter",
        sa.Column("prefix", sa.Text(), nullable=False),
        sa.Column("last_no", INT, autoincrement=False, nullable=False),
        sa.Column("room_id", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("prefix"),
    )
    op.create_table(
        "lease",
        sa.Column("shard", INT, autoincrement=False, nullable=False),
        sa.Column("epoch", INT, autoincrement=False, nullable=False),
        sa.Column("holder", sa.Text(), nullable=False),
        sa.Column("until", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("shard"),
    )
    op.create_table(
        "manages",
        sa.Column("manager", sa.Text(), nullable=False),
        sa.Column("report", sa.Text(), nullable=False),
        sa.Column("depth", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("manager", "report"),
    )
    op.create_index("manages_report", "manages", ["report"], unique=False)
    op.create_table(
        "meta",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "notification",
        sa.Column("id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("rev", INT, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=True),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=True),
        sa.Column("at", INT, autoincrement=False, nullable=False),
        sa.Column("reason", sa.Text(), nullable=True),
        sa.Column("read_at", INT, autoincrement=False, nullable=True),
        sa.Column("told_at", INT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("notification_inbox", "notification", ["user_id", "at", "id"], unique=False)
    op.create_index(
        "notification_untold",
        "notification",
        ["user_id"],
        unique=False,
        sqlite_where=sa.text("told_at IS NULL"),
        postgresql_where=sa.text("told_at IS NULL"),
    )
    op.create_table(
        "org_unit",
        sa.Column("unit_id", sa.Text(), nullable=False),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("name", sa.Text(), nullable=False),
        sa.Column("head", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("unit_id"),
    )
    op.create_table(
        "own_room",
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("user_a", sa.Text(), nullable=False),
        sa.Column("user_b", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("kind", "user_a", "user_b"),
    )
    op.create_index("own_room_room", "own_room", ["room_id"], unique=False)
    op.create_table(
        "person",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("unit_id", sa.Text(), nullable=True),
        sa.Column("reports_to", sa.Text(), nullable=True),
        sa.Column("active", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("server_admin", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("tz", sa.Text(), nullable=True),
        sa.Column("lang", sa.Text(), nullable=True),
        sa.Column("digest_hour", INT, autoincrement=False, nullable=True),
        sa.Column("email", sa.Text(), nullable=True),
        sa.Column("reminders", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_index("person_email", "person", ["email"], unique=True)
    op.create_table(
        "reminder",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("due_rev", INT, autoincrement=False, nullable=False),
        sa.Column("fire_at", INT, autoincrement=False, nullable=False),
        sa.Column("state", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("task_id", "user_id", "kind", "due_rev"),
    )
    op.create_index(
        "reminder_armed",
        "reminder",
        ["fire_at"],
        unique=False,
        sqlite_where=sa.text("state = 'armed'"),
        postgresql_where=sa.text("state = 'armed'"),
    )
    op.create_table(
        "room",
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("name", sa.Text(), nullable=True),
        sa.Column("config", sa.Text(), nullable=True),
        sa.Column("workflows", sa.Text(), nullable=False),
        sa.Column("labels", sa.Text(), nullable=True),
        sa.Column("kind", sa.Text(), nullable=True),
        sa.Column("owner", sa.Text(), nullable=True),
        sa.Column("space_id", sa.Text(), nullable=True),
        sa.Column("replaced_by", sa.Text(), nullable=True),
        sa.Column("encrypted", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("joined", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("guarded", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("told", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("log_token", sa.Text(), nullable=True),
        sa.Column("version", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("room_id"),
    )
    op.create_table(
        "room_member",
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("membership", sa.Text(), nullable=False),
        sa.Column("power", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("room_id", "user_id"),
    )
    op.create_index("room_member_user", "room_member", ["user_id", "membership"], unique=False)
    op.create_table(
        "task",
        sa.Column("nid", INT, autoincrement=True, nullable=False),
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("root_event_id", sa.Text(), nullable=False),
        sa.Column("key_prefix", sa.Text(), nullable=False),
        sa.Column("key_no", INT, autoincrement=False, nullable=False),
        sa.Column("rev", INT, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("status", sa.Text(), nullable=False),
        sa.Column("category", sa.Text(), nullable=False),
        sa.Column("closed", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.Column("assigner", sa.Text(), nullable=False),
        sa.Column("assignee", sa.Text(), nullable=True),
        sa.Column("assignment_state", sa.Text(), nullable=False),
        sa.Column("priority", sa.SmallInteger(), nullable=False),
        sa.Column("due_at", INT, autoincrement=False, nullable=True),
        sa.Column("due_date", sa.Text(), nullable=True),
        sa.Column("rank", BYTEWISE, nullable=True),
        sa.Column("parent", sa.Text(), nullable=True),
        sa.Column("has_reason", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_at", INT, autoincrement=False, nullable=False),
        sa.Column("updated_at", INT, autoincrement=False, nullable=False),
        sa.Column("closed_at", INT, autoincrement=False, nullable=True),
        sa.Column("erased", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("sha256", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("nid"),
        sa.UniqueConstraint("task_id"),
    )
    op.create_index(
        "task_assignee", "task", ["assignee", "closed", "due_at", "task_id"], unique=False
    )
    op.create_index("task_assignment", "task", ["assignment_state"], unique=False)
    op.create_index("task_category", "task", ["category"], unique=False)
    op.create_index("task_created", "task", ["created_at", "task_id"], unique=False)
    op.create_index(
        "task_due", "task", ["due_at", sa.literal_column("priority DESC"), "task_id"], unique=False
    )
    op.create_index("task_key", "task", ["key_prefix", "key_no"], unique=False)
    op.create_index(
        "task_open_due",
        "task",
        ["due_at"],
        unique=False,
        sqlite_where=sa.text("closed = 0"),
        postgresql_where=sa.text("closed = 0"),
    )
    op.create_index("task_parent", "task", ["parent"], unique=False)
    op.create_index("task_priority", "task", ["priority", "task_id"], unique=False)
    op.create_index("task_rank", "task", ["rank", "task_id"], unique=False)
    op.create_index("task_room", "task", ["room_id", "closed", "due_at", "task_id"], unique=False)
    op.create_index("task_room_rank", "task", ["room_id", "rank", "task_id"], unique=False)
    op.create_index("task_status", "task", ["status"], unique=False)
    op.create_index("task_updated", "task", ["updated_at", "task_id"], unique=False)
    op.create_table(
        "task_blocks",
        sa.Column("nid", INT, autoincrement=False, nullable=False),
        sa.Column("blocker", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("nid", "blocker"),
    )
    op.create_index("task_blocks_blocker", "task_blocks", ["blocker"], unique=False)
    op.create_table(
        "task_label",
        sa.Column("label", sa.Text(), nullable=False),
        sa.Column("nid", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("label", "nid"),
    )
    op.create_index("task_label_task", "task_label", ["nid"], unique=False)
    op.create_table(
        "task_person",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("role", sa.Text(), nullable=False),
        sa.Column("nid", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "role", "nid"),
    )
    op.create_index("task_person_task", "task_person", ["nid"], unique=False)
    op.create_table(
        "task_revision",
        sa.Column("task_id", sa.Text(), nullable=False),
        sa.Column("rev", INT, autoincrement=False, nullable=False),
        sa.Column("applied", INT, autoincrement=False, nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("actor", sa.Text(), nullable=False),
        sa.Column("on_behalf_of", sa.Text(), nullable=True),
        sa.Column("at", INT, autoincrement=False, nullable=False),
        sa.Column("via", sa.Text(), nullable=False),
        sa.Column("cmd_id", sa.Text(), nullable=False),
        sa.Column("change", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("redacted", sa.SmallInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("task_id", "rev"),
        sa.UniqueConstraint("event_id"),
    )
    op.create_index("task_revision_room", "task_revision", ["room_id", "applied"], unique=False)
    op.create_table(
        "task_text",
        sa.Column("nid", INT, autoincrement=False, nullable=False),
        sa.Column("snapshot", sa.Text(), nullable=False),
        sa.Column("words", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("nid"),
    )
    make_search()
