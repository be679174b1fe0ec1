"""Bad input gets the specification's error and changes nothing; whatever comes, it is never a
500."""

from __future__ import annotations

import asyncio
import http.client
import json
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlsplit

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.harness.endpoints import declared_endpoints
from tests.harness.homeserver import RunningHomeserver, new_name
from tests.harness.whole_server import whole_server

ROOM = "/_matrix/client/v3/rooms/{room}/"


@dataclass
class Guest:
    """Somebody with a token and a room, who asks over one connection."""

    server: RunningHomeserver
    token: str
    room_id: str

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | None = None,
        *,
        token: str | None = None,
    ) -> tuple[int, dict[str, Any]]:
        """One request with a raw body: status and parsed answer."""
        address = urlsplit(self.server.url)
        assert address.hostname is not None
        connection = http.client.HTTPConnection(address.hostname, address.port, timeout=30)
        headers = {"Authorization": f"Bearer {token or self.token}"}
        try:
            connection.request(method, path.replace("{room}", quote(self.room_id)), body, headers)
            answer = connection.getresponse()
            raw = answer.read()
            parsed = json.loads(raw) if "json" in answer.headers["Content-Type"] else {}
            return answer.status, parsed
        finally:
            connection.close()

    def send(self, body: bytes, txn: str = "t") -> tuple[int, str]:
        """Sends an event: status and errcode."""
        path = f"{ROOM}send/m.room.message/{txn}"
        status, answer = self.ask("PUT", path, body)
        return status, answer.get("errcode", "")

    def messages(self) -> list[str]:
        """Event ids of the room, to see that nothing came in."""
        _, answer = self.ask("GET", f"{ROOM}messages?dir=b&limit=100")
        return [event["event_id"] for event in answer["chunk"]]


@pytest.fixture(scope="module")
def guest(homeserver: RunningHomeserver) -> Guest:
    async def enter() -> Guest:
        token = await homeserver.register(new_name("guest"))
        made = await homeserver.request("POST", "/_matrix/client/v3/createRoom", {}, token=token)
        return Guest(homeserver, token, made.ok()["room_id"])

    return asyncio.run(enter())


@pytest.mark.parametrize(
    ("body", "status", "errcode"),
    [
        (b"{", 400, "M_NOT_JSON"),
        (b"\xff\xfe{}", 400, "M_NOT_JSON"),
        (b'{"a": "\\ud800"}', 400, "M_NOT_JSON"),
        (b"NaN", 400, "M_NOT_JSON"),
        (b"[]", 400, "M_BAD_JSON"),
        (b'"text"', 400, "M_BAD_JSON"),
        (b'{"a": 1.5}', 400, "M_BAD_JSON"),
        (b'{"a": 1e3}', 400, "M_BAD_JSON"),
        (b'{"a": 9007199254740992}', 400, "M_BAD_JSON"),
        (b'{"a": -9007199254740992}', 400, "M_BAD_JSON"),
        (b'{"a": 123456789012345678901234567890}', 400, "M_BAD_JSON"),
        (b'{"a": ' + b"[" * 10_000 + b"]" * 10_000 + b"}", 400, "M_BAD_JSON"),
        (b'{"a": ' + b'{"a":' * 10_000 + b"1" + b"}" * 10_001, 400, "M_BAD_JSON"),
        (b'{"body": "' + b"x" * 65_536 + b'"}', 413, "M_TOO_LARGE"),
        (b'{"body": "' + b"x" * 3_000_000 + b'"}', 413, "M_TOO_LARGE"),
    ],
    ids=lambda value: repr(value)[:24],
)
def test_an_event_with_bad_content_is_refused_whole(
    guest: Guest, body: bytes, status: int, errcode: str
) -> None:
    before = guest.messages()
    assert guest.send(body, txn="bad") == (status, errcode)
    assert guest.messages() == before
    # The transaction id is not used up by what was refused.
    good, answer = guest.ask(
        "PUT", f"{ROOM}send/m.room.message/bad{abs(hash(body))}", b'{"body":"x","msgtype":"m.text"}'
    )
    assert (good, set(answer)) == (200, {"event_id"})


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "errcodes"),
    [
        ("PUT", "/_matrix/client/v3/rooms/nonsense/send/m.text/1", b"{}", 400, "M_INVALID_PARAM"),
        (
            "PUT",
            "/_matrix/client/v3/rooms/!unknown:x/send/m.text/1",
            b"{}",
            403,
            "M_FORBIDDEN M_NOT_FOUND",
        ),
        ("PUT", ROOM + "send/m.room.message%00/1", b"{}", 400, "M_INVALID_PARAM"),
        ("PUT", ROOM + "state/m.x/a%00b", b"{}", 400, "M_INVALID_PARAM"),
        ("PUT", ROOM + "state/m.x/" + "k" * 256, b"{}", 413, "M_TOO_LARGE"),
        ("PUT", ROOM + "state/" + "t" * 256 + "/", b"{}", 413, "M_TOO_LARGE"),
        ("GET", ROOM + "messages?dir=sideways", None, 400, "M_INVALID_PARAM"),
        ("GET", ROOM + "messages?dir=b&limit=-1", None, 400, "M_INVALID_PARAM"),
        ("GET", ROOM + "messages?dir=b&limit=ten", None, 400, "M_INVALID_PARAM"),
        ("GET", ROOM + "messages?dir=b&from=nonsense", None, 400, "M_INVALID_PARAM"),
        ("GET", ROOM + "messages?dir=b&filter={", None, 400, "M_NOT_JSON M_BAD_JSON"),
        ("GET", ROOM + "event/nonsense", None, 400, "M_INVALID_PARAM"),
        ("GET", ROOM + "event/$nothing", None, 404, "M_NOT_FOUND"),
        ("GET", "/_matrix/client/v3/sync?since=s1.x", None, 400, "M_INVALID_PARAM"),
        ("GET", "/_matrix/client/v3/sync?since=s" + "9" * 30, None, 400, "M_INVALID_PARAM"),
        ("GET", "/_matrix/client/v3/sync?filter=404", None, 400, "M_INVALID_PARAM"),
        ("GET", "/_matrix/client/v3/sync?filter={%22room%22:1}", None, 400, "M_BAD_JSON"),
        ("GET", "/_matrix/client/v3/sync?timeout=soon", None, 400, "M_INVALID_PARAM"),
        ("GET", "/_matrix/client/v3/nothing", None, 404, "M_UNRECOGNIZED"),
        ("DELETE", "/_matrix/client/v3/sync", None, 405, "M_UNRECOGNIZED"),
        ("POST", "/_matrix/client/v3/login", b"{}", 400, "M_MISSING_PARAM M_BAD_JSON"),
        ("POST", "/_matrix/client/v3/login", b'{"type": 5}', 400, "M_BAD_JSON"),
    ],
    ids=lambda value: str(value)[:40],
)
def test_a_bad_request_gets_the_specifications_error(
    guest: Guest, method: str, path: str, body: bytes | None, status: int, errcodes: str
) -> None:
    got, answer = guest.ask(method, path, body)
    assert got == status, answer
    assert answer["errcode"] in errcodes.split()
    assert answer["error"]


