"""Rooms of every kind, made from a seed: forks of forks, fights for power, bans, lies.

Events are neither signed nor hashed: their IDs are drawn, so that thousands of rooms take seconds.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Callable
from random import Random
from typing import Any

import canonicaljson
from nacl.signing import SigningKey

from homeserver.protocol.event import Event
from homeserver.protocol.room_versions import ROOM_VERSIONS, EventIds
from tests.oracle.authorisation import allowed, allowed_by_its_auth_events, selected_keys
from tests.oracle.plain import Key, Plain, State
from tests.oracle.state_resolution import resolve

Ids = dict[Key, str]

USERS = [
    "@anna:a.example",
    "@bob:a.example",
    "@carol:b.example",
    "@dave:b.example",
    "@erin:c.example",
    "@frank:c.example",
]
_VERSIONS = [*range(1, 13), 2, 10, 11, 12, 12, 12]
"""Those that rooms are really made in are drawn more often."""

_INVITE_KEY = SigningKey(bytes(range(32)))
_PUBLIC = b64encode(bytes(_INVITE_KEY.verify_key)).decode().rstrip("=")
_JOIN_RULES = ["public", "invite", "knock", "restricted", "knock_restricted", "private", 7]
_POWERS: list[Any] = [-10, 0, 0, 10, 49, 50, 50, 51, 75, 99, 100, 100, 101]
_ODD_POWERS: list[Any] = ["50", " +075 ", "x", 50.9, -0.5, 1e3, True, None, [], math.inf, "１００"]
_SCALARS = ["ban", "kick", "invite", "redact", "state_default", "events_default", "users_default"]
_TYPES = ["m.room.topic", "m.room.power_levels", "m.room.member", "m.room.message", "org.odd"]
_NOTHING: dict[str, Any] = {}


class Room:
    """The events of a room and its branches.

    branches: for each the state at its end, its newest event and that one's depth. resolutions:
    the states that branches met with, for `agreement` to resolve again.
    """

    def __init__(self, seed: int, version: int | None = None) -> None:
        self.random = Random(seed)
        self.version = self.random.choice(_VERSIONS) if version is None else version
        self.row = ROOM_VERSIONS[str(self.version)]
        self.plain: dict[str, Plain] = {}
        self.events: dict[str, Event] = {}
        self.rejected: set[str] = set()
        self.room_id = "!room:a.example"
        self.create: Plain | None = None
        self.clock = 1_000
        self.branches: list[tuple[Ids, str, int]] = []
        self.resolutions: list[list[Ids]] = []
        self._begin()
        for _ in range(self.random.randint(3, 40)):
            self._step()
        for _ in range(4):
            self._meet(self.random.randint(2, 5))

    def state(self, ids: Ids) -> State:
        return {key: self.plain[event_id] for key, event_id in ids.items()}

    def _begin(self) -> None:
        draw = self.random
        content: dict[str, Any] = {"room_version": str(self.version)}
        if self.version <= 10 and draw.random() < 0.97:
            content["creator"] = draw.choice([USERS[0]] * 5 + [USERS[1]])
        if draw.random() < 0.1:
            content["m.federate"] = draw.choice([False, True])
        if draw.random() < 0.4:
            content["additional_creators"] = draw.sample(USERS, draw.randint(0, 2))
        create = self._add("m.room.create", USERS[0], content, "", {}, [], 0)
        self.create = create
        branch: tuple[Ids, str, int] = ({create.key: create.event_id}, create.event_id, 1)
        self.branches.append(branch)
        self._say(0, "m.room.member", USERS[0], {"membership": "join"}, USERS[0])
        if draw.random() < 0.9:
            self._say(0, "m.room.power_levels", USERS[0], self._first_levels(), "")
        if draw.random() < 0.9:
            rule = draw.choice(["public"] * 4 + _JOIN_RULES)
            self._say(0, "m.room.join_rules", USERS[0], {"join_rule": rule}, "")
        for user in USERS[1 : draw.randint(1, 5)]:
            self._say(0, "m.room.member", user, {"membership": "join"}, user)

    def _first_levels(self) -> dict[str, Any]:
        draw = self.random
        users = {user: draw.choice(_POWERS) for user in draw.sample(USERS[1:], 2)}
        if self.version < 12:
            users[USERS[0]] = 100
        return {"users": users, **({"invite": draw.choice(_POWERS)} if draw.random() < 0.5 else {})}

    def _step(self) -> None:
        draw = self.random
        choice = draw.random()
        if choice < 0.12 and len(self.branches) < 6:
            self.branches.append(self._branch())
        elif choice < 0.18 and len(self.branches) > 1:
            self._merge()
        else:
            self._act(draw.randrange(len(self.branches)))

    def _branch(self) -> tuple[Ids, str, int]:
        ids, event_id, depth = self.random.choice(self.branches)
        return dict(ids), event_id, depth

    def _merge(self) -> None:
        """Some branches become one, with the state that their states resolve to."""
        draw = self.random
        some = draw.sample(range(len(self.branches)), draw.randint(2, len(self.branches)))
        states = [self.branches[index][0] for index in some]
        self.resolutions.append([dict(ids) for ids in states])
        resolved = resolve(self.version, states, self.plain, self.rejected)
        _, event_id, depth = self.branches[some[0]]
        kept = [b for index, b in enumerate(self.branches) if index not in some]
        self.branches = [*kept, (resolved, event_id, depth)]

    def _meet(self, count: int) -> None:
        """States of branches, some of them torn, that are to be resolved."""
        draw = self.random
        states: list[Ids] = []
        for _ in range(count):
            ids = dict(draw.choice(self.branches)[0])
            if draw.random() < 0.3:
                self._tear(ids)
            states.append(ids)
        self.resolutions.append(states)

    def _tear(self, ids: Ids) -> None:
        """What a server may claim that has lost something, or lies."""
        draw = self.random
        for key in list(ids):
            if key[0] == "m.room.create":
                continue
            chance = draw.random()
            if chance < 0.1:
                del ids[key]
            elif chance < 0.25:
                others = [e for e in self.plain.values() if e.has_state_key and e.key == key]
                ids[key] = draw.choice(others).event_id

    def _say(
        self, index: int, type_: str, sender: str, content: dict[str, Any], state_key: str | None
    ) -> None:
        ids, newest, depth = self.branches[index]
        draw = self.random
        auth = ids
        if draw.random() < 0.06:
            auth = dict(draw.choice(self.branches)[0])
            self._tear(auth)
        event = self._add(type_, sender, content, state_key, auth, [newest], depth)
        state = self.state(ids)
        by_auth = self._allowed_by_auth_events(event)
        ok = by_auth and allowed(event, state, self.version, self.create)
        if not ok:
            self.rejected.add(event.event_id)
        # Now and then a branch believes in an event that its own state refuses.
        if event.has_state_key and (ok or (by_auth and draw.random() < 0.1)):
            ids[event.key] = event.event_id
        self.branches[index] = (ids, event.event_id, event.depth)

    def _allowed_by_auth_events(self, event: Plain) -> bool:
        cited = [self.plain[event_id] for event_id in event.auth_events]
        if not allowed_by_its_auth_events(event, cited, self.rejected, self.version):
            return False
        state = {auth_event.key: auth_event for auth_event in cited}
        return allowed(event, state, self.version, self.create)

    def _add(
        self,
        type_: str,
        sender: str,
        content: dict[str, Any],
        state_key: str | None,
        auth: Ids,
        prev_events: list[str],
        depth: int,
    ) -> Plain:
        draw = self.random
        self.clock += draw.choice([0, 0, 1, 5, -3])
        event_id = self._event_id()
        pdu: dict[str, Any] = {
            "type": type_,
            "sender": sender,
            "content": content,
            "depth": draw.choice([depth + 1] * 8 + [1, 5, 60]),
            "origin_server_ts": self.clock,
            "hashes": {"sha256": ""},
            "signatures": {server: {} for server in ("a.example", "b.example")},
            "prev_events": self._references(prev_events),
            "auth_events": [],
        }
        for server in pdu["signatures"]:
            pdu["signatures"][server] = {"ed25519:1": "x"}
        if state_key is not None:
            pdu["state_key"] = state_key
        if type_ == "m.room.redaction" and self.version <= 10:
            pdu["redacts"] = draw.choice(list(self.plain))
        if type_ == "m.room.create" and self.version >= 12:
            self.room_id = "!" + event_id[1:]
        else:
            pdu["room_id"] = self.room_id
        if self.version <= 2:
            pdu["event_id"] = event_id
        keys = sorted(selected_keys(Plain(event_id, pdu, self.room_id), self.version))
        pdu["auth_events"] = self._references([auth[key] for key in keys if key in auth])
        event = self.plain[event_id] = Plain(event_id, pdu, self.room_id)
        self.events[event_id] = Event(event_id, pdu, self.row)
        return event

    def _event_id(self) -> str:
        opaque = f"{self.random.getrandbits(64):016x}"
        if self.row.event_ids is EventIds.GIVEN:
            return f"${opaque}:{self.random.choice('abc')}.example"
        return f"${opaque}"

    def _references(self, event_ids: list[str]) -> list[Any]:
        if self.version <= 2:
            return [[event_id, {"sha256": ""}] for event_id in event_ids]
        return event_ids

    def _act(self, index: int) -> None:
        acts: list[tuple[Callable[[int], None], int]] = [
            (self._membership, 10),
            (self._levels, 6),
            (self._rules, 3),
            (self._topic, 3),
            (self._odd, 3),
            (self._third_party, 2),
        ]
        draw = self.random
        (act,) = draw.choices([act for act, _ in acts], [weight for _, weight in acts])
        act(index)

    def _someone(self, index: int) -> str:
        """Mostly someone who has joined."""
        draw = self.random
        state = self.state(self.branches[index][0])
        joined = [
            key[1]
            for key, event in state.items()
            if key[0] == "m.room.member" and event.content.get("membership") == "join"
        ]
        return draw.choice(joined) if joined and draw.random() < 0.85 else draw.choice(USERS)

    def _membership(self, index: int) -> None:
        draw = self.random
        sender = self._someone(index)
        kinds = ["join", "invite", "leave", "ban", "knock", "odd"]
        (kind,) = draw.choices(kinds, [6, 4, 4, 4, 2, 0.3])
        target = sender if kind in ("join", "knock") else draw.choice(USERS)
        if kind == "leave" and draw.random() < 0.3:
            target = sender
        if kind in ("join", "knock") and draw.random() < 0.5:
            sender = target = draw.choice(USERS)
        if draw.random() < 0.03:
            target = draw.choice(USERS)
        content: dict[str, Any] = {"membership": kind}
        if kind == "join" and draw.random() < 0.3:
            content["join_authorised_via_users_server"] = draw.choice([*USERS, 5, "@x:c.example"])
        if draw.random() < 0.02:
            content = {"membership": draw.choice([None, 1, ""])} if draw.random() < 0.5 else {}
        self._say(index, "m.room.member", sender, content, target)

    def _levels(self, index: int) -> None:
        draw = self.random
        sender = self._someone(index)
        key = ("m.room.power_levels", "")
        old = self.state(self.branches[index][0]).get(key)
        content = {name: _copy(value) for name, value in (old.content if old else {}).items()}
        for _ in range(draw.randint(1, 3)):
            self._change_level(content)
        self._say(index, key[0], sender, content, draw.choice([""] * 15 + ["x"]))

    def _change_level(self, content: dict[str, Any]) -> None:
        draw = self.random
        value = draw.choice(_ODD_POWERS) if draw.random() < 0.08 else draw.choice(_POWERS)
        place = draw.random()
        if place < 0.55:
            self._set(content, "users", draw.choice(USERS), value)
        elif place < 0.75:
            self._set(content, "events", draw.choice(_TYPES), value)
        elif place < 0.82:
            self._set(content, "notifications", "room", value)
        elif place < 0.98:
            self._put(content, draw.choice(_SCALARS), value)
        else:
            odd: list[Any] = [[], "odd", 5, {"nobody": 5}]
            content[draw.choice(["users", "events", "notifications"])] = draw.choice(odd)

    def _set(self, content: dict[str, Any], name: str, key: str, value: Any) -> None:
        if not isinstance(content.get(name), dict):
            content[name] = {}
        self._put(content[name], key, value)

    def _put(self, content: dict[str, Any], key: str, value: Any) -> None:
        if self.random.random() < 0.2:
            content.pop(key, None)
        else:
            content[key] = value

    def _rules(self, index: int) -> None:
        content = {"join_rule": self.random.choice(_JOIN_RULES)}
        self._say(index, "m.room.join_rules", self._someone(index), content, "")

    def _topic(self, index: int) -> None:
        self._say(index, "m.room.topic", self._someone(index), {"topic": "t"}, "")

    def _odd(self, index: int) -> None:
        """Messages, redactions, aliases, state of one's own."""
        draw = self.random
        sender = self._someone(index)
        which = draw.randrange(5)
        if which == 0:
            self._say(index, "m.room.message", sender, {"body": "b"}, None)
        elif which == 1:
            self._say(index, "m.room.redaction", sender, {}, None)
        elif which == 2:
            server = draw.choice(["a.example", "b.example", "c.example"])
            self._say(index, "m.room.aliases", sender, {"aliases": []}, server)
        elif which == 3:
            self._say(index, "org.odd", sender, {}, draw.choice(USERS))
        else:
            self._say(index, "m.room.aliases", sender, {}, None)

    def _third_party(self, index: int) -> None:
        draw = self.random
        sender = self._someone(index)
        if draw.random() < 0.5:
            keys: list[dict[str, Any]] = [
                {"public_key": _PUBLIC},
                {"public_key": "x", "public_keys": [{"public_key": _PUBLIC}]},
                {},
            ]
            content = draw.choice(keys)
            self._say(index, "m.room.third_party_invite", sender, content, draw.choice("tu"))
            return
        target = draw.choice(USERS)
        signed: dict[str, Any] = {"mxid": target, "token": draw.choice("tu")}
        if draw.random() < 0.1:
            signed.pop(draw.choice(["mxid", "token"]))
        message = canonicaljson.encode_canonical_json(signed)
        signature = b64encode(_INVITE_KEY.sign(message).signature).decode().rstrip("=")
        if draw.random() < 0.1:
            signature = signature[::-1]
        signed["signatures"] = {"id.example": {"ed25519:0": signature}}
        invite = {"signed": signed} if draw.random() < 0.95 else _NOTHING
        if draw.random() < 0.1:
            target = draw.choice(USERS)
        content = {"membership": "invite", "third_party_invite": invite}
        self._say(index, "m.room.member", sender, content, target)


def _copy(value: Any) -> Any:
    return dict(value) if isinstance(value, dict) else value
