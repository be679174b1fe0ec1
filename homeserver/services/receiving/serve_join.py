"""Letting people of other servers into rooms: templates of their membership events, and taking the
events that they sign.

Source: server-server-api, "Joining Rooms", "Knocking upon a room", "Leaving Rooms", "Inviting to a
room", "Restricted rooms".
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from typing import Any

from homeserver.errors import BadJson, Forbidden, IncompatibleRoomVersion, NotFound
from homeserver.ids import domain_of
from homeserver.protocol.auth_rules import AuthRejected, check_auth
from homeserver.protocol.build import build_event
from homeserver.protocol.event import Event
from homeserver.protocol.event_checks import MAX_PREV_EVENTS
from homeserver.protocol.room_versions import RoomVersion
from homeserver.protocol.signing import SigningKey, sign_event
from homeserver.services.events.event_cache import EventCache
from homeserver.services.events.judge_event import auth_state, refused_by
from homeserver.services.events.room_heads import MEMBER, RoomHead, RoomHeads
from homeserver.services.events.state_at import StateAt
from homeserver.services.events.write_event import WriteEvent, reference_hashes
from homeserver.services.ground.clock import Clock
from homeserver.services.receiving.check_received import CheckReceived, Dropped, valid_format
from homeserver.services.receiving.event_source import Pdu, StateEvents
from homeserver.services.receiving.receive_event import ReceiveEvent
from homeserver.services.receiving.serve_events import ServeEvents
from homeserver.services.rooms.join_room import AUTHORISER, JoinRoom
from homeserver.storage.events import OK

_NOT_IN_TEMPLATES = ("event_id", "hashes", "signatures")


@dataclass(frozen=True, slots=True)
class Template:
    """An event for another server to complete and to sign."""

    event: Pdu
    room_version: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """A membership event that was taken, as it is now, and the state before it."""

    event: Pdu
    before: StateEvents


class ServeJoin:
    """The resident server's part in joins, knocks, leaves and invites."""

    def __init__(
        self,
        heads: RoomHeads,
        cache: EventCache,
        checks: CheckReceived,
        receive: ReceiveEvent,
        joins: JoinRoom,
        write: WriteEvent,
        serve: ServeEvents,
        state_at: StateAt,
        *,
        signing_key: SigningKey,
        server_name: str,
        clock: Clock,
    ) -> None:
        self._heads = heads
        self._cache = cache
        self._checks = checks
        self._receive = receive
        self._joins = joins
        self._write = write
        self._serve = serve
        self._state_at = state_at
        self._signing_key = signing_key
        self._server_name = server_name
        self._clock = clock

    async def template(
        self,
        server: str,
        room_id: str,
        user_id: str,
        membership: str,
        *,
        versions: Collection[str] = ("1",),
    ) -> Template:
        """What the user may send to change their membership to ``join``, ``knock`` or ``leave``.

        versions: the room versions that the asking server knows. Raises NotFound (we are not in
        the room), IncompatibleRoomVersion, Forbidden, UnableToGrantJoin (restricted rooms).
        """
        if domain_of(user_id) != server:
            raise Forbidden("That user is not of your server")
        head = await self._resident(room_id)
        if membership != "leave" and head.version.identifier not in versions:
            raise IncompatibleRoomVersion(head.version.identifier)
        content: dict[str, Any] = {"membership": membership}
        if membership == "join":
            authoriser = await self._joins.authoriser_of(head, user_id)
            if authoriser is not None:
                content[AUTHORISER] = authoriser
        if head.version.hashed_references:
            await self._write.learn_hashes(head)
        event = self._proto(head, user_id, content)
        try:
            auth = head.auth_events(MEMBER, user_id, user_id, content)
            check_auth(event, auth, create=head.event("m.room.create"))
        except AuthRejected as refused:
            raise Forbidden(refused.reason) from refused
        pdu = {key: value for key, value in event.pdu.items() if key not in _NOT_IN_TEMPLATES}
        return Template(pdu, head.version.identifier)

    def _proto(self, head: RoomHead, user_id: str, content: dict[str, Any]) -> Event:
        newest = sorted(head.extremities, key=lambda item: -item[1])[:MAX_PREV_EVENTS]
        auth = head.auth_events(MEMBER, user_id, user_id, content)
        return build_event(
            version=head.version,
            room_id=head.room_id,
            sender=user_id,
            type=MEMBER,
            content=content,
            state_key=user_id,
            prev_events=[event_id for event_id, _ in newest],
            auth_events=[event.event_id for event in auth.values()],
            depth=max(depth for _, depth in head.extremities) + 1,
            origin_server_ts=self._clock(),
            reference_hashes=reference_hashes(head, auth.values()),
            signing_key=self._signing_key,
            server_name=self._server_name,
        )

    async def accept(self, server: str, room_id: str, pdu: Pdu, membership: str) -> Accepted:
        """Takes a join, knock or leave that the other server has signed.

        For a join that one of our people authorises the event is signed by us too. Raises NotFound,
        Dropped, BadJson (another kind of event), Forbidden (it is rejected or soft-failed).
        """
        head = await self._resident(room_id)
        event = valid_format(pdu, head.version)
        self._check_own(server, room_id, event, membership)
        if membership == "join":
            pdu = await self._authorised(head, event)
        received = await self._receive.receive(server, room_id, pdu)
        if received.status != OK:
            raise Forbidden(received.reason or "The event is not allowed")
        stored = await self._cache.by_id(received.event_id)
        assert stored is not None
        before = await self._state_at.before(stored)
        return Accepted(stored.event.pdu, await self._serve.state_events(before.values()))

    async def sign_invite(self, server: str, version: RoomVersion, pdu: Pdu) -> Event:
        """An invite of one of our people, checked (steps 1 to 3) and signed by us as well.

        If we are in the room, it is received too. Raises Dropped, BadJson, Forbidden.
        """
        event = await self._checks.check(pdu, version)
        if event.membership != "invite" or event.state_key is None:
            raise BadJson("The event is no invite")
        if domain_of(event.state_key) != self._server_name or domain_of(event.sender) != server:
            raise Forbidden("The invite is not from your server, or not to ours")
        signed = sign_event(event.pdu, version, self._signing_key, self._server_name)
        event = Event.from_pdu(signed, version, event_id=event.event_id)
        head = await self._heads.find(event.room_id)
        if head is not None and self._anybody_here(head):
            received = await self._receive.take(server, event)
            if received.status != OK:
                raise Forbidden(received.reason or "The invite is not allowed")
        return event

    async def _resident(self, room_id: str) -> RoomHead:
        head = await self._heads.get(room_id)
        if not self._anybody_here(head):
            raise NotFound("This server is not in the room")
        return head

    def _anybody_here(self, head: RoomHead) -> bool:
        return any(domain_of(user_id) == self._server_name for user_id in head.joined)

    def _check_own(self, server: str, room_id: str, event: Event, membership: str) -> None:
        if event.membership != membership or event.sender != event.state_key:
            raise BadJson(f"The event is no {membership}")
        if domain_of(event.sender) != server:
            raise Forbidden("That user is not of your server")
        if event.room_id != room_id:
            raise Dropped(1, "The event is of another room")

    async def _authorised(self, head: RoomHead, event: Event) -> Pdu:
        """The join, signed by us if it says that one of our people lets the user in."""
        authoriser = event.content.get(AUTHORISER)
        if not isinstance(authoriser, str) or domain_of(authoriser) != self._server_name:
            return event.pdu
        await self._joins.authoriser_of(head, event.sender)  # whether they still meet a condition
        signed = sign_event(event.pdu, head.version, self._signing_key, self._server_name)
        # What we have signed can be shown to others: on an old branch, where the join rule is one
        # that has been closed since, they would believe us.
        again = Event(event.event_id, signed, head.version)
        refusal = refused_by(
            again, auth_state(head, again), head.event("m.room.create"), levels=head.power
        )
        if refusal is not None:
            raise Forbidden(refusal.reason)
        return signed
