"""Finding rooms and people: client-server-api, "Published room directory", "User directory"."""

from __future__ import annotations

from typing import Any

from homeserver.services.accounts.search_users import SearchUsers
from tests.harness.company import Company, ok
from tests.harness.engine import ANNA, BOB, CAROL

FORBIDDEN = (403, "M_FORBIDDEN")
DAN = "@dan:a.example"


async def published(company: Company, *members: str, **body: Any) -> str:
    room = await company.create(ANNA, visibility="public", **body)
    for member in members:
        await ok(company.do(member, "join", room))
    return room


async def chunk(company: Company, **body: Any) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await company.api.post(BOB, "v3/publicRooms", body)).ok["chunk"]
    return found


async def test_a_published_room_is_described(company: Company) -> None:
    room = await published(
        company,
        BOB,
        name="Un nom français",
        topic="À propos",
        room_alias_name="un",
        initial_state=[
            {"type": "m.room.avatar", "content": {"url": "mxc://a.example/x"}},
            {"type": "m.room.history_visibility", "content": {"history_visibility": "shared"}},
        ],
        creation_content={"type": "m.space"},
    )
    await company.create(ANNA, name="private")
    answer = (await company.api.get(CAROL, "v3/publicRooms")).ok
    assert answer == {
        "chunk": [
            {
                "room_id": room,
                "name": "Un nom français",
                "topic": "À propos",
                "canonical_alias": "#un:a.example",
                "avatar_url": "mxc://a.example/x",
                "num_joined_members": 2,
                "world_readable": False,
                "guest_can_join": False,
                "join_rule": "public",
                "room_type": "m.space",
            }
        ],
        "total_room_count_estimate": 1,
    }


async def test_what_is_not_set_is_not_said(company: Company) -> None:
    await published(company)
    (entry,) = await chunk(company)
    assert entry.keys() == {
        "room_id",
        "num_joined_members",
        "world_readable",
        "guest_can_join",
        "join_rule",
    }


async def test_hostile_state_is_left_out_of_the_directory(company: Company) -> None:
    await published(
        company,
        initial_state=[
            {"type": "m.room.name", "content": {"name": ["x"]}},
            {"type": "m.room.topic", "content": {"topic": 5, "m.topic": {"m.text": [7, {}]}}},
            {"type": "m.room.join_rules", "content": {"join_rule": {}}},
            {"type": "m.room.history_visibility", "content": {"history_visibility": []}},
        ],
    )
    (entry,) = await chunk(company)
    assert "name" not in entry
    assert "topic" not in entry
    assert await chunk(company, filter={"generic_search_term": "x"}) == []


async def test_the_largest_rooms_come_first_page_by_page(company: Company) -> None:
    small = [await published(company) for _ in range(3)]
    large = await published(company, BOB, CAROL)
    medium = await published(company, BOB)
    order = [large, medium, *small]
    pages = []
    since = None
    while True:
        body = {"limit": 2, **({"since": since} if since else {})}
        answer = (await company.api.post(BOB, "v3/publicRooms", body)).ok
        pages.append([entry["room_id"] for entry in answer["chunk"]])
        since = answer.get("next_batch")
        if since is None:
            break
    assert pages == [order[:2], order[2:4], order[4:]]
    assert "prev_batch" in answer
    back = (await company.api.get(BOB, "v3/publicRooms", limit=2, since=answer["prev_batch"])).ok
    assert [entry["room_id"] for entry in back["chunk"]] == order[2:4]
    first = (await company.api.get(BOB, "v3/publicRooms", limit=2, since=back["prev_batch"])).ok
    assert [entry["room_id"] for entry in first["chunk"]] == order[:2]
    assert "prev_batch" not in first


async def test_rooms_are_searched_by_name_topic_and_alias(company: Company) -> None:
    a = await published(company, name="Продажи")
    b = await published(company, topic="Test Topic Wombles")
    c = await published(company, room_alias_name="lunch")

    async def found(term: str) -> list[str]:
        rooms = await chunk(company, filter={"generic_search_term": term})
        return [entry["room_id"] for entry in rooms]

    assert await found("продаж") == [a]
    assert await found("wombles") == [b]
    assert await found("#LUNCH") == [c]
    assert await found("zebra") == []
    assert len(await found("")) == 3


async def test_rooms_are_searched_by_type(company: Company) -> None:
    space = await published(company, creation_content={"type": "m.space"})
    plain = await published(company)

    async def found(*types: str | None) -> set[str]:
        rooms = await chunk(company, filter={"room_types": types})
        return {entry["room_id"] for entry in rooms}

    assert await found("m.space") == {space}
    assert await found(None) == {plain}
    assert await found(None, "m.space") == {space, plain}
    assert await found() == set()


