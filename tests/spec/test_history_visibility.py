"""client-server-api, "Room History Visibility", server behaviour, 1 to 5."""

from __future__ import annotations

import pytest

from homeserver.protocol.event import Event
from homeserver.protocol.visibility import Visibility, may_see
from tests import eg

MEMBERSHIPS = [None, "leave", "ban", "knock", "invite", "join"]
MESSAGE = eg.event(sender=eg.BOB)


def sees(
    visibility: Visibility,
    membership: str | None,
    *,
    joined_later: bool = False,
    event: Event = MESSAGE,
) -> bool:
    return may_see(
        event, eg.ANNA, visibility=visibility, membership=membership, joined_later=joined_later
    )


@pytest.mark.parametrize("membership", MEMBERSHIPS)
@pytest.mark.parametrize("joined_later", [True, False])
def test_1_everyone_sees_the_world_readable(membership: str | None, joined_later: bool) -> None:
    assert sees(Visibility.WORLD_READABLE, membership, joined_later=joined_later)


@pytest.mark.parametrize("visibility", Visibility)
def test_2_members_see_everything(visibility: Visibility) -> None:
    assert sees(visibility, "join")


@pytest.mark.parametrize("membership", MEMBERSHIPS)
def test_3_who_joins_later_sees_what_was_shared(membership: str | None) -> None:
    assert sees(Visibility.SHARED, membership, joined_later=True)


@pytest.mark.parametrize("membership", ["leave", "ban", "knock", "invite", None])
def test_3_who_never_joins_does_not(membership: str | None) -> None:
    assert not sees(Visibility.SHARED, membership)


@pytest.mark.parametrize("joined_later", [True, False])
def test_4_the_invited_see_from_their_invitation_on(joined_later: bool) -> None:
    assert sees(Visibility.INVITED, "invite", joined_later=joined_later)


@pytest.mark.parametrize("membership", ["leave", "ban", "knock", None])
@pytest.mark.parametrize("visibility", [Visibility.INVITED, Visibility.JOINED])
def test_5_others_do_not_even_if_they_join_later(
    visibility: Visibility, membership: str | None
) -> None:
    assert not sees(visibility, membership, joined_later=True)


def test_5_the_invited_do_not_see_what_is_for_the_joined() -> None:
    assert not sees(Visibility.JOINED, "invite", joined_later=True)


@pytest.mark.parametrize(
    ("value", "visibility"),
    [
        ("world_readable", Visibility.WORLD_READABLE),
        ("shared", Visibility.SHARED),
        ("invited", Visibility.INVITED),
        ("joined", Visibility.JOINED),
        ("other", Visibility.SHARED),
        (None, Visibility.SHARED),
        (5, Visibility.SHARED),
        ([], Visibility.SHARED),
    ],
)
def test_what_is_not_understood_is_shared(value: object, visibility: Visibility) -> None:
    assert Visibility.of(value) is visibility
    event = eg.event("m.room.history_visibility", {"history_visibility": value}, state_key="")
    assert Visibility.of_event(event) is visibility


def test_without_an_event_history_is_shared() -> None:
    assert Visibility.of_event(None) is Visibility.SHARED


def change(after: Visibility, state_key: str = "") -> Event:
    return eg.event(
        "m.room.history_visibility",
        {"history_visibility": after.value},
        state_key=state_key,
        sender=eg.BOB,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (Visibility.WORLD_READABLE, Visibility.JOINED),
        (Visibility.JOINED, Visibility.WORLD_READABLE),
    ],
)
def test_a_change_of_visibility_is_seen_if_either_side_allows_it(
    before: Visibility, after: Visibility
) -> None:
    assert sees(before, None, event=change(after))
    assert not sees(Visibility.JOINED, None, event=change(Visibility.INVITED))


def test_only_the_rooms_own_visibility_event_changes_it() -> None:
    event = change(Visibility.WORLD_READABLE, state_key="other")
    assert not sees(Visibility.JOINED, None, event=event)


@pytest.mark.parametrize(
    ("before", "after", "visible"),
    [
        ("leave", "join", True),
        (None, "join", True),
        ("invite", "join", True),
        ("join", "leave", True),
        ("join", "ban", True),
        ("invite", "leave", False),
        ("leave", "invite", False),
    ],
)
def test_ones_own_membership_is_seen_if_either_side_allows_it(
    before: str | None, after: str, visible: bool
) -> None:
    event = eg.event("m.room.member", {"membership": after}, state_key=eg.ANNA)
    assert sees(Visibility.JOINED, before, event=event) is visible


def test_ones_own_invite_is_seen_where_the_invited_may_see() -> None:
    event = eg.event("m.room.member", {"membership": "invite"}, state_key=eg.ANNA, sender=eg.BOB)
    assert sees(Visibility.INVITED, None, event=event)


def test_others_memberships_are_like_any_event() -> None:
    event = eg.event("m.room.member", {"membership": "join"}, state_key=eg.BOB, sender=eg.BOB)
    assert not sees(Visibility.JOINED, None, event=event)
