"""Passwords: hashed by bcrypt in a few threads, because one hash takes a quarter of a second."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import TypeVar

import bcrypt

from homeserver.errors import InvalidParam, LimitExceeded, WeakPassword

T = TypeVar("T")

MAX_BYTES = 72
"""bcrypt ignores what follows; a password that does not count whole is refused instead."""

_MAX_WAITING = 64
"""Hashes waiting for a thread; at two a second for each thread nobody would wait for more."""


class Passwords:
    """Hashes and compares. cost: 2^cost rounds. min_length: characters of a new password."""

    def __init__(self, *, cost: int, threads: int, min_length: int) -> None:
        self._cost = cost
        self._min_length = min_length
        self._threads = ThreadPoolExecutor(threads, "password")
        self._waiting = 0
        # Whoever does not exist is compared with this, which takes as long as a real comparison.
        self._nobody = f"$2b${cost:02}$" + "." * 53

    def check_new(self, password: object) -> str:
        """The password, if it may be chosen.

        Raises InvalidParam (not text, longer than 72 bytes) or WeakPassword (too short).
        """
        if not isinstance(password, str):
            raise InvalidParam("The password must be text")
        if len(password.encode()) > MAX_BYTES:
            raise InvalidParam(f"The password is longer than {MAX_BYTES} bytes")
        if "\0" in password:
            raise InvalidParam("The password has a character that is not allowed")
        if len(password) < self._min_length:
            raise WeakPassword(f"The password is shorter than {self._min_length} characters")
        return password

    async def hash(self, password: str) -> str:
        """The hash of a password that `check_new` let pass. Raises LimitExceeded under a flood."""
        raw = password.encode()
        return await self._run(
            lambda: bcrypt.hashpw(raw, bcrypt.gensalt(rounds=self._cost)).decode()
        )

    async def matches(self, password: str, password_hash: str | None) -> bool:
        """Whether the password has this hash; it takes as long where there is none.

        Raises LimitExceeded under a flood.
        """
        raw = password.encode()
        whole = len(raw) <= MAX_BYTES and b"\0" not in raw
        expected = (self._nobody if password_hash is None else password_hash).encode()
        given = raw if whole else b"-"
        equal = await self._run(lambda: bcrypt.checkpw(given, expected))
        return equal and whole and password_hash is not None

    async def _run(self, work: Callable[[], T]) -> T:
        if self._waiting >= _MAX_WAITING:
            raise LimitExceeded("Too many people are signing in", retry_after_ms=5000)
        self._waiting += 1
        try:
            return await asyncio.get_running_loop().run_in_executor(self._threads, work)
        finally:
            self._waiting -= 1

    def close(self) -> None:
        """Ends the threads; hashes that wait are not computed."""
        self._threads.shutdown(wait=True, cancel_futures=True)


def generate_password() -> str:
    """A password that can be read out: four groups of five letters and digits, 99 bits."""
    letters = "abcdefghijkmnpqrstuvwxyz23456789"
    return "-".join("".join(secrets.choice(letters) for _ in range(5)) for _ in range(4))
