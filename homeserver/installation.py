"""What has to be in place before a server starts: its folder, configuration, keys and tables.

Everything here may run again at every start and leaves alone what exists. What a person has to put
right is raised as `Refused`, whose text is a sentence that says what to do.
"""

from __future__ import annotations

import os
import re
import secrets
import socket
import sqlite3
from collections.abc import Awaitable, Mapping
from pathlib import Path
from typing import TypeVar
from urllib.parse import urlsplit

import yaml

from homeserver.config import REPOSITORY, Config, ConfigError, load
from homeserver.protocol.signing import SigningKey
from homeserver.storage.migrate import NewerDatabase, migrate, revision_of

T = TypeVar("T")

CONFIG_NAME = "config.yaml"
TASKS_CONFIG_NAME = "tasks.yaml"
TASKS_CODE = REPOSITORY / "appservice-tasks"
"""The folder that holds the tasks service, where it was installed with the homeserver."""

_NEW_CONFIG = """\
# Made on the first start. Add here what should differ from the defaults;
# config.sample.yaml has every key, its default and the reason for it.

server_name: "{server_name}"
"""


class Refused(Exception):
    """The server cannot start; the text tells a person why and what to do."""


def data_folder(environ: Mapping[str, str]) -> Path:
    """The folder that `DATA` names, or ./data, made if need be. Raises Refused."""
    folder = Path(environ.get("DATA") or "data").expanduser().resolve()
    try:
        folder.mkdir(parents=True, exist_ok=True)
        probe = folder / f".probe-{os.getpid()}"
        probe.touch()
        probe.unlink()
    except OSError as error:
        raise Refused(
            f"The data folder {folder} cannot be written to ({error.strerror}): "
            "change its owner, or choose another with DATA=/path/to/folder."
        ) from None
    return folder


def configure(folder: Path, environ: Mapping[str, str]) -> tuple[Path, Config]:
    """The configuration file of a data folder, made on the first start, and what it says.

    Raises Refused when the file is wrong, or when SERVER_NAME is not the name that the data has.
    """
    path = folder / CONFIG_NAME
    named = environ.get("SERVER_NAME", "")
    try:
        if path.exists():
            kept = load(path, {}).server_name
            if named and named != kept:
                raise Refused(
                    f"The data in {folder} belongs to the server name {kept}, and SERVER_NAME is "
                    f"{named}: the name is in every address and signature and cannot change. "
                    f"Start with SERVER_NAME={kept}, or choose an empty folder with DATA."
                )
        else:
            name = load(None, {**environ, "DATA": str(folder)}).server_name  # checks it first
            write_once(path, _NEW_CONFIG.format(server_name=name))
        return path, load(path, {**environ, "DATA": str(folder)})
    except ConfigError as error:
        raise Refused(f"{error}.") from None


async def prepare(config: Config) -> None:
    """Make the keys that are missing and bring the tables up to date. Raises Refused.

    A lost signing key is not silently replaced once there is data, because everybody would take
    the server for another one.
    """
    config.data_dir.mkdir(parents=True, exist_ok=True)
    revision = await _database(revision_of(config.database_url), config)
    if revision is not None and not config.keys.signing_key.exists():
        raise Refused(
            f"{config.keys.signing_key} is missing, though there is data: restore it from a "
            "backup. If it is lost for good, `python -m homeserver make-key` makes a new one."
        )
    for path in (config.keys.signing_key, config.keys.token_key):
        if not path.exists():
            make_key(path)
    await _database(migrate(config.database_url), config)


_TASKS_CONFIG = """\
# The tasks service. Made on the first start of the homeserver, which knows it by
# {registration}. The tokens of the two files belong together.

server_name: {server_name}
homeserver_url: {homeserver_url}
authority: {authority}
as_token: {as_token}
hs_token: {hs_token}
listen:
  host: 127.0.0.1
  port: {port}
# null: one SQLite file, tasks.db, beside this file. DATABASE_URL wins over it.
database_url: null
"""


