"""rooms/v1 to rooms/v12, "Authorisation rules" of m.room.member, in every version.

Numbers are those of version 12, where it is rule 5; 4 in 6 to 11. In 1 to 5 it is 5 too, without
5.2; in 6 and 7 there is no 4.2 either, so that 5.3 to 5.7 are one less.
"""

from __future__ import annotations

from typing import Any

import pytest

from homeserver.protocol.auth_rules import AuthRejected, check_auth
from homeserver.protocol.event import Event
from homeserver.protocol.event_checks import required_signers
from homeserver.protocol.room_versions import ROOM_VERSIONS, RoomVersion
from homeserver.protocol.signing import SigningKey
from tests import eg
from tests.spec.each_version import each_since, since, until

INVITER_KEY = SigningKey(bytes(32), "invite")


@pytest.fixture(params=list(ROOM_VERSIONS.values()), ids=[f"v{name}" for name in ROOM_VERSIONS])
def version(request: pytest.FixtureRequest) -> RoomVersion:
    given: RoomVersion = request.param
    return given


@pytest.fixture
def room(version: RoomVersion) -> eg.Room:
    return eg.Room(version)


def refused(room: eg.Room, event: Event, rule: str) -> None:
    with pytest.raises(AuthRejected) as refusal:
        check_auth(event, room.state)
    assert refusal.value.rule == rule
    assert (refusal.value.status, refusal.value.errcode) == (403, "M_FORBIDDEN")


def allowed(room: eg.Room, event: Event) -> None:
    check_auth(event, room.state)


# 5.1


def test_5_1_a_membership_event_is_a_state_event(room: eg.Room) -> None:
    refused(room, room.event("m.room.member", {"membership": "join"}), "5.1")


def test_5_1_a_membership_event_has_a_membership(room: eg.Room) -> None:
    refused(room, room.event("m.room.member", {}, state_key=eg.ANNA), "5.1")


# 5.2


@since(8)
def test_5_2_1_an_authorising_server_must_have_signed(room: eg.Room) -> None:
    room.join_rule("restricted")
    room.join(eg.STRANGER)
    join = room.member(eg.BOB, "join", join_authorised_via_users_server=eg.STRANGER)
    refused(room, join, "5.2.1")


@since(8)
def test_5_2_1_applies_to_every_membership_that_has_the_key(room: eg.Room) -> None:
    leave = room.member(eg.ANNA, "leave", join_authorised_via_users_server=eg.STRANGER)
    refused(room, leave, "5.2.1")


@since(8)
def test_5_2_1_the_authorising_server_is_among_the_signers_to_verify(room: eg.Room) -> None:
    join = room.member(eg.BOB, "join", join_authorised_via_users_server=eg.STRANGER)
    assert required_signers(join) == {"a.example", "z.example"}


# 5.3 join


def test_5_3_1_the_creator_joins_right_after_creating(room: eg.Room) -> None:
    del room.state[("m.room.member", eg.ANNA)]
    join = room.event(
        "m.room.member",
        {"membership": "join"},
        state_key=eg.ANNA,
        prev_events=[room.create.event_id],
    )
    allowed(room, join)


def test_5_3_1_nobody_else_joins_right_after_creating(room: eg.Room) -> None:
    join = room.event(
        "m.room.member",
        {"membership": "join"},
        sender=eg.BOB,
        state_key=eg.BOB,
        prev_events=[room.create.event_id],
    )
    refused(room, join, "5.3.4")


def test_5_3_2_nobody_joins_for_another(room: eg.Room) -> None:
    room.join_rule("public")
    refused(room, room.member(eg.BOB, "join", sender=eg.ANNA), "5.3.2")


def test_5_3_3_the_banned_stay_out(room: eg.Room) -> None:
    room.join_rule("public")
    room.be(eg.BOB, "ban")
    refused(room, room.member(eg.BOB, "join"), "5.3.3")


