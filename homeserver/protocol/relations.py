"""What `m.relates_to` says: replies, threads, edits, reactions.

Source: client-server-api, "Forming relationships between events", "Rich replies", "Threading",
"Event replacements".
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeGuard

from homeserver.ids import MAX_ID_BYTES
from homeserver.protocol.event import Event

REPLACE = "m.replace"
THREAD = "m.thread"
ANNOTATION = "m.annotation"
REFERENCE = "m.reference"


@dataclass(frozen=True, slots=True)
class Relation:
    """The well-formed parts of an event's `m.relates_to`.

    rel_type and event_id are both there or both None (a plain reply). key: of an annotation.
    in_reply_to: the event replied to, also where a thread only falls back to replying.
    """

    rel_type: str | None = None
    event_id: str | None = None
    key: str | None = None
    is_falling_back: bool = False
    in_reply_to: str | None = None


def relation_of(content: Mapping[str, Any]) -> Relation | None:
    """The relation a content declares; None when it has none that is well formed."""
    relates = content.get("m.relates_to")
    if not isinstance(relates, dict):
        return None
    rel_type, event_id = relates.get("rel_type"), relates.get("event_id")
    if not _is_name(rel_type) or not _is_name(event_id):
        rel_type = event_id = None
    reply = relates.get("m.in_reply_to")
    in_reply_to = reply.get("event_id") if isinstance(reply, dict) else None
    if not _is_name(in_reply_to):
        in_reply_to = None
    if rel_type is None and in_reply_to is None:
        return None
    key = relates.get("key")
    return Relation(
        rel_type=rel_type,
        event_id=event_id,
        key=key if isinstance(key, str) else None,
        is_falling_back=relates.get("is_falling_back") is True,
        in_reply_to=in_reply_to,
    )


def _is_name(value: object) -> TypeGuard[str]:
    """Whether it can name an event or a relation: databases take neither NUL nor endless keys."""
    return isinstance(value, str) and len(value.encode()) <= MAX_ID_BYTES and "\x00" not in value


def thread_root(content: Mapping[str, Any]) -> str | None:
    """The root of the thread that an event with this content belongs to by itself."""
    relation = relation_of(content)
    return relation.event_id if relation is not None and relation.rel_type == THREAD else None


def may_root_thread(event: Event) -> bool:
    """Whether a thread can start at the event: a child of another relation cannot be a root."""
    relation = relation_of(event.content)
    return relation is None or relation.rel_type is None


def is_valid_edit(edit: Event, original: Event) -> bool:
    """Whether `edit` replaces `original`, by all criteria of "Validity of replacement events"."""
    relation = relation_of(edit.content)
    if relation is None or relation.rel_type != REPLACE or relation.event_id != original.event_id:
        return False
    earlier = relation_of(original.content)
    return (
        edit.room_id == original.room_id
        and edit.sender == original.sender
        and edit.type == original.type
        and edit.state_key is None
        and original.state_key is None
        and (earlier is None or earlier.rel_type != REPLACE)
        # The new content of an encrypted edit is inside its ciphertext.
        and (edit.type == "m.room.encrypted" or isinstance(edit.content.get("m.new_content"), dict))
    )


def edit_order(edit: Event) -> tuple[int, str]:
    """Sort key of edits: the greatest is the most recent one."""
    return edit.origin_server_ts, edit.event_id
