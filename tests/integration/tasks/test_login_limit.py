"""Tries to sign in by the tasks API are counted by the address that they come from."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import aiohttp
import pytest

from tests.harness.company_server import PASSWORD, Answer, Company, CompanyServer, running_company


@pytest.fixture
def limited(tmp_path: Path) -> Iterator[CompanyServer]:
    with running_company(tmp_path / "data", RATE_LIMITS="on") as server:
        yield server


async def test_one_address_is_slowed_down_and_another_is_not(limited: CompanyServer) -> None:
    async with aiohttp.ClientSession() as session:
        company = Company(limited, session)

        async def login(address: str, name: str, password: str = "wrong") -> Answer:
            # As a proxy on this machine would say it, which is believed by default.
            headers = {"X-Forwarded-For": address}
            body = {"login": name, "password": password}
            return await company.request("POST", "auth/login", body, headers=headers)

        for number in range(100):
            answer = await login("203.0.113.7", f"nobody{number}")
            if answer.status == 429:
                break
            assert answer.refusal == (401, "bad_credentials")
        assert answer.refusal == (429, "rate_limited")
        assert int(answer.headers["Retry-After"]) >= 1
        assert answer.body["retry_after"] >= 1
        (await login("198.51.100.9", "admin", PASSWORD)).must()