@each_since("rule", {"invite": 1, "knock": 7, None: 1})
@pytest.mark.parametrize("membership", ["invite", "join"])
def test_5_3_4_the_invited_may_join(room: eg.Room, rule: str | None, membership: str) -> None:
    if rule is not None:
        room.join_rule(rule)
    room.be(eg.BOB, membership)
    allowed(room, room.member(eg.BOB, "join"))


@each_since("rule", {"invite": 1, "knock": 7, None: 1})
@pytest.mark.parametrize("membership", ["leave", "knock", None])
def test_5_3_4_others_may_not(room: eg.Room, rule: str | None, membership: str | None) -> None:
    if rule is not None:
        room.join_rule(rule)
    if membership is not None:
        room.be(eg.BOB, membership)
    refused(room, room.member(eg.BOB, "join"), "5.3.4")


RESTRICTED = each_since("rule", {"restricted": 8, "knock_restricted": 10})


@RESTRICTED
@pytest.mark.parametrize("membership", ["invite", "join"])
def test_5_3_5_1_the_invited_need_no_authoriser(room: eg.Room, rule: str, membership: str) -> None:
    room.join_rule(rule)
    room.be(eg.BOB, membership)
    allowed(room, room.member(eg.BOB, "join"))


@RESTRICTED
def test_5_3_5_2_a_restricted_join_names_an_authoriser(room: eg.Room, rule: str) -> None:
    room.join_rule(rule)
    refused(room, room.member(eg.BOB, "join"), "5.3.5.2")


@RESTRICTED
def test_5_3_5_2_the_authoriser_is_in_the_room(room: eg.Room, rule: str) -> None:
    room.join_rule(rule)
    join = room.member(eg.BOB, "join", join_authorised_via_users_server=eg.CAROL)
    refused(room, join, "5.3.5.2")


@RESTRICTED
def test_5_3_5_2_the_authoriser_may_invite(room: eg.Room, rule: str) -> None:
    room.join_rule(rule)
    room.join(eg.CAROL)
    room.power(invite=50)
    join = room.member(eg.BOB, "join", join_authorised_via_users_server=eg.CAROL)
    refused(room, join, "5.3.5.2")


@RESTRICTED
def test_5_3_5_3_an_authorised_join_passes(room: eg.Room, rule: str) -> None:
    room.join_rule(rule)
    room.power(invite=50, users={eg.CAROL: 50})
    room.join(eg.CAROL)
    allowed(room, room.member(eg.BOB, "join", join_authorised_via_users_server=eg.CAROL))


def test_5_3_6_anybody_joins_a_public_room(room: eg.Room) -> None:
    room.join_rule("public")
    allowed(room, room.member(eg.STRANGER, "join"))


@pytest.mark.parametrize("rule", ["private", "unknown", "", 7, None, ["public"]])
def test_5_3_7_other_join_rules_let_nobody_in(room: eg.Room, rule: object) -> None:
    room.set("m.room.join_rules", {"join_rule": rule})
    room.be(eg.BOB, "invite")
    refused(room, room.member(eg.BOB, "join"), "5.3.7")


# 5.4 invite


def third_party(room: eg.Room, **changes: Any) -> dict[str, Any]:
    """Put Anna's third-party invite into the room and make the proof for Bob's."""
    room.set(
        "m.room.third_party_invite",
        {"display_name": "Bob", "public_key": INVITER_KEY.public_key},
        state_key="token1",
    )
    claims = {"mxid": eg.BOB, "token": "token1", **changes}
    claims = {key: value for key, value in claims.items() if value is not None}
    return {"display_name": "Bob", "signed": INVITER_KEY.sign_json(claims, "id.example")}


def test_5_4_1_1_a_third_party_invite_does_not_lift_a_ban(room: eg.Room) -> None:
    room.be(eg.BOB, "ban")
    proof = third_party(room)
    invite = room.member(eg.BOB, "invite", sender=eg.ANNA, third_party_invite=proof)
    refused(room, invite, "5.4.1.1")


