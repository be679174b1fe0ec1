"""Who is told of a room: those who are in it, from the moment their socket opens."""

from __future__ import annotations

from appservice_tasks.realtime.people import Listener, People
from appservice_tasks.services.who import Caller

OLGA, IVAN = "@olga:a.example", "@ivan:a.example"


def _open(people: People, user_id: str, sid: str, *rooms: str) -> Listener:
    people.expect(user_id)
    listener = Listener(sid, Caller(user_id, "PHONE", f"token {sid}"))
    people.add(listener, set(rooms))
    return listener


def _told(people: People, room_id: str) -> set[str]:
    return {each.sid for each in people.listening_to(room_id)}


def test_a_socket_hears_the_rooms_of_its_person() -> None:
    people = People()
    _open(people, OLGA, "o", "!a", "!b")
    _open(people, IVAN, "i", "!b")
    assert (_told(people, "!a"), _told(people, "!b"), _told(people, "!c")) == (
        {"o"},
        {"o", "i"},
        set(),
    )


def test_who_joins_hears_and_who_leaves_hears_no_more() -> None:
    people = People()
    _open(people, OLGA, "o", "!a")
    people.moved(OLGA, "!b", is_in=True)
    people.moved(OLGA, "!a", is_in=False)
    assert (_told(people, "!a"), _told(people, "!b")) == (set(), {"o"})


def test_what_changes_while_rooms_are_asked_for_is_not_lost() -> None:
    people = People()
    people.expect(OLGA)
    people.moved(OLGA, "!a", is_in=False)
    people.moved(OLGA, "!c", is_in=True)
    people.add(Listener("o", Caller(OLGA, "PHONE", "t")), {"!a", "!b"})
    assert people.rooms_of(OLGA) == {"!b", "!c"}


def test_a_subscription_narrows_one_socket_alone() -> None:
    people = People()
    first, _ = _open(people, OLGA, "1", "!a", "!b"), _open(people, OLGA, "2", "!a", "!b")
    first.only = frozenset({"!b"})
    assert (_told(people, "!a"), _told(people, "!b")) == ({"2"}, {"1", "2"})


def test_a_second_socket_of_somebody_knows_their_rooms() -> None:
    people = People()
    _open(people, OLGA, "1", "!a")
    people.moved(OLGA, "!b", is_in=True)
    _open(people, OLGA, "2")
    assert people.rooms_of(OLGA) == {"!a", "!b"}
    assert _told(people, "!b") == {"1", "2"}


def test_nothing_is_kept_of_who_has_gone() -> None:
    people = People()
    _open(people, OLGA, "1", "!a")
    _open(people, OLGA, "2", "!a")
    people.remove("1")
    assert _told(people, "!a") == {"2"}
    people.remove("2")
    people.remove("2")
    assert (people.all(), people.users_in("!a"), people.rooms_of(OLGA)) == ([], [], frozenset())


def test_a_socket_that_does_not_open_leaves_the_others_alone() -> None:
    people = People()
    people.expect(OLGA)
    people.expect(OLGA)
    people.moved(OLGA, "!b", is_in=True)
    people.give_up(OLGA)
    people.add(Listener("o", Caller(OLGA, "PHONE", "t")), {"!a"})
    assert people.rooms_of(OLGA) == {"!a", "!b"}
