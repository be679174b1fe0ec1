"""The application services this server knows, from their registration files.

Source: application-service-api, "Registration".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from homeserver.config import ConfigError
from homeserver.errors import InvalidUsername
from homeserver.ids import UserId, domain_of, make_user_id, parse_new_localpart


@dataclass(frozen=True, slots=True)
class Namespace:
    """Identifiers an application service is interested in, or (``exclusive``) owns."""

    regex: re.Pattern[str]
    exclusive: bool


@dataclass(frozen=True, slots=True)
class Appservice:
    """One registration. ``url`` None: nothing is sent to it. ``sender``: its own user."""

    id: str
    url: str | None
    as_token: str
    hs_token: str
    sender: UserId
    users: tuple[Namespace, ...] = ()
    aliases: tuple[Namespace, ...] = ()
    rooms: tuple[Namespace, ...] = ()
    rate_limited: bool = True
    receive_ephemeral: bool = False
    protocols: tuple[str, ...] = ()

    def covers_user(self, user_id: str) -> bool:
        """Whether it is interested in this user and may act for them: local users only."""
        return user_id == self.sender or (
            domain_of(user_id) == domain_of(self.sender) and _covers(self.users, user_id)
        )

    def covers_alias(self, alias: str) -> bool:
        """Whether it is interested in the rooms of this alias, and may manage the alias."""
        return _covers(self.aliases, alias)

    def covers_room(self, room_id: str) -> bool:
        """Whether it is interested in everything in this room."""
        return _covers(self.rooms, room_id)

    def owns_user(self, user_id: str) -> bool:
        """Whether nobody else may make or be this user."""
        return user_id == self.sender or (
            domain_of(user_id) == domain_of(self.sender)
            and _covers(self.users, user_id, exclusive=True)
        )

    def owns_alias(self, alias: str) -> bool:
        """Whether nobody else may make or remove this alias."""
        return _covers(self.aliases, alias, exclusive=True)


class Appservices:
    """All application services, which do not change while the server runs."""

    def __init__(self, appservices: Iterable[Appservice] = ()) -> None:
        self.all = tuple(appservices)
        self._by_id = {each.id: each for each in self.all}
        # Looked up by hash: how long a look takes says nothing about how much of a token is right.
        self._by_token = {_digest(each.as_token): each for each in self.all}

    def by_token(self, token: str) -> Appservice | None:
        """The one that this ``as_token`` belongs to."""
        return self._by_token.get(_digest(token)) if self._by_token else None

    def by_id(self, appservice_id: str) -> Appservice | None:
        """The one of this id."""
        return self._by_id.get(appservice_id)

    def interested_in_user(self, user_id: str) -> list[Appservice]:
        """Those whose user namespaces cover a (local) user, or whose own user it is."""
        return [each for each in self.all if each.covers_user(user_id)]

    def owner_of(self, user_id: str) -> Appservice | None:
        """The one that alone may be this user, if any."""
        return next((each for each in self.all if each.owns_user(user_id)), None)

    def owner_of_alias(self, alias: str) -> Appservice | None:
        """The one that alone may manage this alias, if any."""
        return next((each for each in self.all if each.owns_alias(alias)), None)


def load_appservices(patterns: Iterable[str], folder: Path, server_name: str) -> Appservices:
    """The registrations in the files that the patterns name, relative to ``folder``.

    A pattern with wildcards may match nothing. Raises ConfigError, naming the file and the key.
    """
    found: list[Appservice] = []
    for pattern in patterns:
        for path in _files(pattern, folder):
            found.append(_read(path, server_name))
            for other in found[:-1]:
                _check_distinct(found[-1], other, path)
    return Appservices(found)


def _files(pattern: str, folder: Path) -> list[Path]:
    path = Path(pattern).expanduser()
    if not any(wildcard in pattern for wildcard in "*?["):
        return [folder / path]
    if path.is_absolute():
        return sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor))))
    return sorted(folder.glob(pattern))


def _check_distinct(one: Appservice, other: Appservice, path: Path) -> None:
    # "each as_token and id MUST be unique per application service"
    for key in ("id", "as_token", "sender"):
        if getattr(one, key) == getattr(other, key):
            name = "sender_localpart" if key == "sender" else key
            raise ConfigError(str(path), name, "is that of another application service too")


def _read(path: Path, server_name: str) -> Appservice:
    try:
        values = yaml.safe_load(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ConfigError(str(path), "", f"cannot be read ({error.strerror})") from None
    except (yaml.YAMLError, UnicodeDecodeError) as error:
        raise ConfigError(str(path), "", f"is not valid YAML: {error}") from None
    if not isinstance(values, dict):
        raise ConfigError(str(path), "", "must hold keys and values")
    return parse_registration(values, server_name, source=str(path))


def parse_registration(values: Mapping[str, Any], server_name: str, *, source: str) -> Appservice:
    """A registration, from the content of its file. Raises ConfigError."""
    url = values.get("url")
    if url is not None and not (isinstance(url, str) and url.startswith(("http://", "https://"))):
        raise ConfigError(source, "url", "must be null or an http(s) address")
    try:
        localpart = parse_new_localpart(_text(values, "sender_localpart", source), server_name)
    except InvalidUsername as error:
        raise ConfigError(source, "sender_localpart", error.message) from None
    namespaces = values.get("namespaces")
    if not isinstance(namespaces, Mapping):
        raise ConfigError(source, "namespaces", "must be a section with users, aliases and rooms")
    protocols = values.get("protocols") or ()
    if not isinstance(protocols, (list, tuple)) or not all(isinstance(p, str) for p in protocols):
        raise ConfigError(source, "protocols", "must be a list of texts")
    # The second name is that of the draft, which bridges still write.
    ephemeral = "receive_ephemeral"
    if ephemeral not in values:
        ephemeral = "de.sorunome.msc2409.push_ephemeral"
    return Appservice(
        id=_text(values, "id", source),
        url=url.rstrip("/") if url else None,
        as_token=_text(values, "as_token", source),
        hs_token=_text(values, "hs_token", source),
        sender=make_user_id(localpart, server_name),
        users=_namespaces(namespaces, "users", source),
        aliases=_namespaces(namespaces, "aliases", source),
        rooms=_namespaces(namespaces, "rooms", source),
        rate_limited=_flag(values, "rate_limited", source, default=True),
        receive_ephemeral=_flag(values, ephemeral, source, default=False),
        protocols=tuple(protocols),
    )


def _text(values: Mapping[str, Any], key: str, source: str) -> str:
    value = values.get(key)
    if not isinstance(value, str) or not value:
        raise ConfigError(source, key, "must be text (put it in quotes)")
    return value


def _flag(values: Mapping[str, Any], key: str, source: str, *, default: bool) -> bool:
    value = values.get(key, default)
    if not isinstance(value, bool):
        raise ConfigError(source, key, "must be true or false")
    return value


def _namespaces(values: Mapping[str, Any], kind: str, source: str) -> tuple[Namespace, ...]:
    key = f"namespaces.{kind}"
    entries = values.get(kind) or []
    if not isinstance(entries, list):
        raise ConfigError(source, key, "must be a list")
    found: list[Namespace] = []
    for entry in entries:
        if not isinstance(entry, Mapping):
            raise ConfigError(source, key, "must be a list of sections with regex and exclusive")
        exclusive = _flag(entry, "exclusive", source, default=False)
        try:
            found.append(Namespace(re.compile(_text(entry, "regex", source)), exclusive))
        except re.error as error:
            raise ConfigError(source, key, f"has an invalid regular expression: {error}") from None
    return tuple(found)


def _covers(namespaces: tuple[Namespace, ...], value: str, *, exclusive: bool = False) -> bool:
    return any(each.regex.match(value) for each in namespaces if each.exclusive or not exclusive)


def _digest(token: str) -> bytes:
    # Header values may hold anything, half characters too.
    return hashlib.sha256(token.encode(errors="surrogatepass")).digest()
