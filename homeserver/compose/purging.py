"""Deleting for good: history, rooms, people, files."""

from __future__ import annotations

from dataclasses import dataclass

from homeserver.api.admin.purge import PurgeApi
from homeserver.compose.engine import Engine
from homeserver.compose.media import MediaRepository
from homeserver.services.accounts.account import Account
from homeserver.services.retention.clear_room import ClearRoom
from homeserver.services.retention.erase_person import ErasePerson
from homeserver.services.retention.purge_media import PurgeMedia
from homeserver.services.retention.purge_room import PurgeRoom
from homeserver.services.retention.retention import Retention


@dataclass(frozen=True)
class Purging:
    """What deletes by itself, and the endpoints."""

    retention: Retention
    apis: list[object]


def build_purging(engine: Engine, repository: MediaRepository, account: Account) -> Purging:
    """Builds them."""
    name = engine.config.server_name
    database, committer, heads = engine.database, engine.committer, engine.heads
    files = PurgeMedia(database, committer, repository.originals, repository.kept, server_name=name)
    rooms = PurgeRoom(database, committer, heads, files, server_name=name)
    clear = ClearRoom(database, heads, engine.write, server_name=name)
    people = ErasePerson(database, committer, heads, engine.write, files, account)
    retention = Retention(
        database,
        committer,
        rooms,
        engine.clock,
        max_age_days=engine.config.retention.max_age_days,
    )
    return Purging(retention, [PurgeApi(rooms, clear, people)])
