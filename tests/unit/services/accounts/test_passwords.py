"""Passwords."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator

import bcrypt
import pytest

from homeserver.errors import InvalidParam, LimitExceeded, WeakPassword
from homeserver.services.accounts import passwords as module
from homeserver.services.accounts.passwords import Passwords, generate_password


@pytest.fixture
def passwords() -> Iterator[Passwords]:
    made = Passwords(cost=4, threads=2, min_length=8)
    yield made
    made.close()


async def test_a_hash_matches_its_password_alone(passwords: Passwords) -> None:
    hashed = await passwords.hash("correct horse")
    assert hashed.startswith("$2b$04$")
    assert await passwords.matches("correct horse", hashed)
    assert not await passwords.matches("correct hors", hashed)
    assert not await passwords.matches("", hashed)
    assert await passwords.hash("correct horse") != hashed, "salted"


async def test_what_bcrypt_would_cut_off_counts(passwords: Passwords) -> None:
    hashed = await passwords.hash("x" * 72)
    assert not await passwords.matches("x" * 73, hashed)
    nul = bcrypt.hashpw(b"-", bcrypt.gensalt(4)).decode()
    assert not await passwords.matches("x" * 73, nul), "what stands in for it matches nothing"
    assert not await passwords.matches("a\0b", nul)


async def test_nobody_has_no_password(passwords: Passwords) -> None:
    assert not await passwords.matches("", None)
    assert not await passwords.matches("-", None)


async def test_nobody_takes_as_long_as_somebody() -> None:
    passwords = Passwords(cost=8, threads=1, min_length=8)
    hashed = await passwords.hash("correct horse")

    async def measure(password: str, password_hash: str | None) -> float:
        best = 10.0
        for _ in range(5):
            started = time.thread_time_ns(), time.perf_counter()
            await passwords.matches(password, password_hash)
            best = min(best, time.perf_counter() - started[1])
        return best

    somebody = await measure("wrong wrong", hashed)
    nobody = await measure("wrong wrong", None)
    too_long = await measure("x" * 100, None)
    passwords.close()
    assert nobody > somebody / 3
    assert too_long > somebody / 3


@pytest.mark.parametrize("password", ["12345678", "пароль-я", "x" * 72, "é" * 36, " " * 8])
def test_good_passwords_pass(passwords: Passwords, password: str) -> None:
    assert passwords.check_new(password) == password


@pytest.mark.parametrize(
    ("password", "error"),
    [
        ("1234567", WeakPassword),
        ("", WeakPassword),
        ("x" * 73, InvalidParam),
        ("é" * 37, InvalidParam),
        ("12345678\0", InvalidParam),
        (12345678, InvalidParam),
        (None, InvalidParam),
    ],
)
def test_bad_passwords_do_not(
    passwords: Passwords, password: object, error: type[Exception]
) -> None:
    with pytest.raises(error):
        passwords.check_new(password)


async def test_the_loop_runs_on_while_hashes_are_computed() -> None:
    passwords = Passwords(cost=10, threads=1, min_length=8)
    hashing = asyncio.create_task(passwords.hash("correct horse"))
    turns = 0
    while not hashing.done():
        await asyncio.sleep(0.001)
        turns += 1
    passwords.close()
    assert turns > 3


async def test_a_flood_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_MAX_WAITING", 3)
    passwords = Passwords(cost=4, threads=1, min_length=8)
    answers = await asyncio.gather(
        *(passwords.matches("x", None) for _ in range(6)), return_exceptions=True
    )
    assert sum(isinstance(each, LimitExceeded) for each in answers) == 3
    assert not await passwords.matches("x", None), "later it works again"
    passwords.close()


def test_generated_passwords_are_long_and_never_the_same(passwords: Passwords) -> None:
    made = {generate_password() for _ in range(50)}
    assert len(made) == 50
    for each in made:
        assert passwords.check_new(each) == each
