"""Every table, declared once for both databases.

A: the projection of the rooms' logs, which `rebuild` makes again. B: the ledger of commands and the
outbox. C: the feed. D: what is in no log and must be backed up. Times are ms since 1970. JSON is
text written by `storage.json_text`, so that equal values are equal texts.
"""

from __future__ import annotations

import sqlalchemy as sa

metadata = sa.MetaData()

INT = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
# Compares as bytes, as ranks and cursors must.
BYTEWISE = sa.Text().with_variant(sa.Text(collation="C"), "postgresql")


def _text(name: str, *args: object, null: bool = False, key: bool = False) -> sa.Column[str]:
    return sa.Column(name, sa.Text, *args, nullable=null, primary_key=key)  # type: ignore[arg-type]


def _int(name: str, *, null: bool = False, key: bool = False) -> sa.Column[int]:
    return sa.Column(name, INT, nullable=null, primary_key=key, autoincrement=False)


def _flag(name: str, default: int = 0) -> sa.Column[int]:
    return sa.Column(name, sa.SmallInteger, nullable=False, server_default=str(default))


def _number(name: str) -> sa.Column[int]:
    """A number that the database gives, rising."""
    return sa.Column(name, INT, primary_key=True, autoincrement=True)


meta = sa.Table(
    "meta",
    metadata,
    _text("key", key=True),
    _text("value"),
)
"""Single values: `org_version`, `feed_horizon`, `caught_up:SHARD` (an epoch)."""

# --- A: the projection ------------------------------------------------------------------------

task = sa.Table(
    "task",
    metadata,
    _number("nid"),
    _text("task_id"),
    _text("room_id"),
    _text("root_event_id"),
    _text("key_prefix"),
    _int("key_no"),
    _int("rev"),
    _text("kind"),
    _text("status"),
    _text("category"),
    _flag("closed"),
    _text("creator"),
    _text("assigner"),
    _text("assignee", null=True),
    _text("assignment_state"),
    sa.Column("priority", sa.SmallInteger, nullable=False),
    # When it is due, for order: of a day, its end in UTC.
    _int("due_at", null=True),
    # The day, of a task due on a day.
    _text("due_date", null=True),
    sa.Column("rank", BYTEWISE, nullable=True),
    _text("parent", null=True),
    _flag("has_reason"),
    _int("created_at"),
    _int("updated_at"),
    _int("closed_at", null=True),
    _flag("erased"),
    _text("sha256"),
    sa.UniqueConstraint("task_id"),
)
sa.Index("task_key", task.c.key_prefix, task.c.key_no)
sa.Index("task_room", task.c.room_id, task.c.closed, task.c.due_at, task.c.task_id)
sa.Index("task_room_rank", task.c.room_id, task.c.rank, task.c.task_id)
sa.Index("task_room_key", task.c.room_id, task.c.key_prefix, task.c.key_no, task.c.task_id)
sa.Index("task_rank", task.c.rank, task.c.task_id)
sa.Index("task_due", task.c.due_at, task.c.priority.desc(), task.c.task_id)
sa.Index("task_updated", task.c.updated_at, task.c.task_id)
sa.Index("task_created", task.c.created_at, task.c.task_id)
sa.Index("task_priority", task.c.priority, task.c.task_id)
sa.Index("task_assignee", task.c.assignee, task.c.closed, task.c.due_at, task.c.task_id)
sa.Index("task_parent", task.c.parent)
sa.Index("task_status", task.c.status)
sa.Index("task_category", task.c.category)
sa.Index("task_assignment", task.c.assignment_state)
sa.Index(
    "task_open_due",
    task.c.due_at,
    sqlite_where=task.c.closed == 0,
    postgresql_where=task.c.closed == 0,
)

task_text = sa.Table(
    "task_text",
    metadata,
    _int("nid", key=True),
    _text("snapshot"),
    # What `q` looks in: key, title and description in lower case.
    _text("words"),
)
"""The wide half of `task`, so that lists read narrow rows."""

task_person = sa.Table(
    "task_person",
    metadata,
    _text("user_id", key=True),
    _text("role", key=True),
    _int("nid", key=True),
)
"""role: creator, assigner, assignee, collaborator or watcher."""
sa.Index("task_person_task", task_person.c.nid)

task_label = sa.Table(
    "task_label",
    metadata,
    _text("label", key=True),
    _int("nid", key=True),
)
sa.Index("task_label_task", task_label.c.nid)

task_blocks = sa.Table(
    "task_blocks",
    metadata,
    _int("nid", key=True),
    _text("blocker", key=True),
    # Of the task that waits.
    sa.Column("room_id", sa.Text, nullable=False, server_default=""),
    # Whether the blocker is in the index and neither closed nor erased.
    _flag("open"),
)
sa.Index("task_blocks_blocker", task_blocks.c.blocker)
sa.Index(
    "task_blocks_open",
    task_blocks.c.room_id,
    task_blocks.c.nid,
    sqlite_where=task_blocks.c.open == 1,
    postgresql_where=task_blocks.c.open == 1,
)