MALFORMED: list[tuple[dict[str, Any], tuple[int, str]]] = [
    ({"since": "x"}, (400, "M_INVALID_PARAM")),
    ({"since": "n1.99999999999999999999999"}, (400, "M_INVALID_PARAM")),
    ({"since": 5}, (400, "M_BAD_JSON")),
    ({"limit": -1}, (400, "M_INVALID_PARAM")),
    ({"limit": 1.5}, (400, "M_BAD_JSON")),
    ({"limit": 10**40}, (400, "M_BAD_JSON")),
    ({"filter": []}, (400, "M_BAD_JSON")),
    ({"filter": {"room_types": [5]}}, (400, "M_BAD_JSON")),
]


async def test_malformed_queries(company: Company) -> None:
    for body, refusal in MALFORMED:
        assert (await company.api.post(ANNA, "v3/publicRooms", body)).refusal == refusal, body


async def test_huge_limits_are_cut_and_other_servers_refused(company: Company) -> None:
    room = await published(company)
    assert [entry["room_id"] for entry in await chunk(company, limit=2**50)] == [room]
    assert [entry["room_id"] for entry in await chunk(company, limit=0)] == [room]
    ours = await company.api.get(ANNA, "v3/publicRooms", server="a.example")
    assert len(ours.ok["chunk"]) == 1
    other = await company.api.get(ANNA, "v3/publicRooms", server="z.example")
    assert other.refusal == (404, "M_NOT_FOUND")
    bridged = {"third_party_instance_id": "irc"}
    assert (await company.api.post(ANNA, "v3/publicRooms", bridged)).ok["chunk"] == []


async def test_moderators_publish_rooms(company: Company) -> None:
    room = await company.create(ANNA, preset="public_chat")
    await ok(company.do(BOB, "join", room))
    path = f"v3/directory/list/room/{room}"
    assert (await company.api.get(BOB, path)).ok == {"visibility": "private"}
    for user in (BOB, CAROL):
        assert (await company.api.put(user, path, {})).refusal == FORBIDDEN
    await ok(company.api.put(ANNA, path, {}))
    assert (await company.api.get(BOB, path)).ok == {"visibility": "public"}
    await ok(company.api.put(ANNA, path, {"visibility": "private"}))
    assert await chunk(company) == []
    wrong = await company.api.put(ANNA, path, {"visibility": "secret"})
    assert wrong.refusal == (400, "M_BAD_JSON")
    unknown = f"v3/directory/list/room/!{'x' * 43}"
    assert (await company.api.get(ANNA, unknown)).refusal == (404, "M_NOT_FOUND")
    assert (await company.api.put(ANNA, unknown, {})).refusal == (404, "M_NOT_FOUND")


async def test_joined_rooms_are_those_one_is_in(company: Company) -> None:
    room = await company.create(ANNA, invite=[BOB])
    left = await company.create(ANNA)
    await ok(company.do(ANNA, "leave", left))
    assert (await company.api.get(ANNA, "v3/joined_rooms")).ok == {"joined_rooms": [room]}
    assert (await company.api.get(BOB, "v3/joined_rooms")).ok == {"joined_rooms": []}


async def search(company: Company, term: str, user: str = ANNA, **body: Any) -> list[str]:
    path = "v3/user_directory/search"
    answer = await company.api.post(user, path, {"search_term": term, **body})
    return [each["user_id"] for each in answer.ok["results"]]


async def test_people_are_found_by_name_and_id_in_any_case(company: Company) -> None:
    await company.register(ANNA, "Анна Петрова")
    await company.register(BOB, "Борис Иванов", "mxc://a.example/bob")
    await company.register(CAROL, "Carol 100%_x")
    await company.register("@ivan.petrov:a.example")
    assert await search(company, "ИВАН") == [BOB]
    assert await search(company, "иванов борис") == [BOB]
    assert await search(company, "@BOB") == [BOB]
    assert await search(company, "@bob:a.example") == [BOB]
    assert await search(company, "petrov") == ["@ivan.petrov:a.example"]
    assert await search(company, "100%_") == [CAROL]
    assert await search(company, "100__") == []
    assert await search(company, "nul\0") == []
    assert await search(company, "\\") == []
    assert await search(company, "x" * 100_000) == []
    assert await search(company, "a b c d e f g") == []
    answer = await company.api.post(ANNA, "v3/user_directory/search", {"search_term": "борис"})
    assert answer.ok == {
        "results": [
            {"user_id": BOB, "display_name": "Борис Иванов", "avatar_url": "mxc://a.example/bob"}
        ],
        "limited": False,
    }


