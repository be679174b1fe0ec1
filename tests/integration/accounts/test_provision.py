"""What the command line does to accounts."""

from __future__ import annotations

import pytest

from homeserver.errors import (
    InvalidParam,
    InvalidUsername,
    NotFound,
    UserInUse,
    WeakPassword,
)
from homeserver.services.accounts import provision
from tests.harness.whole_server import PASSWORD, Person, WholeServer

USERS = "/_teammessenger/admin/v1/users"


async def test_the_first_start_makes_an_administrator_once(server: WholeServer) -> None:
    made = await provision.ensure_admin(server.config, None)
    assert made is not None
    assert await provision.ensure_admin(server.config, None) is None
    assert await provision.ensure_admin(server.config, "something else") is None
    admin = await server.login("admin", made)
    assert (await admin.get(USERS)).status == 200


async def test_a_password_that_was_given_is_not_told(server: WholeServer) -> None:
    assert await provision.ensure_admin(server.config, PASSWORD) is None
    assert (await server.try_login("admin")).status == 200


async def test_an_account_of_the_name_becomes_administrator(server: WholeServer) -> None:
    admin = await server.register("admin")
    assert (await admin.get(USERS)).status == 403
    assert await provision.ensure_admin(server.config, None) is None
    again = await server.login("admin")
    assert (await again.get(USERS)).status == 200


async def test_accounts_are_added(server: WholeServer) -> None:
    added = await provision.add_user(
        server.config, "Olga", PASSWORD, admin=True, display_name="Ольга"
    )
    assert added == "@olga:a.example"
    olga = await server.login("olga")
    person = (await olga.get(f"{USERS}/{added}")).ok
    assert (person["display_name"], person["admin"]) == ("Ольга", True)


async def test_what_cannot_be_added_is_refused(server: WholeServer) -> None:
    await server.register("olga")
    with pytest.raises(UserInUse, match="@olga"):
        await provision.add_user(server.config, "olga", PASSWORD)
    with pytest.raises(InvalidUsername):
        await provision.add_user(server.config, "a b", PASSWORD)
    with pytest.raises(WeakPassword):
        await provision.add_user(server.config, "ivan", "short")


async def test_a_reset_password_is_temporary_and_ends_sessions(server: WholeServer) -> None:
    olga = await server.register("olga", refresh_token=True)
    temporary = await provision.reset_password(server.config, "olga")
    refresh = {"refresh_token": olga.session["refresh_token"]}
    assert (await server.call("POST", "refresh", refresh)).status == 401
    answer = (await server.try_login("olga", temporary)).ok
    assert answer["org.teammessenger.must_change_password"] is True
    back = Person(server, answer)
    body = {"new_password": PASSWORD, "auth": back.proof(temporary)}
    assert (await back.post("account/password", body)).ok == {}
    assert await provision.reset_password(server.config, "@olga:a.example", "given given")
    assert (await server.try_login("olga", "given given")).status == 200


async def test_only_accounts_that_can_sign_in_are_reset(server: WholeServer) -> None:
    admin = await server.admin()
    olga = await server.register("olga")
    for user in ("nobody", "@olga:b.example"):
        with pytest.raises(NotFound):
            await provision.reset_password(server.config, user)
    await admin.call("PATCH", f"{USERS}/{olga.user_id}", {"active": False})
    with pytest.raises(InvalidParam):
        await provision.reset_password(server.config, "olga")