@pytest.mark.parametrize("proof", [{}, {"signed": "text"}, "text", None])
def test_5_4_1_2_a_third_party_invite_is_signed(room: eg.Room, proof: object) -> None:
    invite = room.member(eg.BOB, "invite", sender=eg.ANNA, third_party_invite=proof)
    refused(room, invite, "5.4.1.2")


@pytest.mark.parametrize("missing", ["mxid", "token"])
def test_5_4_1_3_the_proof_names_user_and_token(room: eg.Room, missing: str) -> None:
    proof = third_party(room, **{missing: None})
    invite = room.member(eg.BOB, "invite", sender=eg.ANNA, third_party_invite=proof)
    refused(room, invite, "5.4.1.3")


def test_5_4_1_4_the_proof_is_for_the_invited_user(room: eg.Room) -> None:
    proof = third_party(room, mxid=eg.CAROL)
    invite = room.member(eg.BOB, "invite", sender=eg.ANNA, third_party_invite=proof)
    refused(room, invite, "5.4.1.4")


@pytest.mark.parametrize("token", ["other", 5])
def test_5_4_1_5_the_room_knows_the_token(room: eg.Room, token: object) -> None:
    proof = third_party(room, token=token)
    invite = room.member(eg.BOB, "invite", sender=eg.ANNA, third_party_invite=proof)
    refused(room, invite, "5.4.1.5")


def test_5_4_1_6_the_invite_is_sent_by_its_issuer(room: eg.Room) -> None:
    proof = third_party(room)
    room.join(eg.CAROL)
    invite = room.member(eg.BOB, "invite", sender=eg.CAROL, third_party_invite=proof)
    refused(room, invite, "5.4.1.6")


def test_5_4_1_7_1_a_signature_by_the_single_key_passes(room: eg.Room) -> None:
    proof = third_party(room)
    allowed(room, room.member(eg.BOB, "invite", sender=eg.ANNA, third_party_invite=proof))


def test_5_4_1_7_2_a_signature_by_a_listed_key_passes(room: eg.Room) -> None:
    proof = third_party(room)
    room.set(
        "m.room.third_party_invite",
        {
            "public_key": eg.KEY.public_key,
            "public_keys": ["nonsense", {"public_key": INVITER_KEY.public_key}],
        },
        state_key="token1",
    )
    allowed(room, room.member(eg.BOB, "invite", sender=eg.ANNA, third_party_invite=proof))


def test_5_4_1_8_a_signature_by_another_key_does_not(room: eg.Room) -> None:
    proof = third_party(room)
    room.set("m.room.third_party_invite", {"public_key": eg.KEY.public_key}, state_key="token1")
    invite = room.member(eg.BOB, "invite", sender=eg.ANNA, third_party_invite=proof)
    refused(room, invite, "5.4.1.8")


@pytest.mark.parametrize("signatures", [{}, {"id.example": {}}, {"id.example": 1}, "x", None])
def test_5_4_1_8_a_proof_without_signatures_does_not(room: eg.Room, signatures: object) -> None:
    proof = third_party(room)
    proof["signed"]["signatures"] = signatures
    invite = room.member(eg.BOB, "invite", sender=eg.ANNA, third_party_invite=proof)
    refused(room, invite, "5.4.1.8")


def test_5_4_2_strangers_invite_nobody(room: eg.Room) -> None:
    refused(room, room.member(eg.CAROL, "invite", sender=eg.BOB), "5.4.2")


@pytest.mark.parametrize("membership", ["join", "ban"])
def test_5_4_3_members_and_banned_are_not_invited(room: eg.Room, membership: str) -> None:
    room.be(eg.BOB, membership)
    refused(room, room.member(eg.BOB, "invite", sender=eg.ANNA), "5.4.3")


