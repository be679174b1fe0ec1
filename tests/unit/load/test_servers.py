from __future__ import annotations

import tempfile
import urllib.request
from pathlib import Path

import asyncpg
import pytest

from tests.load.servers import Cores, file_system, fresh_database, own_server

EVERYWHERE = Cores.of([])
MOUNTS = """\
/dev/sda1 / ext4 rw 0 0
tmpfs /tmp tmpfs rw 0 0
/dev/sdb1 /tmp/disk xfs rw 0 0
"""


@pytest.mark.parametrize(
    ("available", "server", "load", "database"),
    [([3], [], [], []), ([0, 1], [0], [1], [1]), ([2, 4, 5, 6], [2], [4], [5, 6])],
)
def test_server_and_load_have_a_core_each(
    available: list[int], server: list[int], load: list[int], database: list[int]
) -> None:
    expected = Cores(frozenset(server), frozenset(load), frozenset(database))
    assert Cores.of(available) == expected


@pytest.mark.parametrize(
    ("folder", "kind"), [("/var/tmp", "ext4"), ("/tmp/x", "tmpfs"), ("/tmp/disk/x", "xfs")]
)
def test_the_innermost_mount_tells_where_files_lie(folder: str, kind: str) -> None:
    assert file_system(Path(folder), MOUNTS) == kind


async def test_postgresql_is_measured_with_fsync() -> None:
    with (
        # Not pytest's folder: the server may run as another user, who must be able to enter.
        tempfile.TemporaryDirectory(prefix="team-load-") as folder,
        fresh_database("postgresql", Path(folder), EVERYWHERE) as (url, processes),
    ):
        assert url is not None
        connection = await asyncpg.connect(url)
        try:
            for setting in ("fsync", "synchronous_commit", "full_page_writes"):
                assert await connection.fetchval(f"SHOW {setting}") == "on"
        finally:
            await connection.close()
        assert processes.memory() > 1


def test_our_own_server_is_started_for_the_purpose(tmp_path: Path) -> None:
    with own_server("sqlite", tmp_path, EVERYWHERE, starts=1, settle=0) as target:
        assert target.start_s is not None
        with urllib.request.urlopen(f"{target.base}/_matrix/client/versions") as answer:
            assert answer.status == 200
        assert target.server.cpu() > 0
    assert target.server.memory() == 0
    assert list(tmp_path.iterdir()) == []
