"""What is known of rooms: their settings for tasks, and who is in them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, cast

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection

from appservice_tasks.contracts import Config, Labels, RoomKind, Workflow
from appservice_tasks.storage import json_text
from appservice_tasks.storage.tables import key_counter, own_room, room, room_member
from appservice_tasks.storage.upsert import insert_new, inserting, put


@dataclass(frozen=True, slots=True)
class StoredRoom:
    """A room as its state says.

    config: None where there is none, or none that is valid. workflows: by id. owner: of a
    personal room. joined: the authority is in it. guarded: nobody else can write tasks there.
    version: rises with every change of this and of the members.
    """

    room_id: str
    name: str | None
    config: Config | None
    workflows: dict[str, Workflow]
    labels: Labels | None
    kind: RoomKind | None
    owner: str | None
    space_id: str | None
    replaced_by: str | None
    encrypted: bool
    joined: bool
    guarded: bool
    told: bool
    log_token: str | None
    version: int

    @property
    def enabled(self) -> bool:
        """Whether tasks can be decided here."""
        return self.usable and self.config is not None and self.config["enabled"]

    @property
    def usable(self) -> bool:
        """Whether the authority can write here, and nobody else."""
        return self.joined and self.guarded and not self.encrypted


@dataclass(frozen=True, slots=True)
class Member:
    """membership: join or invite. power: the power level."""

    user_id: str
    membership: str
    power: int


_COLUMNS = (
    room.c.room_id,
    room.c.name,
    room.c.config,
    room.c.workflows,
    room.c.labels,
    room.c.kind,
    room.c.owner,
    room.c.space_id,
    room.c.replaced_by,
    room.c.encrypted,
    room.c.joined,
    room.c.guarded,
    room.c.told,
    room.c.log_token,
    room.c.version,
)


def _stored(row: Any) -> StoredRoom:
    return StoredRoom(
        room_id=row.room_id,
        name=row.name,
        config=None if row.config is None else cast(Config, json_text.loads(row.config)),
        workflows=json_text.loads(row.workflows),
        labels=None if row.labels is None else cast(Labels, json_text.loads(row.labels)),
        kind=row.kind,
        owner=row.owner,
        space_id=row.space_id,
        replaced_by=row.replaced_by,
        encrypted=bool(row.encrypted),
        joined=bool(row.joined),
        guarded=bool(row.guarded),
        told=bool(row.told),
        log_token=row.log_token,
        version=row.version,
    )


async def find(conn: AsyncConnection, room_id: str) -> StoredRoom | None:
    """One room."""
    row = (await conn.execute(sa.select(*_COLUMNS).where(room.c.room_id == room_id))).first()
    return None if row is None else _stored(row)


async def version_of(conn: AsyncConnection, room_id: str) -> int | None:
    """The version of a room, None for one that is not known."""
    found: int | None = await conn.scalar(
        sa.select(room.c.version).where(room.c.room_id == room_id)
    )
    return found


async def find_many(conn: AsyncConnection, room_ids: Iterable[str]) -> dict[str, StoredRoom]:
    """Rooms by their ids."""
    rows = await conn.execute(sa.select(*_COLUMNS).where(room.c.room_id.in_(list(room_ids))))
    return {row.room_id: _stored(row) for row in rows}


async def joined_members(conn: AsyncConnection, room_ids: Iterable[str]) -> dict[str, set[str]]:
    """Who is in each of several rooms."""
    rows = await conn.execute(
        sa.select(room_member.c.room_id, room_member.c.user_id).where(
            room_member.c.room_id.in_(list(room_ids)), room_member.c.membership == "join"
        )
    )
    found: dict[str, set[str]] = {}
    for row in rows:
        found.setdefault(row.room_id, set()).add(row.user_id)
    return found


async def versions_of(conn: AsyncConnection, room_ids: Iterable[str]) -> dict[str, int]:
    """The versions of rooms, of those that are known."""
    rows = await conn.execute(
        sa.select(room.c.room_id, room.c.version).where(room.c.room_id.in_(list(room_ids)))
    )
    return {row.room_id: row.version for row in rows}


async def every(conn: AsyncConnection) -> list[StoredRoom]:
    """All rooms that the authority has ever been in."""
    return [_stored(row) for row in await conn.execute(sa.select(*_COLUMNS))]


async def put_room(conn: AsyncConnection, found: StoredRoom, now: int) -> None:
    """Stores what a room's state says. Where its log was read to stays as it is for as long as the
    authority is in it; when it comes back, the log is read from its beginning."""
    row = {
        "room_id": found.room_id,
        "name": found.name,
        "config": None if found.config is None else json_text.dumps(found.config),
        "workflows": json_text.dumps(found.workflows),
        "labels": None if found.labels is None else json_text.dumps(found.labels),
        "kind": found.kind,
        "owner": found.owner,
        "space_id": found.space_id,
        "replaced_by": found.replaced_by,
        "encrypted": int(found.encrypted),
        "joined": int(found.joined),
        "guarded": int(found.guarded),
        "told": int(found.told),
        "version": now,
    }
    statement = inserting(conn, room).values(row)
    changed: dict[str, Any] = {
        name: statement.excluded[name] for name in row if name not in ("room_id", "version")
    }
    if not found.joined:
        changed["log_token"] = None
    statement = statement.on_conflict_do_update(
        index_elements=["room_id"],
        set_={**changed, "version": _next_version(now)},
    )
    await conn.execute(statement)


async def touch(conn: AsyncConnection, room_id: str, now: int) -> None:
    """The members have changed."""
    await conn.execute(
        room.update().where(room.c.room_id == room_id).values(version=_next_version(now))
    )


def _next_version(now: int) -> sa.ColumnElement[int]:
    return sa.case((room.c.version >= now, room.c.version + 1), else_=now)


async def set_left(conn: AsyncConnection, room_id: str, now: int) -> None:
    """The authority is not in the room any more, so nobody sees its tasks. Whether the log is still
    the same one when it comes back, nobody knows."""
    await conn.execute(
        room.update()
        .where(room.c.room_id == room_id)
        .values(joined=0, log_token=None, version=_next_version(now))
    )


async def set_log_token(conn: AsyncConnection, room_id: str, token: str | None) -> None:
    """The log has been read up to here; None: it is to be read from its beginning."""
    await conn.execute(room.update().where(room.c.room_id == room_id).values(log_token=token))


async def unread(conn: AsyncConnection) -> list[str]:
    """Rooms that the authority is in whose log is still to be read from its beginning."""
    rows = await conn.execute(
        sa.select(room.c.room_id).where(room.c.joined == 1, room.c.log_token.is_(None))
    )
    return [row.room_id for row in rows]


async def members(conn: AsyncConnection, room_id: str) -> list[Member]:
    """Who is in a room or invited."""
    rows = await conn.execute(
        sa.select(room_member.c.user_id, room_member.c.membership, room_member.c.power).where(
            room_member.c.room_id == room_id
        )
    )
    return [Member(*row) for row in rows]


async def membership(conn: AsyncConnection, room_id: str, user_id: str) -> str | None:
    """join, invite or None."""
    found: str | None = await conn.scalar(
        sa.select(room_member.c.membership).where(
            room_member.c.room_id == room_id, room_member.c.user_id == user_id
        )
    )
    return found


async def rooms_of(conn: AsyncConnection, user_id: str) -> list[str]:
    """The rooms with tasks that somebody is in, as far as the authority is in them too."""
    rows = await conn.execute(
        sa.select(room_member.c.room_id)
        .join(room, room.c.room_id == room_member.c.room_id)
        .where(
            room_member.c.user_id == user_id,
            room_member.c.membership == "join",
            room.c.joined == 1,
        )
    )
    return [row.room_id for row in rows]


async def of_space(conn: AsyncConnection, space_id: str) -> frozenset[str]:
    """The rooms that say that they belong to a space."""
    rows = await conn.execute(sa.select(room.c.room_id).where(room.c.space_id == space_id))
    return frozenset(row.room_id for row in rows)


async def team_rooms(conn: AsyncConnection) -> list[str]:
    """The rooms whose tasks an organisation admin sees: all but personal ones."""
    rows = await conn.execute(
        sa.select(room.c.room_id).where(
            room.c.joined == 1, sa.or_(room.c.kind.is_(None), room.c.kind != "personal")
        )
    )
    return [row.room_id for row in rows]


async def of_kind(conn: AsyncConnection, kind: RoomKind, room_ids: Iterable[str]) -> set[str]:
    """Those of these rooms that are of a kind."""
    rows = await conn.execute(
        sa.select(room.c.room_id).where(room.c.kind == kind, room.c.room_id.in_(list(room_ids)))
    )
    return {row.room_id for row in rows}


async def replace_members(
    conn: AsyncConnection, room_id: str, wanted: Mapping[str, Member]
) -> tuple[set[str], set[str]]:
    """Makes these the members; who joined and who left by it."""
    had = {each.user_id: each for each in await members(conn, room_id)}
    gone = [user for user in had if user not in wanted]
    for user in gone:
        await drop_member(conn, room_id, user)
    for user, member in wanted.items():
        if had.get(user) != member:
            await put_member(conn, room_id, member)
    before = {user for user, each in had.items() if each.membership == "join"}
    after = {user for user, each in wanted.items() if each.membership == "join"}
    return after - before, before - after


async def put_member(conn: AsyncConnection, room_id: str, member: Member) -> None:
    """Stores one member."""
    row = {
        "room_id": room_id,
        "user_id": member.user_id,
        "membership": member.membership,
        "power": member.power,
    }
    await put(conn, room_member, row, ["room_id", "user_id"])


async def drop_member(conn: AsyncConnection, room_id: str, user_id: str) -> None:
    """Somebody is not in the room any more."""
    await conn.execute(
        room_member.delete().where(
            room_member.c.room_id == room_id, room_member.c.user_id == user_id
        )
    )


# --- prefixes and keys ------------------------------------------------------------------------


async def taken_prefixes(conn: AsyncConnection) -> set[str]:
    """Prefixes that rooms have."""
    return {row.prefix for row in await conn.execute(sa.select(key_counter.c.prefix))}


async def prefix_of(conn: AsyncConnection, room_id: str) -> str | None:
    """The prefix that was reserved for a room last."""
    found: str | None = await conn.scalar(
        sa.select(key_counter.c.prefix)
        .where(key_counter.c.room_id == room_id)
        .order_by(key_counter.c.last_no.desc(), key_counter.c.prefix)
        .limit(1)
    )
    return found


async def reserve_prefix(conn: AsyncConnection, prefix: str, room_id: str) -> bool:
    """Makes a prefix this room's, unless another room has it; whether it is this room's now."""
    row = {"prefix": prefix, "last_no": 0, "room_id": room_id}
    if await insert_new(conn, key_counter, row, ["prefix"]):
        return True
    owner = await conn.scalar(
        sa.select(key_counter.c.room_id).where(key_counter.c.prefix == prefix)
    )
    return owner == room_id


async def next_number(conn: AsyncConnection, prefix: str) -> int:
    """The number of the next task with this prefix. Nobody else gets it while the transaction
    lasts; `spend_number` makes it final."""
    row = {"prefix": prefix, "last_no": 0, "room_id": None}
    await insert_new(conn, key_counter, row, ["prefix"])
    last: int = (
        await conn.execute(
            sa.select(key_counter.c.last_no).where(key_counter.c.prefix == prefix).with_for_update()
        )
    ).scalar_one()
    return last + 1


async def spend_number(conn: AsyncConnection, prefix: str, number: int) -> None:
    """This number is in use, or was."""
    statement = inserting(conn, key_counter).values(prefix=prefix, last_no=number, room_id=None)
    statement = statement.on_conflict_do_update(
        index_elements=["prefix"],
        set_={"last_no": number},
        where=key_counter.c.last_no < number,
    )
    await conn.execute(statement)


# --- rooms of one's own -----------------------------------------------------------------------


async def find_own(conn: AsyncConnection, kind: str, user_a: str, user_b: str = "") -> str | None:
    """Somebody's personal room, or the direct room of two people."""
    first, second = pair(user_a, user_b)
    found: str | None = await conn.scalar(
        sa.select(own_room.c.room_id).where(
            own_room.c.kind == kind, own_room.c.user_a == first, own_room.c.user_b == second
        )
    )
    return found