async def test_one_does_not_find_oneself_but_everybody_else(company: Company) -> None:
    for user in (ANNA, BOB, CAROL):
        await company.register(user)
    assert await search(company, "a.example") == [BOB, CAROL]
    assert await search(company, "") == [BOB, CAROL]


async def test_whose_name_begins_with_it_comes_first(company: Company) -> None:
    await company.register("@a:a.example", "Bernard Carson")
    await company.register("@z:a.example", "Carla")
    await company.register(CAROL, "Zoe")
    assert await search(company, "car") == ["@z:a.example", CAROL, "@a:a.example"]


async def test_results_are_limited(company: Company) -> None:
    for n in range(12):
        await company.register(f"@user{n}:a.example")
    path = "v3/user_directory/search"
    answer = (await company.api.post(ANNA, path, {"search_term": "user"})).ok
    assert (len(answer["results"]), answer["limited"]) == (10, True)
    answer = (await company.api.post(ANNA, path, {"search_term": "user", "limit": 12})).ok
    assert (len(answer["results"]), answer["limited"]) == (12, False)
    answer = (await company.api.post(ANNA, path, {"search_term": "user", "limit": 0})).ok
    assert (len(answer["results"]), answer["limited"]) == (0, True)
    for wrong in ({}, {"search_term": 5}, {"search_term": "x", "limit": "5"}):
        assert (await company.api.post(ANNA, path, wrong)).status == 400
    negative = await company.api.post(ANNA, path, {"search_term": "x", "limit": -1})
    assert negative.refusal == (400, "M_INVALID_PARAM")


async def test_a_discreet_directory_shows_whom_one_could_meet(company: Company) -> None:
    for user in (ANNA, BOB, CAROL, DAN):
        await company.register(user)
    discreet = SearchUsers(company.engine.database, everyone=False)

    async def found(user: str) -> list[str]:
        return [each.user_id for each in (await discreet.search(user, "", limit=10))[0]]

    assert await found(BOB) == []
    room = await company.create(ANNA, invite=[BOB, CAROL])
    await ok(company.do(BOB, "join", room))
    assert await found(BOB) == [ANNA]
    assert await found(CAROL) == []
    await company.create(DAN, preset="public_chat")
    assert await found(CAROL) == [DAN]
    world = await company.create(ANNA)
    readable = {"history_visibility": "world_readable"}
    await ok(company.set(ANNA, world, "m.room.history_visibility", readable))
    assert await found(CAROL) == [ANNA, DAN]
    await ok(company.do(BOB, "leave", room))
    assert await found(DAN) == [ANNA]


async def summary(company: Company, user: str, room: str) -> Any:
    return await company.api.get(user, f"v1/room_summary/{room}")


async def test_a_room_is_summarised_for_those_who_may_come_in(company: Company) -> None:
    room = await published(company, name="Sales", room_alias_name="sales")
    encryption = {"algorithm": "m.megolm.v1.aes-sha2"}
    await ok(company.set(ANNA, room, "m.room.encryption", encryption))
    answer = (await summary(company, BOB, "%23sales:a.example")).ok
    assert answer["name"] == "Sales"
    assert answer["membership"] == "leave"
    assert answer["room_version"] == "12"
    assert answer["encryption"] == "m.megolm.v1.aes-sha2"
    assert (await summary(company, ANNA, room)).ok["membership"] == "join"


async def test_private_rooms_are_not_summarised_to_strangers(company: Company) -> None:
    room = await company.create(ANNA, invite=[CAROL])
    assert (await summary(company, BOB, room)).refusal == (404, "M_NOT_FOUND")
    assert (await summary(company, BOB, "!" + "x" * 43)).refusal == (404, "M_NOT_FOUND")
    assert (await summary(company, CAROL, room)).ok["membership"] == "invite"
    await ok(company.do(CAROL, "leave", room))
    assert (await summary(company, CAROL, room)).refusal == (404, "M_NOT_FOUND")


async def test_restricted_rooms_are_summarised_to_those_who_meet_a_condition(
    company: Company,
) -> None:
    space = await published(company, BOB)
    allow = [{"type": "m.room_membership", "room_id": space}]
    rule = {"join_rule": "restricted", "allow": allow}
    initial = [{"type": "m.room.join_rules", "content": rule}]
    room = await company.create(ANNA, initial_state=initial)
    assert (await summary(company, BOB, room)).ok["allowed_room_ids"] == [space]
    assert (await summary(company, CAROL, room)).refusal == (404, "M_NOT_FOUND")