@pytest.mark.parametrize("membership", [None, "leave", "knock", "invite"])
def test_5_4_4_a_member_with_power_invites(room: eg.Room, membership: str | None) -> None:
    room.power(invite=50, users={eg.CAROL: 50})
    room.join(eg.CAROL)
    if membership is not None:
        room.be(eg.BOB, membership)
    allowed(room, room.member(eg.BOB, "invite", sender=eg.CAROL))


def test_5_4_5_a_member_without_power_does_not(room: eg.Room) -> None:
    room.power(invite=50)
    room.join(eg.CAROL)
    refused(room, room.member(eg.BOB, "invite", sender=eg.CAROL), "5.4.5")


# 5.5 leave


@each_since("membership", {"invite": 1, "join": 1, "knock": 7})
def test_5_5_1_one_may_leave_what_one_is_in(room: eg.Room, membership: str) -> None:
    room.be(eg.BOB, membership)
    allowed(room, room.member(eg.BOB, "leave"))


@pytest.mark.parametrize("membership", [None, "leave", "ban"])
def test_5_5_1_but_nothing_else(room: eg.Room, membership: str | None) -> None:
    if membership is not None:
        room.be(eg.BOB, membership)
    refused(room, room.member(eg.BOB, "leave"), "5.5.1")


def test_5_5_2_strangers_kick_nobody(room: eg.Room) -> None:
    room.join(eg.BOB)
    refused(room, room.member(eg.BOB, "leave", sender=eg.CAROL), "5.5.2")


def test_5_5_3_unbanning_takes_the_power_to_ban(room: eg.Room) -> None:
    room.power(ban=60, kick=50, users={eg.CAROL: 55})
    room.join(eg.CAROL)
    room.be(eg.BOB, "ban")
    refused(room, room.member(eg.BOB, "leave", sender=eg.CAROL), "5.5.3")


def test_5_5_4_unbanning_takes_the_power_to_kick_too(room: eg.Room) -> None:
    room.power(ban=40, kick=50, users={eg.CAROL: 45})
    room.join(eg.CAROL)
    room.be(eg.BOB, "ban")
    refused(room, room.member(eg.BOB, "leave", sender=eg.CAROL), "5.5.5")


def test_5_5_4_the_powerful_kick_the_less_powerful(room: eg.Room) -> None:
    room.power(users={eg.CAROL: 50, eg.BOB: 49})
    room.join(eg.CAROL)
    room.join(eg.BOB)
    allowed(room, room.member(eg.BOB, "leave", sender=eg.CAROL))


def test_5_5_5_nobody_kicks_an_equal(room: eg.Room) -> None:
    room.power(users={eg.CAROL: 50, eg.BOB: 50})
    room.join(eg.CAROL)
    room.join(eg.BOB)
    refused(room, room.member(eg.BOB, "leave", sender=eg.CAROL), "5.5.5")


def test_5_5_5_kicking_takes_the_power_to_kick(room: eg.Room) -> None:
    room.power(users={eg.CAROL: 49})
    room.join(eg.CAROL)
    room.join(eg.BOB)
    refused(room, room.member(eg.BOB, "leave", sender=eg.CAROL), "5.5.5")


# 5.6 ban


def test_5_6_1_strangers_ban_nobody(room: eg.Room) -> None:
    refused(room, room.member(eg.BOB, "ban", sender=eg.CAROL), "5.6.1")


@pytest.mark.parametrize("membership", [None, "join", "invite", "leave", "knock", "ban"])
def test_5_6_2_the_powerful_ban_the_less_powerful(room: eg.Room, membership: str | None) -> None:
    room.power(users={eg.CAROL: 50, eg.BOB: 49})
    room.join(eg.CAROL)
    if membership is not None:
        room.be(eg.BOB, membership)
    allowed(room, room.member(eg.BOB, "ban", sender=eg.CAROL))


