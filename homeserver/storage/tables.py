"""Every table, declared once for SQLite and PostgreSQL.

Integers are 64-bit. ``position`` columns hold positions of the one log. A room is named by its
``nid`` (the position at which it was created), an event by its ``nid`` (the position at which it
was first stored). JSON is kept as bytes: canonical for events, compact elsewhere. Times are
milliseconds since the epoch. Flags are small integers, 0 or 1.
"""

from __future__ import annotations

from sqlalchemy import (
    BigInteger,
    Column,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    PrimaryKeyConstraint,
    SmallInteger,
    Table,
    Text,
    UniqueConstraint,
    text,
)

metadata = MetaData()

# Only under this very name a primary key is SQLite's own row number, not a second tree.
_INT = BigInteger().with_variant(Integer(), "sqlite")


def _int(name: str, *, null: bool = False) -> Column[int]:
    return Column(name, _INT, nullable=null, autoincrement=False)


def _flag(name: str) -> Column[int]:
    return Column(name, SmallInteger, nullable=False, server_default="0")


def _text(name: str, *, null: bool = False) -> Column[str]:
    return Column(name, Text, nullable=null)


def _json(name: str, *, null: bool = False) -> Column[bytes]:
    return Column(name, LargeBinary, nullable=null)


# --- the log ---

log = Table(
    "log",
    metadata,
    _int("position"),
    _int("prev"),  # the preceding position: a reader that lacks it reads the log first
    _int("batch"),  # random, one per transaction: tells whether a lost COMMIT happened
    _text("kind"),  # event | receipt | account_data | ...: storage/log.py
    _int("room", null=True),
    _text("user_id", null=True),
    _json("data", null=True),  # small facts of the kind
    PrimaryKeyConstraint("position"),
)

client_txn = Table(
    "client_txn",
    metadata,
    _text("user_id"),
    _text("device_id"),  # or "as:<id>" for an application service
    _text("path"),
    _text("txn_id"),
    _json("answer"),
    _int("ts"),
    PrimaryKeyConstraint("user_id", "device_id", "path", "txn_id"),
    Index("client_txn_ts", "ts"),
)

# --- rooms ---

room = Table(
    "room",
    metadata,
    _int("nid"),
    _text("room_id"),
    _text("room_version"),
    _int("version"),  # of the head: every event's commit compares and swaps it
    _json("extremities"),  # of the head: [[event_id, depth], ...]; null: we are about to join
    _text("creator"),
    _flag("is_public"),
    _int("created_ts"),
    _text("claim_process", null=True),
    _int("claim_until", null=True),
    PrimaryKeyConstraint("nid"),
    UniqueConstraint("room_id"),
    Index(
        "room_public",
        "nid",
        sqlite_where=text("is_public = 1"),
        postgresql_where=text("is_public = 1"),
    ),
)

event = Table(
    "event",
    metadata,
    _int("nid"),
    _int("room"),
    _text("event_id"),
    _text("type"),
    _text("state_key", null=True),
    _text("sender"),
    _flag("status"),  # 0 ok, 1 soft-failed, 2 rejected
    _flag("place"),  # 0 live, 1 backfilled, 2 outlier: storage/README.md
    _int("ord_pos", null=True),  # the one order: (ord_pos, ord_minor); NULL for outliers
    _int("ord_minor", null=True),
    _int("state_id", null=True),  # NULL: the state before it is the room's state at ord_pos - 1
    _flag("notify"),  # bit 1: the default rules notify members; bit 2: they highlight for all
    _text("thread", null=True),  # the root's event id
    _text("relates_to", null=True),
    _text("rel_type", null=True),
    _int("replaces", null=True),  # nid of the state event that it replaced
    _int("redacted_by", null=True),  # nid of the redaction; json is pruned already
    _text("txn_device", null=True),  # the sending device and its transaction id
    _text("txn_id", null=True),
    _int("depth"),
    _int("origin_server_ts"),
    _json("json"),
    PrimaryKeyConstraint("nid"),
    UniqueConstraint("event_id"),
    UniqueConstraint("room", "ord_pos", "ord_minor"),
    Index(
        "event_relations",
        "relates_to",
        "rel_type",
        sqlite_where=text("relates_to IS NOT NULL"),
        postgresql_where=text("relates_to IS NOT NULL"),
    ),
    Index(
        "event_thread",
        "room",
        "thread",
        "ord_pos",
        sqlite_where=text("thread IS NOT NULL"),
        postgresql_where=text("thread IS NOT NULL"),
    ),
    Index(
        "event_notify",
        "room",
        "ord_pos",
        sqlite_where=text("notify > 0"),
        postgresql_where=text("notify > 0"),
    ),
    Index("event_sender", "room", "sender", "ord_pos"),
    Index(
        "event_redacted",
        "room",
        "redacted_by",
        sqlite_where=text("redacted_by IS NOT NULL"),
        postgresql_where=text("redacted_by IS NOT NULL"),
    ),
    Index("event_ts", "room", "origin_server_ts"),
    Index(
        "event_forked",
        "room",
        "ord_pos",
        sqlite_where=text("state_id IS NOT NULL"),
        postgresql_where=text("state_id IS NOT NULL"),
    ),
)

