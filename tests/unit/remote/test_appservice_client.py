"""Requests to application services: which path, which errors."""

from __future__ import annotations

import ssl
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from homeserver.remote.appservice_client import (
    AppserviceClient,
    BadStatus,
    Unreachable,
)
from tests.harness.appservice import FakeAppservice, Told, fake_appservice
from tests.harness.certificates import make_authority
from tests.harness.serve import make_certificate


@dataclass(frozen=True)
class To:
    url: str | None
    hs_token: str = "secret/&?"


@pytest.fixture
async def fake() -> AsyncIterator[FakeAppservice]:
    async with fake_appservice() as running:
        yield running


@pytest.fixture
async def client() -> AsyncIterator[AppserviceClient]:
    made = AppserviceClient()
    yield made
    await made.close()


async def test_what_is_asked_for_arrives_as_it_is(
    fake: FakeAppservice, client: AppserviceClient
) -> None:
    for alias in ("#a/b?c=d:a.example", "#пример:a.example", "#%41:a.example"):
        assert await client.has_alias(To(fake.url), alias)
        assert fake.told[-1].path == f"/_matrix/app/v1/rooms/{alias}"


@pytest.mark.parametrize("believed", ["nobody", "by a setting", "by the system"])
async def test_who_proves_to_be_the_service_is_told(
    believed: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_authority(tmp_path)
    make_certificate(tmp_path, "localhost", "127.0.0.1", tmp_path)
    if believed == "by the system":
        monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "ca.crt"))
    client = AppserviceClient(
        trusted_ca=tmp_path / "ca.crt" if believed == "by a setting" else None
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(tmp_path / "tls.crt", tmp_path / "tls.key")
    async with fake_appservice(tls=context) as fake:
        assert fake.url.startswith("https:")
        try:
            if believed == "nobody":
                with pytest.raises(Unreachable, match="Certificate"):
                    await client.has_user(To(fake.url), "@a:a.example")
            else:
                assert await client.has_user(To(fake.url), "@a:a.example")
        finally:
            await client.close()


async def test_a_thing_that_is_unknown_is_no_unknown_path(
    fake: FakeAppservice, client: AppserviceClient
) -> None:
    async def unknown(told: Told) -> tuple[int, Any]:
        return 404, {"errcode": "M_NOT_FOUND"}

    fake.respond = unknown
    assert not await client.has_user(To(fake.url), "@a:a.example")
    assert len(fake.told) == 1


async def test_the_newer_path_is_tried_again_after_a_while(
    fake: FakeAppservice, client: AppserviceClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake.failures.append(404)
    await client.push(To(fake.url), "1", b"{}")
    await client.push(To(fake.url), "2", b"{}")
    assert fake.told[1].query == {"access_token": "secret/&?"}
    now = time.monotonic() + 3601
    monkeypatch.setattr("time.monotonic", lambda: now)
    await client.push(To(fake.url), "3", b"{}")
    assert [told.path for told in fake.told] == [
        "/_matrix/app/v1/transactions/1",
        "/transactions/1",
        "/transactions/2",
        "/_matrix/app/v1/transactions/3",
    ]


async def test_a_redirect_is_not_followed(fake: FakeAppservice, client: AppserviceClient) -> None:
    fake.failures.append(307)
    with pytest.raises(BadStatus, match="307"):
        await client.push(To(fake.url), "1", b"{}")


@pytest.mark.parametrize("url", ["http://127.0.0.1:1", "http://nowhere.invalid", "http://a:b:c"])
async def test_where_nobody_is_nothing_is_reached(client: AppserviceClient, url: str) -> None:
    with pytest.raises(Unreachable):
        await client.ping(To(url), None)


async def test_of_a_long_answer_the_beginning_is_kept(
    fake: FakeAppservice, client: AppserviceClient
) -> None:
    async def talk(told: Told) -> tuple[int, Any]:
        return 500, "x" * 100_000

    fake.respond = talk
    with pytest.raises(BadStatus) as caught:
        await client.ping(To(fake.url), None)
    assert 0 < len(caught.value.body) <= 16_384