@pytest.mark.parametrize(("carol", "bob"), [(49, 0), (50, 50), (60, 70)])
def test_5_6_3_others_do_not(room: eg.Room, carol: int, bob: int) -> None:
    room.power(users={eg.CAROL: carol, eg.BOB: bob})
    room.join(eg.CAROL)
    refused(room, room.member(eg.BOB, "ban", sender=eg.CAROL), "5.6.3")


# 5.7 knock


@since(7)
@pytest.mark.parametrize("rule", ["invite", "public", "restricted", "private", None])
def test_5_7_1_only_rooms_that_take_knocks_take_them(room: eg.Room, rule: str | None) -> None:
    if rule is not None:
        room.join_rule(rule)
    refused(room, room.member(eg.BOB, "knock"), "5.7.1")


@since(7)
def test_5_7_2_nobody_knocks_for_another(room: eg.Room) -> None:
    room.join_rule("knock")
    refused(room, room.member(eg.BOB, "knock", sender=eg.ANNA), "5.7.2")


@each_since("rule", {"knock": 7, "knock_restricted": 10})
@pytest.mark.parametrize("membership", [None, "leave", "knock"])
def test_5_7_3_strangers_may_knock(room: eg.Room, rule: str, membership: str | None) -> None:
    room.join_rule(rule)
    if membership is not None:
        room.be(eg.BOB, membership)
    allowed(room, room.member(eg.BOB, "knock"))


@since(7)
@pytest.mark.parametrize("membership", ["ban", "invite", "join"])
def test_5_7_4_others_may_not(room: eg.Room, membership: str) -> None:
    room.join_rule("knock")
    room.be(eg.BOB, membership)
    refused(room, room.member(eg.BOB, "knock"), "5.7.4")


# 5.8


@pytest.mark.parametrize("membership", ["lurk", "", 5, None, ["join"]])
def test_5_8_other_memberships_are_refused(room: eg.Room, membership: Any) -> None:
    refused(room, room.member(eg.ANNA, membership), "5.8")


@until(6)
def test_5_8_before_version_7_a_knock_is_unknown(room: eg.Room) -> None:
    room.join_rule("knock")
    refused(room, room.member(eg.BOB, "knock"), "5.8")
    room.be(eg.BOB, "knock")
    refused(room, room.member(eg.BOB, "leave"), "5.5.1")


@until(6)
def test_5_3_7_before_version_7_the_join_rule_knock_is_unknown(room: eg.Room) -> None:
    room.join_rule("knock")
    room.be(eg.BOB, "invite")
    refused(room, room.member(eg.BOB, "join"), "5.3.7")


@until(7)
def test_5_3_7_before_version_8_the_join_rule_restricted_is_unknown(room: eg.Room) -> None:
    room.join_rule("restricted")
    room.be(eg.BOB, "invite")
    join = room.member(eg.BOB, "join", join_authorised_via_users_server=eg.ANNA)
    refused(room, join, "5.3.7")


@until(9)
def test_before_version_10_the_join_rule_knock_restricted_is_unknown(room: eg.Room) -> None:
    room.join_rule("knock_restricted")
    refused(room, room.member(eg.BOB, "knock"), "5.7.1" if room.version.knocking else "5.8")
    room.be(eg.BOB, "invite")
    refused(room, room.member(eg.BOB, "join"), "5.3.7")


@until(10)
def test_5_3_1_until_version_10_the_creator_is_whom_the_content_names(
    version: RoomVersion,
) -> None:
    room = eg.Room(version, create={"creator": eg.BOB})
    del room.state["m.room.member", eg.ANNA]

    def first_join(user: str) -> Event:
        content = {"membership": "join"}
        prev_events = [room.create.event_id]
        return room.event(
            "m.room.member", content, sender=user, state_key=user, prev_events=prev_events
        )

    allowed(room, first_join(eg.BOB))
    refused(room, first_join(eg.ANNA), "5.3.4")
