"""The configuration: one YAML file, `tasks.yaml`, and three variables that win over it."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import msgspec
import yaml


class ConfigError(Exception):
    """A setting that cannot be used; the text names the file, the key and what would be right."""


class Listen(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Where the homeserver reaches us. Loopback: it forwards what clients ask for."""

    host: str = "127.0.0.1"
    port: int = 8009


class Logging(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["auto", "console", "json"] = "auto"


class Config(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Everything that is set. The homeserver's `make run` writes the file on the first start.

    homeserver_url: where the client-server API answers, for us.
    public_url: the address that people use; None: the one that each request came to.
    authority: the user whose events count; our own.
    past_authorities: users that were it before; a room must name them too.
    database_url: `postgresql://...` (schema `tasks` there), or None for `tasks.db` beside the file.
    timezone, language: of people who have told no other.
    lease_seconds: how long a process that does not answer keeps others from deciding; one that is
    known to be dead does not.
    as_token, hs_token: those of the registration.
    """

    server_name: str
    homeserver_url: str
    as_token: str
    hs_token: str
    authority: str
    past_authorities: tuple[str, ...] = ()
    public_url: str | None = None
    listen: Listen = Listen()
    database_url: str | None = None
    timezone: str = "UTC"
    rate_limits: bool = True
    language: Literal["en", "ru"] = "en"
    lease_seconds: float = 10.0
    logging: Logging = Logging()
    folder: Path = Path()

    @property
    def database(self) -> str:
        """`postgresql://...` or `sqlite:///absolute/path`."""
        return self.database_url or f"sqlite:///{self.folder / 'tasks.db'}"

    @property
    def authorities(self) -> frozenset[str]:
        """Everybody whose task events may count."""
        return frozenset((self.authority, *self.past_authorities))

    def __repr__(self) -> str:
        return f"Config({self.server_name!r})"  # the tokens stay out of logs


ENVIRONMENT = {
    "HOMESERVER_URL": "homeserver_url",
    "DATABASE_URL": "database_url",
}
"""Variables that replace a key of the file. An empty one is as good as none."""


def load(path: Path, environ: Mapping[str, str]) -> Config:
    """The configuration of a file and the environment. Raises ConfigError."""
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(f"{path} cannot be read ({error.strerror})") from None
    except yaml.YAMLError as error:
        raise ConfigError(f"{path} is not valid YAML: {error}") from None
    if not isinstance(values, dict):
        raise ConfigError(f"{path} must hold keys and values")
    for variable, key in ENVIRONMENT.items():
        if environ.get(variable):
            values[key] = environ[variable]
    if environ.get("RATE_LIMITS"):
        values["rate_limits"] = environ["RATE_LIMITS"] != "off"
    values["folder"] = str(path.resolve().parent)
    try:
        config = msgspec.convert(values, Config, dec_hook=_read_path)
    except msgspec.ValidationError as error:
        raise ConfigError(f"{path}: {error}") from None
    _check(path, config)
    return config


def _read_path(kind: type, value: object) -> object:
    if kind is Path:
        return Path(str(value))
    raise NotImplementedError(kind)


def _check(path: Path, config: Config) -> None:
    if urlsplit(config.homeserver_url).scheme not in ("http", "https"):
        raise ConfigError(f"{path}: homeserver_url must be an address like http://127.0.0.1:8008")
    if config.database_url is not None and urlsplit(config.database_url).scheme not in (
        "postgresql",
        "postgres",
        "sqlite",
    ):
        raise ConfigError(f"{path}: database_url must be like postgresql://user@host:5432/name")
    for user_id in config.authorities:
        if not user_id.startswith("@") or not user_id.endswith(f":{config.server_name}"):
            raise ConfigError(f"{path}: {user_id} must be a user of {config.server_name}")
    try:
        ZoneInfo(config.timezone)
    except (KeyError, ValueError, OSError):
        raise ConfigError(f"{path}: timezone {config.timezone} is unknown") from None
