"""Profiles."""

from __future__ import annotations

import pytest

from tests.harness.whole_server import WholeServer

MXC = "mxc://a.example/SEsfnsuifSDFSSEF"


async def test_a_name_and_picture_are_set_and_read_by_anyone(server: WholeServer) -> None:
    olga = await server.register("olga")
    mine = f"profile/{olga.user_id}"
    assert (await olga.put(f"{mine}/displayname", {"displayname": "Ольга"})).ok == {}
    assert (await olga.put(f"{mine}/avatar_url", {"avatar_url": MXC})).ok == {}
    assert (await server.call("GET", f"{mine}/displayname")).ok == {"displayname": "Ольга"}
    assert (await server.call("GET", mine)).ok == {"displayname": "Ольга", "avatar_url": MXC}


async def test_fields_of_any_name_hold_any_json(server: WholeServer) -> None:
    olga = await server.register("olga")
    mine = f"profile/{olga.user_id}"
    value = {"deep": [1, 2.5, None, "текст"]}
    assert (await olga.put(f"{mine}/org.example.job", {"org.example.job": value})).ok == {}
    assert (await olga.put(f"{mine}/m.tz", {"m.tz": "Europe/Moscow"})).ok == {}
    assert (await server.call("GET", f"{mine}/org.example.job")).ok == {"org.example.job": value}
    null = {"org.example.none": None}
    assert (await olga.put(f"{mine}/org.example.none", null)).ok == {}
    assert (await server.call("GET", mine)).ok == {
        "m.tz": "Europe/Moscow",
        "org.example.job": value,
        "org.example.none": None,
    }
    assert (await olga.delete(f"{mine}/org.example.job")).ok == {}
    assert (await olga.delete(f"{mine}/org.example.job")).ok == {}, "gone already"
    gone = await server.call("GET", f"{mine}/org.example.job")
    assert gone.refusal == (404, "M_NOT_FOUND")


async def test_an_empty_name_or_picture_is_none(server: WholeServer) -> None:
    olga = await server.register("olga")
    mine = f"profile/{olga.user_id}"
    for key, value in (("displayname", "Olga"), ("avatar_url", MXC)):
        for nothing in ("", None):
            await olga.put(f"{mine}/{key}", {key: value})
            assert (await olga.put(f"{mine}/{key}", {key: nothing})).ok == {}
            assert (await server.call("GET", f"{mine}/{key}")).status == 404
    assert (await server.call("GET", mine)).ok == {}


async def test_nobody_changes_somebody_elses_profile(server: WholeServer) -> None:
    olga, admin = await server.register("olga"), await server.admin()
    mine = f"profile/{olga.user_id}"
    for other in (await server.register("ivan"), admin):
        named = await other.put(f"{mine}/displayname", {"displayname": "Fool"})
        assert named.refusal == (403, "M_FORBIDDEN")
        assert (await other.delete(f"{mine}/displayname")).refusal == (403, "M_FORBIDDEN")
    anyone = await server.call("PUT", f"{mine}/displayname", {"displayname": "Fool"})
    assert anyone.refusal == (401, "M_MISSING_TOKEN")
    assert (await server.call("GET", mine)).ok == {}


async def test_unknown_people_have_no_profile(server: WholeServer) -> None:
    for user_id in ("@nobody:a.example", "@olga:b.example"):
        for path in (f"profile/{user_id}", f"profile/{user_id}/displayname"):
            assert (await server.call("GET", path)).refusal == (404, "M_NOT_FOUND")
    assert (await server.call("GET", "profile/olga")).refusal == (400, "M_INVALID_PARAM")


@pytest.mark.parametrize(
    ("key", "body", "refusal"),
    [
        ("displayname", {}, (400, "M_MISSING_PARAM")),
        ("displayname", {"displayname": 5}, (400, "M_INVALID_PARAM")),
        ("displayname", {"displayname": "x" * 257}, (400, "M_INVALID_PARAM")),
        ("avatar_url", {"avatar_url": "mxc://" + "x" * 1000}, (400, "M_INVALID_PARAM")),
        ("avatar_url", {"avatar_url": {"url": MXC}}, (400, "M_INVALID_PARAM")),
        ("avatar_url", {"avatar_url": "mxc://a.example/\0"}, (400, "M_INVALID_PARAM")),
        ("m.tz", {"m.tz": 3}, (400, "M_INVALID_PARAM")),
        ("nickname", {"nickname": "x"}, (400, "M_INVALID_PARAM")),
        ("Org.Example", {"Org.Example": "x"}, (400, "M_INVALID_PARAM")),
        ("a.b%00", {"a.b\0": "x"}, (400, "M_INVALID_PARAM")),
        ("a." + "b" * 254, {}, (400, "M_MISSING_PARAM")),
        ("a." + "b" * 254, {"a." + "b" * 254: "x"}, (400, "M_KEY_TOO_LARGE")),
        ("a.b", {"a.b": "x" * 65_536}, (400, "M_PROFILE_TOO_LARGE")),
    ],
)
async def test_what_a_profile_cannot_hold_is_refused(
    server: WholeServer, key: str, body: dict[str, object], refusal: tuple[int, str]
) -> None:
    olga = await server.register("olga")
    assert (await olga.put(f"profile/{olga.user_id}/{key}", body)).refusal == refusal
    assert (await server.call("GET", f"profile/{olga.user_id}")).ok == {}


async def test_a_profile_cannot_grow_beyond_64_kib_piece_by_piece(server: WholeServer) -> None:
    olga = await server.register("olga")
    for part in range(3):
        key = f"a.part{part}"
        answer = await olga.put(f"profile/{olga.user_id}/{key}", {key: "x" * 30_000})
        assert answer.status == (200 if part < 2 else 400)
    assert answer.body["errcode"] == "M_PROFILE_TOO_LARGE"


async def test_a_nul_inside_a_value_is_kept(server: WholeServer) -> None:
    olga = await server.register("olga")
    path = f"profile/{olga.user_id}/displayname"
    answer = await olga.put(path, {"displayname": "a\0b"})
    assert answer.refusal == (400, "M_INVALID_PARAM"), "a name is searched for, so it has none"
    path = f"profile/{olga.user_id}/a.b"
    assert (await olga.put(path, {"a.b": "a\0b"})).ok == {}
    assert (await server.call("GET", path)).ok == {"a.b": "a\0b"}


async def test_a_new_name_follows_into_rooms(server: WholeServer) -> None:
    olga, ivan = await server.register("olga"), await server.register("ivan")
    room = (await olga.post("createRoom", {"preset": "public_chat"})).ok["room_id"]
    await ivan.post(f"join/{room}")
    await ivan.put(f"profile/{ivan.user_id}/displayname", {"displayname": "Ivan the Calm"})
    members = (await olga.get(f"rooms/{room}/joined_members")).ok["joined"]
    assert members[ivan.user_id]["display_name"] == "Ivan the Calm"
    await ivan.delete(f"profile/{ivan.user_id}/displayname")
    members = (await olga.get(f"rooms/{room}/joined_members")).ok["joined"]
    assert members[ivan.user_id].get("display_name") is None