early_redaction = Table(
    "early_redaction",
    metadata,
    _text("event_id"),  # of a target that has not come yet
    _int("room"),
    _int("redaction"),  # nid of the redaction
    PrimaryKeyConstraint("event_id", "redaction"),
)

room_state = Table(
    "room_state",
    metadata,
    _int("room"),
    _text("type"),
    _text("state_key"),
    _int("from_pos"),
    _int("to_pos", null=True),  # the position that ended it; NULL: current
    _int("event_nid", null=True),  # NULL: the key was removed
    PrimaryKeyConstraint("room", "type", "state_key", "from_pos"),
    Index("room_state_from", "room", "from_pos"),
    Index(
        "room_state_current",
        "room",
        # Always NULL here; without it SQLite would rather read the room's whole past.
        "to_pos",
        sqlite_where=text("to_pos IS NULL"),
        postgresql_where=text("to_pos IS NULL"),
    ),
)

state = Table(
    "state",
    metadata,
    _int("id"),
    _int("room"),
    _int("base_pos", null=True),
    _int("base_id", null=True),  # names a snapshot; neither base: this row is a snapshot
    _json("entries"),  # {"set": [event nid, ...], "removed": [[type, state_key], ...]}
    PrimaryKeyConstraint("id"),
    Index("state_room", "room"),
)

gap = Table(
    "gap",
    metadata,
    _int("room"),
    _int("anchor_pos"),  # ord_pos of the event whose parents are missing
    _int("low_minor"),  # the gap lies just before (anchor_pos, low_minor)
    _json("missing_event_ids"),
    PrimaryKeyConstraint("room", "anchor_pos"),
)

membership = Table(
    "membership",
    metadata,
    _int("room"),
    _text("user_id"),
    _text("membership"),
    _text("sender"),
    _int("event_nid"),
    _int("position"),
    _flag("forgotten"),
    PrimaryKeyConstraint("room", "user_id"),
    Index("membership_user", "user_id", "membership"),
)

alias = Table(
    "alias",
    metadata,
    _text("alias"),
    _int("room"),
    _text("creator"),
    PrimaryKeyConstraint("alias"),
    Index("alias_room", "room"),
)

# --- what is read and notified ---

receipt = Table(
    "receipt",
    metadata,
    _int("room"),
    _text("user_id"),
    _text("type"),  # m.read | m.read.private
    _text("thread"),  # "" unthreaded, "main", or a root's event id
    _text("event_id"),
    _int("ord_pos"),
    _int("ord_minor"),
    _int("ts"),
    _int("position"),
    PrimaryKeyConstraint("room", "user_id", "type", "thread"),
    Index("receipt_position", "room", "position"),
)

notification = Table(
    "notification",
    metadata,
    _text("user_id"),
    _int("room"),
    _text("thread"),  # "" the main timeline, or a root's event id
    _int("ord_pos"),
    _int("ord_minor"),
    _int("event_nid"),
    _flag("notify"),  # counts for a user with rules of their own
    _flag("highlight"),
    PrimaryKeyConstraint("user_id", "room", "ord_pos", "ord_minor"),
    Index("notification_event", "event_nid"),
)

