"""Requests to application services.

Source: application-service-api, "Homeserver -> Application Service API".
"""

from __future__ import annotations

import asyncio
import ssl
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote

import aiohttp
import orjson

from homeserver.remote.authorities import authorities, is_secure

_PUSH_SECONDS = 60.0
_ASK_SECONDS = 10.0
_LEGACY_SECONDS = 3600.0
"""How long the older paths are used at once: "Homeservers should periodically try again"."""
_NO_SUCH_PATH = (404, 405, 501)
_MAX_BODY = 16_384


class Unreachable(Exception):
    """No answer came; the text tells the reason."""


class TimedOut(Unreachable):
    """No answer came in time."""


class BadStatus(Exception):
    """An answer that is no success. body: the beginning of it."""

    def __init__(self, status: int, body: str) -> None:
        super().__init__(f"answered {status}")
        self.status = status
        self.body = body


class Recipient(Protocol):
    """An application service: its address without a slash at the end, and what proves to it that
    we are its homeserver."""

    @property
    def url(self) -> str | None: ...

    @property
    def hs_token(self) -> str: ...


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    body: str

    @property
    def ok(self) -> bool:
        return 200 <= self.status < 300


class AppserviceClient:
    """Speaks to application services. Each has connections of its own that stay open."""

    def __init__(self, *, trusted_ca: Path | None = None) -> None:
        self._trusted_ca = trusted_ca
        self._session: aiohttp.ClientSession | None = None
        self._authorities: ssl.SSLContext | None = None
        self._legacy_until: dict[str, float] = {}

    async def push(self, to: Recipient, txn_id: str, body: bytes) -> None:
        """Hands over a transaction, a JSON object. Raises Unreachable, BadStatus."""
        path = f"/transactions/{quote(txn_id, safe='')}"
        answer = await self._versioned("PUT", to, path, body, _PUSH_SECONDS)
        if not answer.ok:
            raise BadStatus(answer.status, answer.body)

    async def ping(self, to: Recipient, transaction_id: str | None) -> None:
        """Asks for a sign of life. Raises Unreachable, TimedOut, BadStatus."""
        body = {} if transaction_id is None else {"transaction_id": transaction_id}
        answer = await self._request(
            "POST", to, "/_matrix/app/v1/ping", orjson.dumps(body), _ASK_SECONDS
        )
        if not answer.ok:
            raise BadStatus(answer.status, answer.body)

    async def has_user(self, to: Recipient, user_id: str) -> bool:
        """Whether the user exists, perhaps made at this moment. Raises Unreachable."""
        path = f"/users/{quote(user_id, safe='')}"
        return (await self._versioned("GET", to, path, None, _ASK_SECONDS)).ok

    async def has_alias(self, to: Recipient, alias: str) -> bool:
        """Whether the alias exists, perhaps made at this moment. Raises Unreachable."""
        path = f"/rooms/{quote(alias, safe='')}"
        return (await self._versioned("GET", to, path, None, _ASK_SECONDS)).ok

    async def close(self) -> None:
        """Closes the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def _versioned(
        self, method: str, to: Recipient, path: str, body: bytes | None, seconds: float
    ) -> _Answer:
        """Application service API, "Legacy routes": the older path where the newer is unknown."""
        url = to.url or ""
        if self._legacy_until.get(url, 0.0) <= time.monotonic():
            answer = await self._request(method, to, f"/_matrix/app/v1{path}", body, seconds)
            if answer.ok or answer.status not in _NO_SUCH_PATH or _is_refusal(answer):
                return answer
        older = await self._request(method, to, path, body, seconds, token_in_query=True)
        if older.ok:
            self._legacy_until[url] = time.monotonic() + _LEGACY_SECONDS
        else:
            self._legacy_until.pop(url, None)
        return older

    async def _request(
        self,
        method: str,
        to: Recipient,
        path: str,
        body: bytes | None,
        seconds: float,
        *,
        token_in_query: bool = False,
    ) -> _Answer:
        headers = {"Authorization": f"Bearer {to.hs_token}"}
        if body is not None:
            headers["Content-Type"] = "application/json"
        url = f"{to.url}{path}"
        if token_in_query:
            url += f"?access_token={quote(to.hs_token, safe='')}"
        try:
            async with (
                asyncio.timeout(seconds),
                self._open().request(
                    method,
                    url,
                    data=body,
                    headers=headers,
                    allow_redirects=False,
                    ssl=self._verify() if is_secure(url) else True,
                ) as response,
            ):
                text = await response.content.read(_MAX_BODY)
                return _Answer(response.status, text.decode(errors="replace"))
        except TimeoutError as error:
            raise TimedOut(f"no answer within {seconds:g} s") from error
        except (aiohttp.ClientError, OSError, ValueError) as error:
            raise Unreachable(type(error).__name__) from error

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, limit_per_host=8),
                timeout=aiohttp.ClientTimeout(total=None, connect=10),
                # The yarl of a URL with a percent-encoded `/` keeps it so.
                requote_redirect_url=False,
            )
        return self._session

    def _verify(self) -> ssl.SSLContext:
        if self._authorities is None:
            self._authorities = authorities(self._trusted_ca)
        return self._authorities


def _is_refusal(answer: _Answer) -> bool:
    """Whether a 404 says that the thing is unknown, not the path."""
    try:
        body = orjson.loads(answer.body)
    except ValueError:
        return False
    return isinstance(body, dict) and body.get("errcode") not in (None, "M_UNRECOGNIZED")
