"""All tables."""

from __future__ import annotations

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None

INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")


def upgrade() -> None:
    """Applied once, in a transaction with the revisions after it."""
    op.create_table(
        "access_token",
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("expires_ts", INT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("jti"),
    )
    op.create_index("access_token_device", "access_token", ["user_id", "device_id"], unique=False)
    op.create_table(
        "account",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("password_hash", sa.Text(), nullable=True),
        sa.Column("admin", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("active", sa.SmallInteger(), server_default="1", nullable=False),
        sa.Column("must_change_password", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("appservice_id", sa.Text(), nullable=True),
        sa.Column("created_ts", INT, autoincrement=False, nullable=False),
        sa.Column("custom_push_from", INT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_table(
        "account_data",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("room", INT, autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("content", sa.LargeBinary(), nullable=True),
        sa.Column("position", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "room", "type"),
    )
    op.create_index("account_data_position", "account_data", ["user_id", "position"], unique=False)
    op.create_table(
        "alias",
        sa.Column("alias", sa.Text(), nullable=False),
        sa.Column("room", INT, autoincrement=False, nullable=False),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("alias"),
    )
    op.create_index("alias_room", "alias", ["room"], unique=False)
    op.create_table(
        "appservice_cursor",
        sa.Column("appservice_id", sa.Text(), nullable=False),
        sa.Column("acked", INT, autoincrement=False, nullable=False),
        sa.Column("txn_id", INT, autoincrement=False, nullable=False),
        sa.Column("to_pos", INT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("appservice_id"),
    )
    op.create_table(
        "attempt",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("full_ts", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "client_txn",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("path", sa.Text(), nullable=False),
        sa.Column("txn_id", sa.Text(), nullable=False),
        sa.Column("answer", sa.LargeBinary(), nullable=False),
        sa.Column("ts", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("user_id", "device_id", "path", "txn_id"),
    )
    op.create_index("client_txn_ts", "client_txn", ["ts"], unique=False)
    op.create_table(
        "device",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("display_name", sa.Text(), nullable=True),
        sa.Column("created_ts", INT, autoincrement=False, nullable=False),
        sa.Column("last_seen_ts", INT, autoincrement=False, nullable=True),
        sa.Column("last_seen_ip", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "device_id"),
    )
    op.create_table(
        "early_redaction",
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("room", INT, autoincrement=False, nullable=False),
        sa.Column("redaction", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("event_id", "redaction"),
    )
    op.create_table(
        "event",
        sa.Column("nid", INT, autoincrement=False, nullable=False),
        sa.Column("room", INT, autoincrement=False, nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state_key", sa.Text(), nullable=True),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("status", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("place", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("ord_pos", INT, autoincrement=False, nullable=True),
        sa.Column("ord_minor", INT, autoincrement=False, nullable=True),
        sa.Column("state_id", INT, autoincrement=False, nullable=True),
        sa.Column("notify", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("thread", sa.Text(), nullable=True),
        sa.Column("relates_to", sa.Text(), nullable=True),
        sa.Column("rel_type", sa.Text(), nullable=True),
        sa.Column("replaces", INT, autoincrement=False, nullable=True),
        sa.Column("redacted_by", INT, autoincrement=False, nullable=True),
        sa.Column("txn_device", sa.Text(), nullable=True),
        sa.Column("txn_id", sa.Text(), nullable=True),
        sa.Column("depth", INT, autoincrement=False, nullable=False),
        sa.Column("origin_server_ts", INT, autoincrement=False, nullable=False),
        sa.Column("json", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("nid"),
        sa.UniqueConstraint("event_id"),
        sa.UniqueConstraint("room", "ord_pos", "ord_minor"),
    )
    op.create_index(
        "event_forked",
        "event",
        ["room", "ord_pos"],
        unique=False,
        sqlite_where=sa.text("state_id IS NOT NULL"),
        postgresql_where=sa.text("state_id IS NOT NULL"),
    )
    op.create_index(
        "event_notify",
        "event",
        ["room", "ord_pos"],
        unique=False,
        sqlite_where=sa.text("notify > 0"),
        postgresql_where=sa.text("notify > 0"),
    )
    op.create_index(
        "event_redacted",
        "event",
        ["room", "redacted_by"],
        unique=False,
        sqlite_where=sa.text("redacted_by IS NOT NULL"),
        postgresql_where=sa.text("redacted_by IS NOT NULL"),
    )
    op.create_index(
        "event_relations",
        "event",
        ["relates_to", "rel_type"],
        unique=False,
        sqlite_where=sa.text("relates_to IS NOT NULL"),
        postgresql_where=sa.text("relates_to IS NOT NULL"),
    )
    op.create_index("event_sender", "event", ["room", "sender", "ord_pos"], unique=False)
    op.create_index(
        "event_thread",
        "event",
        ["room", "thread", "ord_pos"],
        unique=False,
        sqlite_where=sa.text("thread IS NOT NULL"),
        postgresql_where=sa.text("thread IS NOT NULL"),
    )
    op.create_index("event_ts", "event", ["room", "origin_server_ts"], unique=False)
    op.create_table(
        "filter",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("filter_id", sa.Text(), nullable=False),
        sa.Column("json", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("user_id", "filter_id"),
    )
    op.create_table(
        "gap",
        sa.Column("room", INT, autoincrement=False, nullable=False),
        sa.Column("anchor_pos", INT, autoincrement=False, nullable=False),
        sa.Column("low_minor", INT, autoincrement=False, nullable=False),
        sa.Column("missing_event_ids", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("room", "anchor_pos"),
    )
    op.create_table(
        "log",
        sa.Column("position", INT, autoincrement=False, nullable=False),
        sa.Column("prev", INT, autoincrement=False, nullable=False),
        sa.Column("batch", INT, autoincrement=False, nullable=False),
        sa.Column("kind", sa.Text(), nullable=False),
        sa.Column("room", INT, autoincrement=False, nullable=True),
        sa.Column("user_id", sa.Text(), nullable=True),
        sa.Column("data", sa.LargeBinary(), nullable=True),
        sa.PrimaryKeyConstraint("position"),
    )
    op.create_table(
        "login_token",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("purpose", sa.Text(), nullable=False),
        sa.Column("expires_ts", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("login_token_user", "login_token", ["user_id"], unique=False)
    op.create_table(
        "media",
        sa.Column("media_id", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("content_hash", sa.Text(), nullable=True),
        sa.Column("content_type", sa.Text(), nullable=True),
        sa.Column("upload_name", sa.Text(), nullable=True),
        sa.Column("size", INT, autoincrement=False, nullable=True),
        sa.Column("created_ts", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("media_id"),
    )
    op.create_index("media_hash", "media", ["content_hash"], unique=False)
    op.create_index("media_user", "media", ["user_id"], unique=False)
    op.create_table(
        "membership",
        sa.Column("room", INT, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("membership", sa.Text(), nullable=False),
        sa.Column("sender", sa.Text(), nullable=False),
        sa.Column("event_nid", INT, autoincrement=False, nullable=False),
        sa.Column("position", INT, autoincrement=False, nullable=False),
        sa.Column("forgotten", sa.SmallInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("room", "user_id"),
    )
    op.create_index("membership_user", "membership", ["user_id", "membership"], unique=False)
    op.create_table(
        "notification",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("room", INT, autoincrement=False, nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("ord_pos", INT, autoincrement=False, nullable=False),
        sa.Column("ord_minor", INT, autoincrement=False, nullable=False),
        sa.Column("event_nid", INT, autoincrement=False, nullable=False),
        sa.Column("notify", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("highlight", sa.SmallInteger(), server_default="0", nullable=False),
        sa.PrimaryKeyConstraint("user_id", "room", "ord_pos", "ord_minor"),
    )
    op.create_index("notification_event", "notification", ["event_nid"], unique=False)
    op.create_table(
        "profile",
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("field", sa.Text(), nullable=False),
        sa.Column("value", sa.LargeBinary(), nullable=False),
        sa.Column("search", sa.Text(), nullable=True),
        sa.PrimaryKeyConstraint("user_id", "field"),
    )
    op.create_table(
        "receipt",
        sa.Column("room", INT, autoincrement=False, nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("thread", sa.Text(), nullable=False),
        sa.Column("event_id", sa.Text(), nullable=False),
        sa.Column("ord_pos", INT, autoincrement=False, nullable=False),
        sa.Column("ord_minor", INT, autoincrement=False, nullable=False),
        sa.Column("ts", INT, autoincrement=False, nullable=False),
        sa.Column("position", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("room", "user_id", "type", "thread"),
    )
    op.create_index("receipt_position", "receipt", ["room", "position"], unique=False)
    op.create_table(
        "refresh_token",
        sa.Column("token_hash", sa.Text(), nullable=False),
        sa.Column("user_id", sa.Text(), nullable=False),
        sa.Column("device_id", sa.Text(), nullable=False),
        sa.Column("parent_hash", sa.Text(), nullable=True),
        sa.Column("jti", sa.Text(), nullable=False),
        sa.Column("used", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_ts", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("token_hash"),
    )
    op.create_index("refresh_token_device", "refresh_token", ["user_id", "device_id"], unique=False)
    op.create_table(
        "room",
        sa.Column("nid", INT, autoincrement=False, nullable=False),
        sa.Column("room_id", sa.Text(), nullable=False),
        sa.Column("room_version", sa.Text(), nullable=False),
        sa.Column("version", INT, autoincrement=False, nullable=False),
        sa.Column("extremities", sa.LargeBinary(), nullable=False),
        sa.Column("creator", sa.Text(), nullable=False),
        sa.Column("is_public", sa.SmallInteger(), server_default="0", nullable=False),
        sa.Column("created_ts", INT, autoincrement=False, nullable=False),
        sa.Column("claim_process", sa.Text(), nullable=True),
        sa.Column("claim_until", INT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("nid"),
        sa.UniqueConstraint("room_id"),
    )
    op.create_index(
        "room_public",
        "room",
        ["nid"],
        unique=False,
        sqlite_where=sa.text("is_public = 1"),
        postgresql_where=sa.text("is_public = 1"),
    )
    op.create_table(
        "room_state",
        sa.Column("room", INT, autoincrement=False, nullable=False),
        sa.Column("type", sa.Text(), nullable=False),
        sa.Column("state_key", sa.Text(), nullable=False),
        sa.Column("from_pos", INT, autoincrement=False, nullable=False),
        sa.Column("to_pos", INT, autoincrement=False, nullable=True),
        sa.Column("event_nid", INT, autoincrement=False, nullable=True),
        sa.PrimaryKeyConstraint("room", "type", "state_key", "from_pos"),
    )
    op.create_index(
        "room_state_current",
        "room_state",
        ["room", "to_pos"],
        unique=False,
        sqlite_where=sa.text("to_pos IS NULL"),
        postgresql_where=sa.text("to_pos IS NULL"),
    )
    op.create_index("room_state_from", "room_state", ["room", "from_pos"], unique=False)
    op.create_table(
        "setting",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("value", sa.Text(), nullable=False),
        sa.PrimaryKeyConstraint("key"),
    )
    op.create_table(
        "state",
        sa.Column("id", INT, autoincrement=False, nullable=False),
        sa.Column("room", INT, autoincrement=False, nullable=False),
        sa.Column("base_pos", INT, autoincrement=False, nullable=True),
        sa.Column("base_id", INT, autoincrement=False, nullable=True),
        sa.Column("entries", sa.LargeBinary(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("state_room", "state", ["room"], unique=False)
    op.create_table(
        "uia_session",
        sa.Column("session_id", sa.Text(), nullable=False),
        sa.Column("operation", sa.Text(), nullable=False),
        sa.Column("request", sa.LargeBinary(), nullable=False),
        sa.Column("completed", sa.LargeBinary(), nullable=False),
        sa.Column("created_ts", INT, autoincrement=False, nullable=False),
        sa.PrimaryKeyConstraint("session_id"),
    )
