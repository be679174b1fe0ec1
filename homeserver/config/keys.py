"""Every key of the configuration, its default and the reason for it.

Sizes are in bytes and durations in seconds unless the key says otherwise.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from pathlib import Path
from typing import Literal
from urllib.parse import urlsplit

from homeserver.config.settings import Secret, section, setting
from homeserver.ids import is_server_name, is_user_id

_LOCALPART = re.compile(r"[a-z0-9._=/+-]{1,200}")

RoomVersionName = Literal["1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12"]
"""The stable room versions."""

REPOSITORY = Path(__file__).resolve().parents[2]
"""The folder that holds `homeserver/` and, once built, `web/dist/`."""


def _server_name(value: str) -> None:
    if not is_server_name(value):
        raise ValueError("must be a host name with an optional port, such as chat.example.org")


def _user_id(value: str) -> None:
    if not is_user_id(value):
        raise ValueError("must be a user ID, such as @tasks:chat.example.org")


def _localpart(value: str) -> None:
    if not _LOCALPART.fullmatch(value):
        raise ValueError("must be lower-case letters, digits and . _ = - / +")


def _networks(values: tuple[str, ...]) -> None:
    for value in values:
        try:
            ipaddress.ip_network(value)
        except ValueError:
            raise ValueError(f"has {value}, which is no address or network (CIDR)") from None


def _http_url(value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("must be an address such as https://chat.example.org")


def _database_url(value: str) -> None:
    parts = urlsplit(value)
    if parts.scheme == "sqlite" and parts.path.startswith("/"):
        return
    try:
        parts.port  # noqa: B018 - reading it is what validates it
    except ValueError:
        raise ValueError("has a port that is not a number") from None
    if parts.scheme not in ("postgresql", "postgres") or not parts.path.strip("/"):
        raise ValueError("must be like postgresql://user:password@host:5432/database")


@dataclass(frozen=True, slots=True)
class Listen:
    """Where plain HTTP is served."""

    host: str = setting(
        "127.0.0.1",
        "The address to listen on. Only this machine by default: a chat server is opened to the "
        "network on purpose, behind TLS. Use 0.0.0.0 for every IPv4 address.",
    )
    port: int = setting(
        8008, "The port Matrix clients try for a local server.", minimum=0, maximum=65535
    )
    trusted_proxies: tuple[str, ...] = setting(
        ("127.0.0.1", "::1"),
        "Addresses or networks (CIDR) whose X-Forwarded-For header is believed. A proxy usually "
        "runs on the same machine, and the tasks service does, which says whom it signs in for; "
        "anyone else could forge their address and dodge rate limits.",
        check=_networks,
    )
    body_timeout_s: int = setting(
        60,
        "How long a client may take to send a request body, media uploads excepted, so that slow "
        "bodies cannot hold connections.",
        minimum=1,
    )
    keepalive_s: int = setting(
        75, "How long an idle connection stays open; browsers use about a minute.", minimum=1
    )
    shutdown_grace_s: int = setting(
        5,
        "How long a stop waits for requests in flight. Open polls are answered at once, so what "
        "remains is short.",
        minimum=0,
    )


@dataclass(frozen=True, slots=True)
class Tls:
    """A second listener with TLS of its own, for small networks and test suites. Where a proxy
    such as Caddy stands in front, leave it off."""

    port: int | None = setting(
        None,
        "The port to serve HTTPS on, at the same address as plain HTTP; null leaves it off, "
        "because a proxy renews certificates better. 8448 is the federation's port.",
        minimum=0,
        maximum=65535,
    )
    certificate: Path | None = setting(
        None, "The certificate chain, PEM. No default: it belongs to one name."
    )
    private_key: Path | None = setting(None, "The private key of the certificate, PEM.")


@dataclass(frozen=True, slots=True)
class Database:
    """Where events, accounts and everything else durable is kept."""

    url: Secret | None = setting(
        None,
        "postgresql://user:password@host:5432/database, or null for one SQLite file "
        "`homeserver.db` in the data folder, which needs no set-up and serves some hundred people.",
        check=_database_url,
    )
    pool_size: int = setting(
        8,
        "PostgreSQL connections. Writes go through one committer; the others serve readers.",
        minimum=2,
        maximum=200,
    )
    lock_timeout_ms: int = setting(
        5_000,
        "How long a commit waits for the ticket before it is retried. A commit takes "
        "milliseconds; five seconds mean that something else is broken.",
        minimum=100,
    )
    statement_timeout_ms: int = setting(
        30_000, "No query of ours is meant to take this long.", minimum=1_000
    )
    sqlite_synchronous: Literal["full", "normal"] = setting(
        "full",
        "`full` keeps every acknowledged message over a power cut; `normal` may lose the last "
        "moments, though never the file.",
    )


@dataclass(frozen=True, slots=True)
class Keys:
    """The keys that sign events and access tokens. Both are made on the first start."""

    signing_key: Path = setting(
        Path("signing.key"),
        "The Ed25519 key that signs events. In the data folder, because it is part of what must "
        "be backed up: a server that lost it cannot prove that it is the same one.",
    )
    token_key: Path = setting(
        Path("token.key"),
        "The Ed25519 key that signs access tokens. Losing it signs everyone out.",
    )


@dataclass(frozen=True, slots=True)
class Accounts:
    """How people come and sign in."""

    admin_localpart: str = setting(
        "admin", "The account that the first start makes an administrator.", check=_localpart
    )
    bcrypt_cost: int = setting(
        12,
        "2^cost rounds a password hash: about a quarter of a second at 12, which makes guessing "
        "slow and signing in still pleasant.",
        minimum=4,
        maximum=16,
    )
    hash_threads: int = setting(
        2, "Password hashes computed at once; more would starve the other requests.", minimum=1
    )
    password_min_length: int = setting(
        8,
        "The shortest password in characters. Length guards better than required symbols. "
        "Above 72 bytes a password is always refused: bcrypt would ignore the rest.",
        minimum=1,
        maximum=72,
    )
    access_token_ttl_s: int = setting(
        900,
        "The life of an expiring access token. A quarter of an hour bounds what a stolen one is "
        "good for; clients renew it unasked.",
        minimum=1,
    )
    refresh_token_ttl_s: int = setting(
        15_552_000,
        "The life of an unused refresh token: 180 days, so that a phone left in a drawer over a "
        "leave is still signed in.",
        minimum=60,
    )
    welcome_link_ttl_s: int = setting(
        604_800,
        "The life of a one-time sign-in link: a week, the time a new colleague may take to "
        "open it.",
        minimum=60,
    )
    uia_ttl_s: int = setting(
        300, "How long an unfinished interactive authentication is remembered.", minimum=10
    )


@dataclass(frozen=True, slots=True)
class Registration:
    """Who may make an account without an administrator."""

    open: bool = setting(
        False,
        "Whether anyone who reaches the server may register (`m.login.dummy`). Closed, because a "
        "company's server is for the people it invites.",
    )
    shared_secret: Secret | None = setting(
        None,
        "A secret that lets scripts register accounts at /_synapse/admin/v1/register. No "
        "default: without one the route does not exist.",
    )


@dataclass(frozen=True, slots=True)
class RateLimit:
    """A bucket that holds `burst` requests and refills by `per_second`."""

    per_second: float = setting(1.0, "Requests a second in the long run.", minimum=0.0001)
    burst: int = setting(10, "Requests at once after a pause.", minimum=1)


@dataclass(frozen=True, slots=True)
class RateLimits:
    """How often one account (or one address, before signing in) may ask: `per_second` requests in
    the long run, `burst` at once after a pause. Appservices with `rate_limited: false` may always.
    """

    enabled: bool = setting(True, "Whether any limit applies; test suites turn them off.")
    messages: RateLimit = setting(
        RateLimit(10, 60), "Events sent: nobody types faster; a bot gets a burst."
    )
    login: RateLimit = setting(
        RateLimit(0.2, 10),
        "Sign-ins by one address. An office shares an address, hence the burst.",
    )
    login_failures: RateLimit = setting(
        RateLimit(0.05, 5),
        "Wrong passwords for one account: five tries, then one every twenty seconds.",
    )
    registration: RateLimit = setting(RateLimit(0.1, 5), "New accounts by one address.")
    joins: RateLimit = setting(
        RateLimit(1, 30), "Rooms joined: joining is dear, and a newcomer joins several."
    )
    invites: RateLimit = setting(
        RateLimit(1, 100), "Invitations sent; a whole department may be invited at once."
    )
    rooms: RateLimit = setting(RateLimit(0.5, 20), "Rooms created; each writes about ten events.")
    media: RateLimit = setting(RateLimit(2, 50), "Files uploaded; an album is a burst.")
    search: RateLimit = setting(
        RateLimit(5, 30), "Searches, which scan; the client asks as one types."
    )
    account: RateLimit = setting(
        RateLimit(0.5, 20), "Changes of password, profile and devices; clients rarely make any."
    )


@dataclass(frozen=True, slots=True)
class Media:
    """Files and pictures."""

    path: Path = setting(
        Path("media"), "The folder of the files, in the data folder so that one backup has all."
    )
    max_upload_bytes: int = setting(
        104_857_600,
        "The largest file: 100 MiB, a long presentation or a short video.",
        minimum=1_024,
    )
    max_pixels: int = setting(
        50_000_000,
        "Pictures with more pixels get no thumbnail: unpacking them takes 4 bytes a pixel.",
        minimum=1_000_000,
    )
    thumbnail_threads: int = setting(
        1, "Thumbnails made at once; the cores are for messages.", minimum=1
    )
    allow_unauthenticated: bool = setting(
        False,
        "Whether the deprecated paths of downloads (/_matrix/media/v3) answer without an access "
        "token. Off: anyone who learns an address could fetch the file. Old clients that do not "
        "send a token there need it.",
    )


@dataclass(frozen=True, slots=True)
class Network:
    """What the server itself connects to: appservices, push gateways, other homeservers."""

    trusted_ca: Path | None = setting(
        None,
        "A certificate authority (PEM) trusted beside the system's, for companies with their own.",
    )
    allow_private_addresses: bool = setting(
        False,
        "Whether addresses that users can influence (push gateways, other servers) may point "
        "into private networks. Off: it would let a stranger reach what stands behind the "
        "firewall. Appservices are named by the administrator and may always be private; nothing "
        "that users can influence is connected to so far.",
    )


@dataclass(frozen=True, slots=True)
class Appservices:
    """Bots and bridges that speak the Application Service API."""

    registration_files: tuple[str, ...] = setting(
        (),
        "Registration files (YAML); patterns such as appservices/*.yaml are welcome, and paths "
        "are relative to the data folder. None by default.",
    )


@dataclass(frozen=True, slots=True)
class Tasks:
    """The tasks service, an application service of ours that `make run` starts beside the
    homeserver."""

    registration: Path = setting(
        Path("tasks.registration.yaml"),
        "Its registration file, read where it exists: the first start writes it, and `tasks.yaml` "
        "beside it, which is the service's own configuration.",
    )
    url: str | None = setting(
        None,
        "Where the service listens; /v1, /ws and /socket.io are forwarded there. By default what "
        "its registration says.",
        check=_http_url,
    )
    authority: str | None = setting(
        None,
        "The user who alone decides about tasks, as told to clients by /capabilities. By default "
        "the sender of the registration.",
        check=_user_id,
    )


@dataclass(frozen=True, slots=True)
class Rooms:
    """How rooms are made and found."""

    default_version: RoomVersionName = setting(
        "12",
        "The room version of new rooms, 1 to 12: the newest stable one that clients know. An older "
        "one helps only bridges and bots that do not know it yet.",
    )
    directory_shows_everyone: bool = setting(
        True,
        "Whether the people search finds every account. On: in a company people look for "
        "colleagues they have not talked to yet. Off: only those one shares a room with.",
    )


@dataclass(frozen=True, slots=True)
class Sync:
    """Long polls."""

    max_timeout_ms: int = setting(
        120_000, "The longest a poll waits, whatever the client asks for.", minimum=0
    )
    ring_size: int = setting(
        10_000,
        "Recent facts kept in memory at most, fewer if they are large (caches.total_mib); a client "
        "no further behind is answered without the database.",
        minimum=16,
    )
    wake_slice: int = setting(
        250,
        "Polls answered before other work gets a turn: some 20 ms, which nobody notices.",
        minimum=1,
    )
    max_timeline: int = setting(
        1_000, "The most timeline events a filter may ask for in one room.", minimum=1
    )


@dataclass(frozen=True, slots=True)
class Presence:
    """Who is online."""

    enabled: bool = setting(
        True,
        "Whether those who share a room are told who is there, by clients that ask for it. Off: "
        "everybody is offline, which spares a server with rooms of thousands.",
    )


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what people say is kept."""

    max_age_days: int | None = setting(
        None,
        "Days after which messages and their files are deleted everywhere; null keeps them. A "
        "room may want less by its `m.room.retention`, not under a day.",
        minimum=1,
    )