account_data = Table(
    "account_data",
    metadata,
    _text("user_id"),
    _int("room"),  # 0: global
    _text("type"),
    _json("content", null=True),  # NULL: deleted
    _int("position"),
    PrimaryKeyConstraint("user_id", "room", "type"),
    Index("account_data_position", "user_id", "position"),
)

filter_ = Table(
    "filter",
    metadata,
    _text("user_id"),
    _text("filter_id"),  # names the content: the same filter stored twice is one row
    _json("json"),
    PrimaryKeyConstraint("user_id", "filter_id"),
)

# --- people ---

account = Table(
    "account",
    metadata,
    _text("user_id"),
    _text("password_hash", null=True),
    _flag("admin"),
    Column("active", SmallInteger, nullable=False, server_default="1"),
    _flag("must_change_password"),
    _text("kind"),  # user | appservice
    _text("appservice_id", null=True),
    _int("created_ts"),
    _int("custom_push_from", null=True),  # since when the push rules differ from the default ones
    PrimaryKeyConstraint("user_id"),
)

profile = Table(
    "profile",
    metadata,
    _text("user_id"),
    _text("field"),  # displayname | avatar_url | a custom field
    _json("value"),
    _text("search", null=True),  # a display name in lower case, to be searched
    PrimaryKeyConstraint("user_id", "field"),
)

device = Table(
    "device",
    metadata,
    _text("user_id"),
    _text("device_id"),
    _text("display_name", null=True),
    _int("created_ts"),
    _int("last_seen_ts", null=True),
    _text("last_seen_ip", null=True),
    PrimaryKeyConstraint("user_id", "device_id"),
)

access_token = Table(
    "access_token",
    metadata,
    _text("jti"),
    _text("user_id"),
    _text("device_id"),
    _int("expires_ts", null=True),
    PrimaryKeyConstraint("jti"),
    Index("access_token_device", "user_id", "device_id"),
)

refresh_token = Table(
    "refresh_token",
    metadata,
    _text("token_hash"),
    _text("user_id"),
    _text("device_id"),
    _text("parent_hash", null=True),  # the token that was presented to get this one
    _text("jti"),  # the access token issued beside it
    _flag("used"),  # a successor of it has been used
    _int("created_ts"),
    PrimaryKeyConstraint("token_hash"),
    Index("refresh_token_device", "user_id", "device_id"),
)

login_token = Table(
    "login_token",
    metadata,
    _text("token_hash"),
    _text("user_id"),
    _text("purpose"),  # login: m.login.token; welcome: a one-time sign-in link
    _int("expires_ts"),
    PrimaryKeyConstraint("token_hash"),
    Index("login_token_user", "user_id"),
)

uia_session = Table(
    "uia_session",
    metadata,
    _text("session_id"),
    _text("operation"),
    _json("request"),
    _json("completed"),
    _int("created_ts"),
    PrimaryKeyConstraint("session_id"),
)

attempt = Table(
    "attempt",
    metadata,
    _text("key"),  # of a bucket of attempts to sign in: of an address, or of an account
    _int("full_ts"),  # when the bucket will be full again
    PrimaryKeyConstraint("key"),
)

# --- media, application services ---

media = Table(
    "media",
    metadata,
    _text("media_id"),
    _text("user_id"),
    _text("content_hash", null=True),  # names the bytes; NULL: created, not uploaded yet
    _text("content_type", null=True),
    _text("upload_name", null=True),
    _int("size", null=True),
    _int("created_ts"),
    PrimaryKeyConstraint("media_id"),
    Index("media_user", "user_id"),
    Index("media_hash", "content_hash"),
)

appservice_cursor = Table(
    "appservice_cursor",
    metadata,
    _text("appservice_id"),
    _int("acked"),
    _int("txn_id"),
    _int("to_pos", null=True),  # the end of the range under way: stored before it is sent
    PrimaryKeyConstraint("appservice_id"),
)

setting = Table(
    "setting",
    metadata,
    _text("key"),
    _text("value"),
    PrimaryKeyConstraint("key"),
)