def prepare_tasks(config: Config) -> tuple[Path, int] | None:
    """The tasks service's configuration file and its port; None where it is not installed.

    The first start writes it, and the registration that the homeserver reads. A port that somebody
    else has taken meanwhile is replaced in both.
    """
    if not (TASKS_CODE / "appservice_tasks" / "__main__.py").exists():
        return None
    path, registration = config.data_dir / TASKS_CONFIG_NAME, config.tasks.registration
    if not path.exists():
        port = _free_port()
        tokens = {"as_token": secrets.token_urlsafe(32), "hs_token": secrets.token_urlsafe(32)}
        registration.unlink(missing_ok=True)  # its tokens belong to a file that is lost
        write_once(registration, _tasks_registration(config.server_name, port, tokens))
        text = _TASKS_CONFIG.format(
            registration=registration.name,
            server_name=_quoted(config.server_name),
            homeserver_url=_quoted(f"http://127.0.0.1:{config.listen.port}"),
            authority=_quoted(f"@tasks:{config.server_name}"),
            port=port,
            **{name: _quoted(token) for name, token in tokens.items()},
        )
        write_once(path, text)
        return path, port
    try:
        port = int(yaml.safe_load(path.read_text(encoding="utf-8"))["listen"]["port"])
    except (OSError, yaml.YAMLError, KeyError, TypeError, ValueError):
        raise Refused(f"{path} names no listen.port: correct it, or remove the file.") from None
    if not _is_free(port):
        old, port = port, _free_port()
        for each in (path, registration):
            text = each.read_text(encoding="utf-8")
            text = re.sub(rf"(port: |//127\.0\.0\.1:){old}\b", rf"\g<1>{port}", text)
            fresh = each.with_name(f".{each.name}.{secrets.token_hex(4)}")
            write_once(fresh, text)
            fresh.replace(each)
    return path, port


def _tasks_registration(server_name: str, port: int, tokens: Mapping[str, str]) -> str:
    bots = f"@bot_[^:]*:{re.escape(server_name)}"
    content = {
        "id": "org.teammessenger.tasks",
        "url": f"http://127.0.0.1:{port}",
        "sender_localpart": "tasks",
        "rate_limited": False,
        "namespaces": {
            "users": [{"exclusive": True, "regex": bots}],
            "aliases": [],
            # Its socket tells people of every room they are in, with tasks or without.
            "rooms": [{"exclusive": False, "regex": "!.*"}],
        },
        **tokens,
    }
    return "# The tasks service; made with tasks.yaml.\n" + yaml.safe_dump(content, sort_keys=False)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def _is_free(port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True


async def _database(work: Awaitable[T], config: Config) -> T:
    """The result of work on the database; what can be wrong with one, as a sentence."""
    try:
        return await work
    except NewerDatabase as error:
        raise Refused(str(error)) from None
    except sqlite3.Error as error:
        raise Refused(f"The database {_place(config)} cannot be used: {error}.") from None
    except Exception as error:
        cause = getattr(error, "orig", None)  # SQLAlchemy's wrapper, without importing it
        if cause is not None:
            raise Refused(f"The database {_place(config)} cannot be used: {cause}.") from None
        if config.database_url.startswith("sqlite"):
            if isinstance(error, OSError):
                raise Refused(f"The database {_place(config)} cannot be used: {error}.") from None
            raise
        refusal = _of_postgresql(error, _place(config))
        if refusal is None:
            raise
        raise Refused(refusal) from None


def _of_postgresql(error: Exception, place: str) -> str | None:
    """What is wrong with the database at this place; None: nothing that PostgreSQL tells."""
    import asyncpg  # who has a file does without it

    if isinstance(error, asyncpg.InvalidCatalogNameError):
        return (
            f"PostgreSQL has no database {place}: make it with `createdb`, or correct DATABASE_URL."
        )
    if isinstance(error, (asyncpg.PostgresError, asyncpg.InterfaceError, OSError, TimeoutError)):
        reason = getattr(error, "strerror", None) or str(error) or "no answer"
        return (
            f"The database {place} cannot be used ({reason}): "
            "start PostgreSQL, or correct DATABASE_URL."
        )
    return None


def _place(config: Config) -> str:
    """The address of the database without its password."""
    parts = urlsplit(config.database_url)
    if parts.scheme == "sqlite":
        return parts.path
    return f"{parts.hostname or 'localhost'}:{parts.port or 5432}{parts.path}"


def make_key(path: Path) -> None:
    """Write a new Ed25519 key that only its owner may read. Raises Refused where a file is."""
    key = SigningKey.generate(f"a_{secrets.token_hex(3)}")
    try:
        write_once(path, key.format())
    except FileExistsError:
        raise Refused(f"{path} exists already: move it away first.") from None
    except OSError as error:
        raise Refused(f"{path} cannot be written ({error.strerror}).") from None


def write_once(path: Path, text: str) -> None:
    """Write a new file, readable by its owner alone, durably and as a whole or not at all.

    Raises FileExistsError.
    """
    fresh = path.with_name(f".{path.name}.{secrets.token_hex(4)}")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.link(fresh, path)
    finally:
        fresh.unlink()