def test_a_huge_limit_is_clamped(guest: Guest) -> None:
    status, answer = guest.ask("GET", f"{ROOM}messages?dir=b&limit=99999999999999999999")
    assert status in (200, 400), answer
    status, answer = guest.ask("GET", f"{ROOM}messages?dir=b&limit=1000000000")
    assert status == 200
    assert len(answer["chunk"]) <= 1000


async def test_a_body_that_comes_too_slowly_is_given_up(
    tmp_path: Path, migrated_database_url: str
) -> None:
    async def slowly() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(5)

    listen = {"listen": {"body_timeout_s": 1}}
    async with whole_server(tmp_path, migrated_database_url, listen) as server:
        olga = await server.register("olga")
        room_id = (await olga.post("createRoom", {})).ok["room_id"]
        answer = await server.call(
            "PUT", f"rooms/{room_id}/send/m.room.message/slow", slowly(), token=olga.token
        )
        assert answer.status == 408
        page = (await olga.get(f"rooms/{room_id}/messages", dir="b")).ok
        assert all(event["type"] != "m.room.message" for event in page["chunk"])


_json = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=12), inner, max_size=4)
    ),
    max_leaves=12,
)
_WORDS = st.sampled_from(
    [
        "user_id", "room_id", "type", "auth", "session", "filter", "room", "timeline", "limit",
        "identifier", "password", "membership", "reason", "preset", "invite", "initial_state",
        "power_level_content_override", "creation_content", "content", "state_key", "thread_id",
        "m.read", "typing", "timeout", "search_term", "since", "order", "enabled", "actions",
        "conditions", "pattern", "displayname", "avatar_url", "devices", "display_name",
    ]
)  # fmt: skip
_bodies = st.dictionaries(_WORDS, _json, max_size=5) | _json
_segments = st.sampled_from(
    [
        "!r:x",
        "@u:x",
        "$e",
        "#a:x",
        "x",
        "%00",
        "..",
        "0",
        "a" * 300,
        "%ff",
        "%F0%9F%98%80",
        "{room}",
    ]
)


_ENDS_THE_SESSION = {"Account.deactivate", "Login.logout", "Login.logout_all", "Devices.delete"}
_endpoints = st.sampled_from(
    [found for name, found in declared_endpoints().items() if name not in _ENDS_THE_SESSION]
)


@settings(max_examples=400)
@given(data=st.data())
def test_no_request_is_answered_with_a_500(guest: Guest, data: st.DataObject) -> None:
    endpoint = data.draw(_endpoints)
    path = "/".join(
        data.draw(_segments) if segment.startswith("{") else segment
        for segment in endpoint.paths[0].split("/")
    )
    query = data.draw(st.sampled_from(["", "?limit=1", "?from=t1.0&dir=f", "?since=s1", "?x=%00"]))
    body = None
    if endpoint.method != "GET":
        value = data.draw(_bodies)
        body = json.dumps(value).encode() if data.draw(st.integers(0, 9)) else b"\x00{"
    status, answer = guest.ask(endpoint.method, path + query, body)
    assert status < 500, (endpoint.method, path, query, body, answer)


def test_altered_tokens_are_unknown(guest: Guest) -> None:
    header, payload, signature = guest.token.split(".")
    none = "eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0"
    for token in (
        f"{header}.{payload}.{signature[:-4]}AAAA",
        f"{none}.{payload}.",
        f"{none}.{payload}.{signature}",
        f"{header}.{payload[:-2]}AA.{signature}",
        "nonsense",
        "a.b.c",
    ):
        status, answer = guest.ask("GET", "/_matrix/client/v3/account/whoami", token=token)
        assert (status, answer["errcode"]) == (401, "M_UNKNOWN_TOKEN")