@dataclass(frozen=True, slots=True)
class Caches:
    """Memory for what is read often. What had to make room is read again: slower, never wrong."""

    total_mib: float = setting(
        192,
        "Mebibytes for all of it, shared out by the server (docs/PERFORMANCE.md, Memory): rooms in "
        "use take most, about 4 KB a member. With a machine of 1 GiB in mind, on which the server "
        "needs some 200 beside this, and more for a moment while it answers much at once. Several "
        "processes share it.",
        minimum=0.0625,
    )


@dataclass(frozen=True, slots=True)
class Web:
    """The web client."""

    enabled: bool = setting(True, "Whether the web client is served at /.")
    directory: Path | None = setting(
        None,
        "The folder of the built web client; null is the one built beside the server's code.",
    )


@dataclass(frozen=True, slots=True)
class Metrics:
    """Figures for Prometheus at /metrics."""

    token: Secret | None = setting(
        None,
        "The bearer token that opens /metrics to others. Without one only this machine may read "
        "it: figures say who is busy, and when.",
    )


@dataclass(frozen=True, slots=True)
class Logging:
    """What is written to standard error."""

    level: Literal["debug", "info", "warning", "error"] = setting(
        "info", "`info` tells what an administrator wants to know, not each request."
    )
    format: Literal["auto", "console", "json"] = setting(
        "auto", "`auto` is colours for people at a terminal, and JSON lines otherwise."
    )
    requests: bool = setting(
        False,
        "Whether each request is logged. Off: it costs a tenth of a millisecond, and the counters "
        "at /metrics tell most of it.",
    )