task_revision = sa.Table(
    "task_revision",
    metadata,
    _text("task_id", key=True),
    _int("rev", key=True),
    # The order in which they were applied, over all tasks.
    _int("applied"),
    _text("room_id"),
    _text("event_id"),
    _text("actor"),
    _text("on_behalf_of", null=True),
    _int("at"),
    _text("via"),
    _text("cmd_id"),
    _text("change"),
    # The content as it was sent, compressed: what a homeserver that lost it is sent again.
    sa.Column("content", sa.LargeBinary, nullable=True),
    _flag("redacted"),
    sa.UniqueConstraint("event_id"),
)
sa.Index("task_revision_room", task_revision.c.room_id, task_revision.c.applied)

room = sa.Table(
    "room",
    metadata,
    _text("room_id", key=True),
    _text("name", null=True),
    # The room's own settings, null where the state event is missing or not valid.
    _text("config", null=True),
    _text("workflows"),
    _text("labels", null=True),
    _text("kind", null=True),
    _text("owner", null=True),
    _text("space_id", null=True),
    _text("replaced_by", null=True),
    _flag("encrypted"),
    # Whether the authority is in the room, and whether nobody else can write tasks there.
    _flag("joined"),
    _flag("guarded"),
    # Whether the administrators were told that it is not guarded.
    _flag("told"),
    # Up to here the log was read without a gap: a token of the homeserver.
    _text("log_token", null=True),
    # Rises with every change of the room and of who is in it.
    _int("version"),
)

room_member = sa.Table(
    "room_member",
    metadata,
    _text("room_id", key=True),
    _text("user_id", key=True),
    # join or invite; who left has no row.
    _text("membership"),
    _int("power"),
)
sa.Index("room_member_user", room_member.c.user_id, room_member.c.membership)

# --- B: ledger and outbox ---------------------------------------------------------------------

command = sa.Table(
    "command",
    metadata,
    _number("seq"),
    _text("actor"),
    _text("cmd_id"),
    _text("room_id"),
    _text("task_id"),
    # The content as it came; null once an erased task's.
    _text("body", null=True),
    _text("body_sha256"),
    _text("via"),
    _text("event_id", null=True),
    _text("on_behalf_of", null=True),
    # Commands of one batch are decided together: all of them or none.
    _text("batch", null=True),
    # received, pending, accepted or rejected.
    _text("state"),
    _int("rev", null=True),
    # Of a rejection: code, detail, conflicts and so on.
    _text("refusal", null=True),
    _int("received_at"),
    _int("decided_at", null=True),
    sa.UniqueConstraint("actor", "cmd_id"),
)
sa.Index(
    "command_received",
    command.c.room_id,
    command.c.seq,
    sqlite_where=command.c.state == "received",
    postgresql_where=command.c.state == "received",
)
sa.Index("command_task", command.c.task_id)
sa.Index("command_event", command.c.event_id)

intent = sa.Table(
    "intent",
    metadata,
    _number("seq"),
    _text("txn_id"),
    # The room that the decision was made for; a moved task is sent to another one.
    _text("room_id"),
    _text("send_room_id"),
    _int("shard"),
    _int("epoch"),
    # revision, result or departure (of a moved task).
    _text("kind"),
    _text("event_type"),
    sa.Column("content", sa.LargeBinary, nullable=False),
    _int("ts"),
    _text("actor"),
    _text("cmd_id"),
    # People to be invited first, as JSON.
    _text("invite"),
    # queued (behind another of its room), pending, sent or failed.
    _text("state"),
    _text("event_id", null=True),
    _int("made_at"),
    sa.UniqueConstraint("txn_id"),
)
sa.Index("intent_open", intent.c.room_id, intent.c.state)
sa.Index(
    "intent_one_per_room",
    intent.c.room_id,
    unique=True,
    sqlite_where=intent.c.state == "pending",
    postgresql_where=intent.c.state == "pending",
)

lease = sa.Table(
    "lease",
    metadata,
    _int("shard", key=True),
    _int("epoch"),
    _text("holder"),
    _int("until"),
)

as_txn = sa.Table(
    "as_txn",
    metadata,
    _text("txn_id", key=True),
    _int("at"),
)

key_counter = sa.Table(
    "key_counter",
    metadata,
    _text("prefix", key=True),
    _int("last_no"),
    # The room that it was made for; null: of many rooms, as MY and DM are.
    _text("room_id", null=True),
)

chore = sa.Table(
    "chore",
    metadata,
    _number("seq"),
    _text("txn_id"),
    # send, redact, ...
    _text("kind"),
    _text("room_id"),
    _text("payload"),
    _int("tries"),
    _int("next_at"),
    # pending, done or failed.
    _text("state"),
    _text("event_id", null=True),
    sa.UniqueConstraint("txn_id"),
)
"""What is to be sent and decides nothing: notices, cards, answers, redactions."""
sa.Index(
    "chore_pending",
    chore.c.next_at,
    sqlite_where=chore.c.state == "pending",
    postgresql_where=chore.c.state == "pending",
)

# --- C: the feed ------------------------------------------------------------------------------

