"""Reading the history of rooms: pages, surroundings, dates, relations, threads."""

from __future__ import annotations

from typing import Any

import orjson

from homeserver.api.endpoint import Auth, Json, Query, endpoint
from homeserver.errors import InvalidParam, MissingParam
from homeserver.ids import EventId, RoomId
from homeserver.protocol.canonical_json import decode
from homeserver.protocol.sync_filter import RoomEventFilter, parse_room_event_filter
from homeserver.protocol.sync_token import parse_any
from homeserver.services.ground.requester import Requester
from homeserver.services.reading.read_relations import RECURSION_DEPTH, ReadRelations
from homeserver.services.reading.read_room import ReadRoom, Token

MAX_LIMIT = 1_000
"""Events in one answer; who asks for more gets as many."""

_PATH = "/_matrix/client/v1/rooms/{room_id}/relations/{event_id}"


class RoomHistoryApi:
    def __init__(self, read_room: ReadRoom, relations: ReadRelations) -> None:
        self._rooms = read_room
        self._relations = relations

    @endpoint(
        "GET",
        "/_matrix/client/v3/rooms/{room_id}/messages",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3roomsroomidmessages",
    )
    async def messages(self, who: Requester, room_id: RoomId, query: Query) -> Json:
        """A page of history."""
        # First of all whether they may ask: those who may not learn nothing from what they asked.
        await self._rooms.enter(room_id, who.user_id)
        page = await self._rooms.messages(
            who,
            room_id,
            backwards=_backwards(query),
            begin=_token(query, "from"),
            to=_token(query, "to"),
            limit=query.integer("limit", 10, high=MAX_LIMIT),
            accept=_filter(query),
        )
        answer: dict[str, Any] = {"start": page.start, "chunk": _fragments(page.chunk)}
        if page.end is not None:
            answer["end"] = page.end
        if page.state is not None:
            answer["state"] = _fragments(page.state)
        return answer

    @endpoint(
        "GET",
        "/_matrix/client/v3/rooms/{room_id}/context/{event_id}",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3roomsroomidcontexteventid",
    )
    async def context(
        self, who: Requester, room_id: RoomId, event_id: EventId, query: Query
    ) -> Json:
        """An event and what was said around it."""
        found = await self._rooms.context(
            who,
            room_id,
            event_id,
            limit=query.integer("limit", 10, high=MAX_LIMIT),
            accept=_filter(query),
        )
        return {
            "start": found.start,
            "end": found.end,
            "events_before": _fragments(found.before),
            "event": orjson.Fragment(found.event),
            "events_after": _fragments(found.after),
            "state": _fragments(found.state),
        }

    @endpoint(
        "GET",
        "/_matrix/client/v1/rooms/{room_id}/timestamp_to_event",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv1roomsroomidtimestamp_to_event",
    )
    async def timestamp_to_event(self, who: Requester, room_id: RoomId, query: Query) -> Json:
        """The event nearest to a time."""
        await self._rooms.enter(room_id, who.user_id)
        query.required("ts")
        ts = query.integer("ts", 0)
        stored, _ = await self._rooms.at_date(who, room_id, ts, backwards=_backwards(query))
        return {
            "event_id": stored.event.event_id,
            "origin_server_ts": stored.event.origin_server_ts,
        }

    @endpoint(
        "GET",
        _PATH,
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv1roomsroomidrelationseventid",
    )
    async def relations(
        self, who: Requester, room_id: RoomId, event_id: EventId, query: Query
    ) -> Json:
        """The events that relate to one."""
        return await self._children(who, room_id, event_id, None, None, query)

    @endpoint(
        "GET",
        _PATH + "/{rel_type}",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv1roomsroomidrelationseventidreltype",
    )
    async def relations_of_type(
        self, who: Requester, room_id: RoomId, event_id: EventId, rel_type: str, query: Query
    ) -> Json:
        """Those of one type of relation."""
        return await self._children(who, room_id, event_id, rel_type, None, query)

    @endpoint(
        "GET",
        _PATH + "/{rel_type}/{event_type}",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv1roomsroomidrelationseventidreltypeeventtype",
    )
    async def relations_of_event_type(
        self,
        who: Requester,
        room_id: RoomId,
        event_id: EventId,
        rel_type: str,
        event_type: str,
        query: Query,
    ) -> Json:
        """Those of one type of relation and of event."""
        return await self._children(who, room_id, event_id, rel_type, event_type, query)

    async def _children(
        self,
        who: Requester,
        room_id: RoomId,
        event_id: EventId,
        rel_type: str | None,
        event_type: str | None,
        query: Query,
    ) -> Json:
        recurse = query.boolean("recurse")
        if "\0" in (rel_type or "") or "\0" in (event_type or ""):
            raise InvalidParam("A type holds no NUL")
        found = await self._relations.children(
            who,
            room_id,
            event_id,
            rel_type=rel_type,
            event_type=event_type,
            begin=_token(query, "from"),
            to=_token(query, "to"),
            backwards=query.choice("dir", ("b", "f"), "b") == "b",
            recurse=recurse,
            limit=query.integer("limit", 50, low=1, high=MAX_LIMIT),
        )
        answer: dict[str, Any] = {"chunk": _fragments(found.events)}
        if found.next is not None:
            answer["next_batch"] = found.next
        if query.text("from"):
            answer["prev_batch"] = query.text("from")
        if "recurse" in query:
            answer["recursion_depth"] = RECURSION_DEPTH if recurse else 0
        return answer

    @endpoint(
        "GET",
        "/_matrix/client/v1/rooms/{room_id}/threads",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv1roomsroomidthreads",
    )
    async def threads(self, who: Requester, room_id: RoomId, query: Query) -> Json:
        """The roots of a room's threads."""
        found = await self._relations.threads(
            who,
            room_id,
            participated=query.choice("include", ("all", "participated"), "all") == "participated",
            begin=_token(query, "from"),
            limit=query.integer("limit", 20, low=1, high=100),
        )
        answer: dict[str, Any] = {"chunk": _fragments(found.events)}
        if found.next is not None:
            answer["next_batch"] = found.next
        return answer


def _backwards(query: Query) -> bool:
    direction = query.choice("dir", ("b", "f"))
    if direction is None:
        raise MissingParam("Missing query parameter dir")
    return direction == "b"


def _token(query: Query, name: str) -> Token | None:
    text = query.text(name)
    return parse_any(text) if text else None


def _filter(query: Query) -> RoomEventFilter:
    text = query.text("filter")
    return parse_room_event_filter(decode(text.encode())) if text else RoomEventFilter()


def _fragments(events: list[bytes]) -> list[orjson.Fragment]:
    return [orjson.Fragment(event) for event in events]