@dataclass(frozen=True, slots=True)
class Config:
    """The whole configuration. Paths are absolute and `database.url` is filled in."""

    server_name: str = setting(
        "localhost",
        "The part of every address after the colon: @olga:example.org. It cannot be changed once "
        "there is data, because it is in every signature.",
        check=_server_name,
    )
    public_baseurl: str | None = setting(
        None,
        "The address that clients use, such as https://chat.example.org; told to them by "
        "/.well-known/matrix/client. By default the one that each asked.",
        check=_http_url,
    )
    data_dir: Path = setting(
        Path(),
        "The folder of everything the server keeps, relative to this file's folder; other "
        "relative paths are relative to it. Its own folder, so that the whole can be moved.",
    )
    processes: int = setting(
        1,
        "How many processes serve, all alike, on the one port. More than one needs PostgreSQL; "
        "then take as many as there are cores to spare. Limits of requests hold for each process, "
        "those of signing in for all together.",
        minimum=1,
        maximum=64,
    )
    listen: Listen = section(Listen)
    tls: Tls = section(Tls)
    database: Database = section(Database)
    keys: Keys = section(Keys)
    accounts: Accounts = section(Accounts)
    registration: Registration = section(Registration)
    rate_limits: RateLimits = section(RateLimits)
    media: Media = section(Media)
    network: Network = section(Network)
    appservices: Appservices = section(Appservices)
    tasks: Tasks = section(Tasks)
    rooms: Rooms = section(Rooms)
    sync: Sync = section(Sync)
    presence: Presence = section(Presence)
    retention: Retention = section(Retention)
    caches: Caches = section(Caches)
    web: Web = section(Web)
    metrics: Metrics = section(Metrics)
    logging: Logging = section(Logging)

    @property
    def admin_user_id(self) -> str:
        """The administrator that the first start makes."""
        return f"@{self.accounts.admin_localpart}:{self.server_name}"

    @property
    def database_url(self) -> str:
        """`postgresql://user:password@host:port/name` or `sqlite:///absolute/path`."""
        return self.database.url or f"sqlite:///{self.data_dir / 'homeserver.db'}"

    @property
    def shared(self) -> bool:
        """Whether several processes serve from the database."""
        return self.processes > 1

    @property
    def web_directory(self) -> Path:
        """The folder that holds `index.html` of the web client, once it is built."""
        return self.web.directory or REPOSITORY / "web" / "dist"