feed = sa.Table(
    "feed",
    metadata,
    # Rises even when the database is replaced by an older copy: it follows the clock.
    _int("seq", key=True),
    # task, gone, room_joined or room_left; came or went, which no client is told.
    _text("kind"),
    _text("room_id"),
    _text("task_id", null=True),
    _int("rev", null=True),
    # The only person it concerns; null: everybody in the room.
    _text("user_id", null=True),
    _int("at"),
)
sa.Index("feed_room", feed.c.room_id, feed.c.seq)

news = sa.Table(
    "news",
    metadata,
    # Follows the clock, as the feed's does.
    _int("seq", key=True),
    # The process that wrote it.
    _text("holder"),
    # message, notice or rejected.
    _text("kind"),
    # The room of a message, else whom it is for.
    _text("concerns"),
    # The event, the notice or the command.
    _text("name"),
    _int("at"),
)
"""What sockets of other processes are told beside the feed. It is kept for an hour."""

# --- D: in no log -----------------------------------------------------------------------------

org_unit = sa.Table(
    "org_unit",
    metadata,
    _text("unit_id", key=True),
    _text("parent", null=True),
    _text("name"),
    _text("head", null=True),
)

person = sa.Table(
    "person",
    metadata,
    _text("user_id", key=True),
    _text("role"),
    _text("unit_id", null=True),
    _text("reports_to", null=True),
    _flag("active", 1),
    # What the homeserver says, when it was last asked.
    _flag("server_admin"),
    _text("tz", null=True),
    _text("lang", null=True),
    # The local hour of the daily digest; null: none.
    _int("digest_hour", null=True),
    # In lower case: people may sign in with it.
    _text("email", null=True),
    # Minutes before the due time, as JSON; null: the usual ones.
    _text("reminders", null=True),
)

sa.Index("person_email", person.c.email, unique=True)

manages = sa.Table(
    "manages",
    metadata,
    _text("manager", key=True),
    _text("report", key=True),
    _int("depth"),
)
"""The closure of `person.reports_to`."""
sa.Index("manages_report", manages.c.report)

bot_grant = sa.Table(
    "bot_grant",
    metadata,
    _text("room_id", key=True),
    _text("bot", key=True),
    _text("operations"),
)

delegation = sa.Table(
    "delegation",
    metadata,
    _text("id", key=True),
    _text("token_sha256"),
    _text("user_id"),
    _text("bot"),
    _int("made_at"),
    _int("expires_at"),
    sa.UniqueConstraint("token_sha256"),
)
"""A person lets a bot act on their behalf."""

own_room = sa.Table(
    "own_room",
    metadata,
    # personal: user_a alone; direct: the two, in order.
    _text("kind", key=True),
    _text("user_a", key=True),
    _text("user_b", key=True),
    _text("room_id"),
)
sa.Index("own_room_room", own_room.c.room_id)

notification = sa.Table(
    "notification",
    metadata,
    # Made from what it is about, so that nothing is told twice.
    _text("id", key=True),
    _text("user_id"),
    _text("task_id"),
    _int("rev"),
    _text("kind"),
    _text("actor", null=True),
    _text("room_id"),
    _text("event_id", null=True),
    _int("at"),
    _text("reason", null=True),
    _int("read_at", null=True),
    # Set once the message to the personal room is queued.
    _int("told_at", null=True),
)
sa.Index("notification_inbox", notification.c.user_id, notification.c.at, notification.c.id)
sa.Index(
    "notification_untold",
    notification.c.user_id,
    sqlite_where=notification.c.told_at.is_(None),
    postgresql_where=notification.c.told_at.is_(None),
)

reminder = sa.Table(
    "reminder",
    metadata,
    _text("task_id", key=True),
    _text("user_id", key=True),
    # before:<minutes>, due or overdue.
    _text("kind", key=True),
    _int("due_rev", key=True),
    _int("fire_at"),
    # armed or done.
    _text("state"),
)
sa.Index(
    "reminder_armed",
    reminder.c.fire_at,
    sqlite_where=reminder.c.state == "armed",
    postgresql_where=reminder.c.state == "armed",
)

digest = sa.Table(
    "digest",
    metadata,
    _text("user_id", key=True),
    _text("day", key=True),
    _int("sent_at"),
)

card = sa.Table(
    "card",
    metadata,
    _text("task_id", key=True),
    _text("room_id", key=True),
    _text("event_id"),
    _int("rev"),
)

ics_token = sa.Table(
    "ics_token",
    metadata,
    _text("id", key=True),
    _text("token_sha256"),
    _text("user_id"),
    _text("scope"),
    _int("made_at"),
    _int("last_used", null=True),
    sa.UniqueConstraint("token_sha256"),
)
sa.Index("ics_token_user", ics_token.c.user_id)

audit = sa.Table(
    "audit",
    metadata,
    _int("number", key=True),
    _int("at"),
    _text("actor", null=True),
    _text("action"),
    _text("target", null=True),
    _text("detail", null=True),
    # Of the entry before; the hash of an entry covers it.
    _text("previous"),
    _text("sha256"),
)
"""Who did what as an administrator; a chain of hashes shows whether one was changed."""
