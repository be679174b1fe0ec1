"""Accounts: who people are, how they sign in, what they keep with the server."""

from __future__ import annotations

from dataclasses import dataclass, field

from homeserver.api.admin.users import UsersApi
from homeserver.api.auth import TokenAuthenticator
from homeserver.api.client.account import AccountApi
from homeserver.api.client.devices import DevicesApi
from homeserver.api.client.discovery import DiscoveryApi
from homeserver.api.client.login import LoginApi
from homeserver.api.client.profile import ProfileApi
from homeserver.api.client.push_rules import PushRulesApi
from homeserver.api.client.register import RegisterApi
from homeserver.api.client.user_data import UserDataApi
from homeserver.api.client.welcome import WelcomeApi
from homeserver.api.server import Authenticator
from homeserver.compose.appservices import AppserviceLinks
from homeserver.compose.engine import Engine
from homeserver.compose.members import Members
from homeserver.compose.memory import max_bytes
from homeserver.config import RateLimit
from homeserver.protocol.signing import SigningKey
from homeserver.services.accounts.account import Account
from homeserver.services.accounts.credentials import Credentials
from homeserver.services.accounts.devices import Devices
from homeserver.services.accounts.last_seen import LastSeen
from homeserver.services.accounts.login import Login
from homeserver.services.accounts.passwords import Passwords
from homeserver.services.accounts.people import People
from homeserver.services.accounts.profile import Profile
from homeserver.services.accounts.provision import ensure_senders
from homeserver.services.accounts.put_person import PutPerson
from homeserver.services.accounts.registration import Registration
from homeserver.services.accounts.session_cache import SessionCache
from homeserver.services.accounts.sessions import Sessions
from homeserver.services.accounts.token_signer import TokenSigner
from homeserver.services.accounts.tokens import Tokens
from homeserver.services.accounts.uia import InteractiveAuth
from homeserver.services.accounts.welcome import Welcome
from homeserver.services.appservices.appservice_registry import Appservices
from homeserver.services.ground.shared_buckets import Buckets, OwnBuckets, SharedBuckets


@dataclass(frozen=True)
class Accounts:
    """What other parts need of the accounts, and their endpoints."""

    authenticator: Authenticator
    appservices: Appservices
    engine: Engine
    passwords: Passwords
    last_seen: LastSeen
    account: Account
    apis: list[object] = field(default_factory=list)

    async def start(self) -> None:
        """Begins what runs in the background."""
        await ensure_senders(self.engine.database, self.engine.committer, self.appservices)
        self.last_seen.start()

    async def stop(self) -> None:
        """Ends it, and writes down what it had gathered."""
        await self.last_seen.stop()
        self.passwords.close()


def buckets_of(engine: Engine, purpose: str, rate: RateLimit) -> Buckets:
    """Buckets that count for all processes."""
    if engine.config.shared:
        return SharedBuckets(engine.database, engine.committer, engine.clock, purpose, rate)
    return OwnBuckets(rate, purpose, engine.levels)


def build_accounts(engine: Engine, members: Members, links: AppserviceLinks) -> Accounts:
    """Builds the services and endpoints of accounts."""
    config, database, committer = engine.config, engine.database, engine.committer
    clock, name = engine.clock, config.server_name
    settings = config.accounts
    appservices = links.registry
    signer = TokenSigner(SigningKey.parse(config.keys.token_key.read_text()), name)
    cache = SessionCache(max_bytes=max_bytes(config, "sessions"))
    committer.on_commit(cache.learn)
    engine.feed.listen(cache.learn)  # what other processes commit
    passwords = Passwords(
        cost=settings.bcrypt_cost,
        threads=settings.hash_threads,
        min_length=settings.password_min_length,
    )
    limits = config.rate_limits
    failures = buckets_of(engine, "password", limits.login_failures) if limits.enabled else None
    credentials = Credentials(database, passwords, failures, name)
    tokens = Tokens(
        database,
        committer,
        signer,
        clock,
        access_ttl_ms=settings.access_token_ttl_s * 1000,
        refresh_ttl_ms=settings.refresh_token_ttl_s * 1000,
    )
    sessions = Sessions(database, committer, signer, cache, clock)
    uia = InteractiveAuth(database, committer, credentials, clock, ttl_ms=settings.uia_ttl_s * 1000)
    last_seen = LastSeen(committer, clock)
    registration = Registration(
        database,
        committer,
        passwords,
        tokens,
        uia,
        appservices,
        clock,
        server_name=name,
        open_to_all=config.registration.open,
        shared_secret=config.registration.shared_secret,
    )
    leave_all = members.memberships.leave_all
    account = Account(database, committer, passwords, tokens, on_deactivated=[leave_all])
    profile = Profile(
        database, committer, on_change=members.profiles.on_profile_change, ask=links.ask
    )
    welcome = Welcome(
        database,
        committer,
        passwords,
        tokens,
        clock,
        ttl_ms=settings.welcome_link_ttl_s * 1000,
    )
    people = People(
        database, committer, tokens, welcome, profile, appservices, clock, server_name=name
    )
    put_person = PutPerson(
        database,
        committer,
        passwords,
        tokens,
        people,
        appservices,
        clock,
        server_name=name,
    )
    return Accounts(
        authenticator=TokenAuthenticator(database, sessions, appservices, cache, last_seen),
        appservices=appservices,
        engine=engine,
        passwords=passwords,
        last_seen=last_seen,
        account=account,
        apis=[
            DiscoveryApi(
                signer,
                server_name=name,
                public_baseurl=config.public_baseurl,
                default_room_version=config.rooms.default_version,
                tasks_authority=links.tasks.authority if links.tasks else None,
            ),
            LoginApi(
                Login(database, committer, credentials, tokens, appservices, clock),
                tokens,
                uia,
                server_name=name,
            ),
            RegisterApi(registration, server_name=name),
            AccountApi(account, uia),
            DevicesApi(Devices(database, committer, tokens, clock), uia),
            ProfileApi(profile),
            WelcomeApi(welcome, server_name=name),
            UsersApi(people, put_person),
            UserDataApi(members.user_data, members.push_rules),
            PushRulesApi(members.push_rules),
        ],
    )