async def put_own(
    conn: AsyncConnection, kind: str, room_id: str, user_a: str, user_b: str = ""
) -> str:
    """Notes the room, unless there is one already; the one that counts."""
    first, second = pair(user_a, user_b)
    row = {"kind": kind, "user_a": first, "user_b": second, "room_id": room_id}
    if await insert_new(conn, own_room, row, ["kind", "user_a", "user_b"]):
        return room_id
    return await find_own(conn, kind, first, second) or room_id


async def drop_own(conn: AsyncConnection, room_id: str) -> None:
    """The room does not serve any more."""
    await conn.execute(own_room.delete().where(own_room.c.room_id == room_id))


def pair(user_a: str, user_b: str) -> tuple[str, str]:
    """Two people in the order in which they are stored."""
    if not user_b:
        return user_a, ""
    first, second = sorted((user_a, user_b))
    return first, second


async def personal_rooms(conn: AsyncConnection, users: Iterable[str]) -> dict[str, str]:
    """The personal rooms of people, of those who have one."""
    wanted: Sequence[str] = list(users)
    rows = await conn.execute(
        sa.select(own_room.c.user_a, own_room.c.room_id).where(
            own_room.c.kind == "personal", own_room.c.user_a.in_(wanted)
        )
    )
    return {row.user_a: row.room_id for row in rows}
