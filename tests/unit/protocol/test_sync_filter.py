"""client-server-api, "Filtering"."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeserver.errors import BadJson
from homeserver.protocol.sync_filter import (
    ACCEPT_ALL,
    MAX_TIMELINE_LIMIT,
    parse_filter,
    parse_room_event_filter,
)

ROOM, OTHER = "!room:a.example", "!other:a.example"
ANNA, BOB = "@anna:a.example", "@bob:a.example"


def test_an_empty_filter_accepts_everything() -> None:
    assert parse_filter({}) == ACCEPT_ALL
    for part in (
        ACCEPT_ALL.presence,
        ACCEPT_ALL.account_data,
        ACCEPT_ALL.room.timeline,
        ACCEPT_ALL.room.state,
        ACCEPT_ALL.room.ephemeral,
        ACCEPT_ALL.room.account_data,
    ):
        assert part.accepts_all
        assert part.limit is None
    assert ACCEPT_ALL.plain_events
    assert ACCEPT_ALL.room.matches_room(ROOM)
    assert not ACCEPT_ALL.room.include_leave


def test_the_filter_of_a_common_client() -> None:
    parsed = parse_filter(
        {
            "room": {
                "timeline": {"limit": 20, "unread_thread_notifications": True},
                "state": {"lazy_load_members": True, "include_redundant_members": True},
                "include_leave": True,
            },
            "org.example.unknown": 5,
        }
    )
    assert parsed.room.timeline.limit == 20
    assert parsed.room.timeline.unread_thread_notifications
    assert parsed.room.timeline.accepts_all
    assert parsed.room.state.lazy_load_members
    assert parsed.room.state.include_redundant_members
    assert parsed.room.include_leave
    assert parsed.plain_events


@pytest.mark.parametrize(
    ("types", "not_types", "passing"),
    [
        (["m.room.message"], None, ["m.room.message"]),
        (["m.room.*"], None, ["m.room.message", "m.room.topic"]),
        (["*"], None, ["m.room.message", "m.room.topic", "m.reaction"]),
        (["m.*.t*c"], None, ["m.room.topic"]),
        (None, ["m.room.*"], ["m.reaction"]),
        (["m.room.*"], ["m.room.message"], ["m.room.topic"]),
        (["m.reaction", "*topic"], None, ["m.room.topic", "m.reaction"]),
        ([], None, []),
        (None, [], ["m.room.message", "m.room.topic", "m.reaction"]),
        (["m?reaction"], None, []),
        (["M.REACTION"], None, []),
    ],
)
def test_types_and_not_types(
    types: list[str] | None, not_types: list[str] | None, passing: list[str]
) -> None:
    given_filter = {"types": types, "not_types": not_types}
    parsed = parse_room_event_filter(given_filter)
    everything = ["m.room.message", "m.room.topic", "m.reaction"]
    assert [kind for kind in everything if parsed.matches_type(kind)] == passing
    assert [kind for kind in everything if parsed.matches_event(kind, ANNA, {})] == passing
    assert [kind for kind in everything if parsed.matches(kind)] == passing
    assert parsed.accepts_all is (types is None and not not_types)


@pytest.mark.parametrize(
    ("senders", "not_senders", "passing"),
    [
        ([ANNA], None, [ANNA]),
        (None, [ANNA], [BOB]),
        ([ANNA, BOB], [ANNA], [BOB]),
        ([], None, []),
        (None, [], [ANNA, BOB]),
    ],
)
def test_senders_and_not_senders(
    senders: list[str] | None, not_senders: list[str] | None, passing: list[str]
) -> None:
    parsed = parse_filter({"presence": {"senders": senders, "not_senders": not_senders}}).presence
    assert [user for user in (ANNA, BOB) if parsed.matches("m.presence", user)] == passing
    assert parsed.accepts_all is (senders is None and not not_senders)


@pytest.mark.parametrize(
    ("rooms", "not_rooms", "passing"),
    [
        ([ROOM], None, [ROOM]),
        (None, [ROOM], [OTHER]),
        ([ROOM, OTHER], [ROOM], [OTHER]),
        ([], None, []),
    ],
)
def test_rooms_and_not_rooms(
    rooms: list[str] | None, not_rooms: list[str] | None, passing: list[str]
) -> None:
    said = {"rooms": rooms, "not_rooms": not_rooms}
    whole = parse_filter({"room": said}).room
    timeline = parse_filter({"room": {"timeline": said}}).room.timeline
    assert [room for room in (ROOM, OTHER) if whole.matches_room(room)] == passing
    assert [room for room in (ROOM, OTHER) if timeline.matches_room(room)] == passing


@pytest.mark.parametrize(
    ("contains_url", "with_url", "without"),
    [(True, True, False), (False, False, True), (None, True, True)],
)
def test_contains_url(contains_url: bool | None, with_url: bool, without: bool) -> None:
    parsed = parse_room_event_filter({"contains_url": contains_url})
    assert parsed.matches_event("m", ANNA, {"url": None}) is with_url
    assert parsed.matches_event("m", ANNA, {}) is without
    assert parsed.accepts_all is (contains_url is None)


@pytest.mark.parametrize(
    ("limit", "taken"), [(0, 0), (1, 1), (100, 100), (101, MAX_TIMELINE_LIMIT), (2**53, 100)]
)
def test_limits_are_clamped(limit: int, taken: int) -> None:
    assert parse_filter({"room": {"timeline": {"limit": limit}}}).room.timeline.limit == taken


def test_related_by_is_kept_for_the_caller() -> None:
    parsed = parse_room_event_filter(
        {"related_by_senders": [ANNA], "related_by_rel_types": ["m.thread"]}
    )
    assert parsed.related_by_senders == frozenset({ANNA})
    assert parsed.related_by_rel_types == frozenset({"m.thread"})


def test_fields_are_paths() -> None:
    parsed = parse_filter({"event_fields": ["type", r"content.m\.relates_to"]})
    assert parsed.event_fields == (("type",), ("content", "m.relates_to"))
    assert not parsed.plain_events


def test_the_federation_format_can_be_asked_for() -> None:
    assert parse_filter({"event_format": "federation"}).federation_format
    assert not parse_filter({"event_format": "client"}).federation_format


@pytest.mark.parametrize(
    "wrong",
    [
        5,
        [],
        None,
        "filter",
        {"event_format": "other"},
        {"event_fields": "type"},
        {"event_fields": [5]},
        {"presence": "x"},
        {"account_data": []},
        {"room": "x"},
        {"room": {"timeline": "x"}},
        {"room": {"state": []}},
        {"room": {"ephemeral": 5}},
        {"room": {"account_data": "x"}},
        {"room": {"rooms": "x"}},
        {"room": {"rooms": ["room"]}},
        {"room": {"not_rooms": [5]}},
        {"room": {"include_leave": "yes"}},
        {"room": {"timeline": {"rooms": ["not_a_room_id"]}}},
        {"room": {"timeline": {"senders": ["not_a_sender_id"]}}},
        {"room": {"timeline": {"not_senders": "x"}}},
        {"room": {"timeline": {"types": [1]}}},
        {"room": {"timeline": {"types": ["x"] * 10_001}}},
        {"room": {"timeline": {"not_types": {}}}},
        {"room": {"timeline": {"limit": "5"}}},
        {"room": {"timeline": {"limit": -1}}},
        {"room": {"timeline": {"limit": True}}},
        {"room": {"timeline": {"contains_url": 1}}},
        {"room": {"state": {"lazy_load_members": "true"}}},
    ],
)
def test_wrong_types_are_bad_json(wrong: Any) -> None:
    with pytest.raises(BadJson):
        parse_filter(wrong)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(),
        lambda inner: (
            st.lists(inner, max_size=3)
            | st.dictionaries(
                st.sampled_from(
                    ["room", "timeline", "state", "types", "senders", "limit", "rooms"]
                ),
                inner,
                max_size=4,
            )
        ),
        max_leaves=10,
    )
)
def test_any_json_is_a_filter_or_refused(value: Any) -> None:
    try:
        parsed = parse_filter(value)
    except BadJson:
        return
    assert parsed.room.timeline.matches_event("m.x", ANNA, {}) in (True, False)
