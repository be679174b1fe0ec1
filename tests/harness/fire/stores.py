"""Databases that can be copied, and replaced by an older copy of themselves.

Nobody may be connected while one is replaced: whoever used the database was killed before.
"""

from __future__ import annotations

import asyncio
import shutil
import sqlite3
from pathlib import Path
from typing import Protocol

from appservice_tasks.storage.migrate import migrate
from tests.harness.postgres import Cluster, in_thread


class Store(Protocol):
    """url: `sqlite:///...` or `postgresql://...`; it changes with each restore. copies_in_use:
    whether it can be copied while somebody is connected."""

    copies_in_use: bool

    @property
    def url(self) -> str:
        """Where the database is now."""

    def copy(self) -> str:
        """Keeps the database as it is; a name for `restore`."""

    def restore(self, copy: str) -> None:
        """Puts an older copy in its place."""


class SqliteStore:
    """A file, and copies beside it."""

    copies_in_use = True

    def __init__(self, path: Path) -> None:
        self._path = path
        self._copies = 0

    @property
    def url(self) -> str:
        return f"sqlite:///{self._path}"

    def copy(self) -> str:
        self._copies += 1
        target = self._path.with_suffix(f".copy{self._copies}")
        source, kept = sqlite3.connect(self._path), sqlite3.connect(target)
        try:
            source.backup(kept)
        finally:
            source.close()
            kept.close()
        return str(target)

    def restore(self, copy: str) -> None:
        for ending in ("-wal", "-shm"):
            self._path.with_name(self._path.name + ending).unlink(missing_ok=True)
        shutil.copyfile(copy, self._path)


class PostgresStore:
    """A database of the test run's cluster, and copies of it there."""

    copies_in_use = False

    def __init__(self, cluster: Cluster, name: str) -> None:
        self._cluster = cluster
        self._name = name
        self._made = [name]

    @property
    def url(self) -> str:
        return self._cluster.url(self._name)

    def copy(self) -> str:
        copy = self._cluster.create(self._name)
        self._made.append(copy)
        return copy

    def restore(self, copy: str) -> None:
        self._name = self._cluster.create(copy)
        self._made.append(self._name)

    def drop(self) -> None:
        """Removes it and its copies."""
        for name in self._made:
            self._cluster.drop(name)


def postgres_stores(cluster: Cluster) -> tuple[PostgresStore, PostgresStore]:
    """The homeserver's, which is empty, and the tasks service's, which has its tables."""
    made = cluster.create(cluster.template("tasks", _build_tasks))
    return PostgresStore(cluster, cluster.create()), PostgresStore(cluster, made)


def _build_tasks(url: str) -> None:
    in_thread(lambda: asyncio.run(migrate(url)))
