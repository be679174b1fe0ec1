"""What every request to /v1 goes through, whatever it asks for."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

import pytest
from aiohttp import web
from aiohttp.test_utils import TestClient, TestServer

from appservice_tasks import shapes
from appservice_tasks.api.endpoint import Answer, Auth, Call, endpoint, endpoints_of
from appservice_tasks.api.server import HttpApi
from appservice_tasks.errors import Problem
from appservice_tasks.services.limits import RATES, Limit, Limits
from appservice_tasks.services.who import Caller, Who

Client = TestClient[Any, Any]


class KnownTokens(Who):
    """A token is a user; `admin` is an administrator, `new` has a temporary password."""

    def __init__(self) -> None:
        """Asks nobody."""

    async def is_asking(self, token: str | None, *, trust: float = 2) -> Caller:
        if token is None:
            raise Problem("token_missing")
        if token == "old":
            raise Problem("token_expired")
        return Caller(
            f"@{token}:a.example",
            "PHONE",
            token,
            admin=token == "admin",
            must_change_password=token == "new",
        )


class SomeApi:
    """Handlers under names that the contract has, so that its checks apply."""

    def __init__(self) -> None:
        self.calls: list[Call] = []
        self.failure: Exception | None = None

    def _answer(self, call: Call, status: int = 200) -> Answer:
        self.calls.append(call)
        if self.failure is not None:
            raise self.failure
        return Answer({"ok": True}, status)

    @endpoint("GET", "/v1/tasks", "listTasks")
    async def listed(self, call: Call) -> Answer:
        return self._answer(call)

    @endpoint("POST", "/v1/tasks", "createTask", limit=Limit.WRITE, max_body=1000)
    async def created(self, call: Call) -> Answer:
        return self._answer(call, 201)

    @endpoint("GET", "/v1/tasks/{task}", "getTask")
    async def got(self, call: Call) -> Answer:
        return self._answer(call)

    @endpoint("PATCH", "/v1/tasks/{task}", "patchTask")
    async def patched(self, call: Call) -> Answer:
        return self._answer(call)

    @endpoint("GET", "/v1/admin/org", "getOrganisation", auth=Auth.ADMIN)
    async def organisation(self, call: Call) -> Answer:
        return self._answer(call)

    @endpoint("POST", "/v1/auth/refresh", "refresh", auth=Auth.NONE)
    async def refreshed(self, call: Call) -> Answer:
        return self._answer(call)

    @endpoint("POST", "/v1/auth/logout", "logout")
    async def logged_out(self, call: Call) -> Answer:
        self._answer(call)
        return Answer(status=204)


@contextlib.asynccontextmanager
async def _serving(
    api: SomeApi, limits: Limits, authorization: str | None = "Bearer olga"
) -> AsyncIterator[Client]:
    http = HttpApi([endpoints_of(api)], KnownTokens(), limits)
    app = web.Application()
    app.router.add_route("*", "/v1/{tail:.*}", http.handle)
    headers = {} if authorization is None else {"Authorization": authorization}
    client: Client = TestClient(TestServer(app), headers=headers)
    async with client:
        yield client


@pytest.fixture
def api() -> SomeApi:
    return SomeApi()


@pytest.fixture
async def client(api: SomeApi) -> AsyncIterator[Client]:
    async with _serving(api, Limits(enabled=False)) as serving:
        yield serving


async def _problem(response: Any) -> dict[str, Any]:
    assert response.content_type == "application/problem+json"
    problem: dict[str, Any] = await response.json()
    assert shapes.check(problem, "Problem") == []
    assert problem["status"] == response.status
    return problem


async def test_a_handler_gets_values_of_their_types_with_defaults(
    client: Client, api: SomeApi
) -> None:
    query = "?limit=7&overdue=true&status=open&status=done"
    async with client.get(f"/v1/tasks{query}") as response:
        assert response.status == 200
    (call,) = api.calls
    assert call.who.user_id == "@olga:a.example"
    expected = {"limit": 7, "overdue": True, "status": ["open", "done"], "sort": "due,-priority"}
    assert call.query == expected


async def test_a_path_is_decoded_once(client: Client, api: SomeApi) -> None:
    async with client.get("/v1/tasks/OPS%252D1") as response:
        assert response.status == 200
    assert api.calls[0].path == {"task": "OPS%2D1"}


@pytest.mark.parametrize(
    ("request_", "status", "code"),
    [
        (("GET", "/v1/nothing"), 404, "not_found"),
        (("GET", "/v1/tasks/"), 404, "not_found"),
        (("GET", "/v1/tasks//history"), 404, "not_found"),
        (("GET", "/v1/rooms//tasks-config"), 404, "not_found"),
        (("DELETE", "/v1/tasks"), 405, "method_not_allowed"),
        (("GET", "/v1/tasks?limit=0"), 400, "invalid"),
        (("GET", "/v1/tasks?limit=1&limit=2"), 400, "invalid"),
        (("GET", "/v1/tasks?colour=red"), 400, "invalid"),
        (("GET", "/v1/admin/org"), 403, "forbidden"),
    ],
)
async def test_a_refusal_is_a_problem_with_a_code(
    client: Client, api: SomeApi, request_: tuple[str, str], status: int, code: str
) -> None:
    async with client.request(*request_) as response:
        assert (response.status, (await _problem(response))["code"]) == (status, code)
    assert api.calls == []


async def test_a_wrong_method_is_told_the_right_ones(client: Client) -> None:
    async with client.delete("/v1/tasks") as response:
        assert response.headers["Allow"] == "GET, POST"


@pytest.mark.parametrize(
    ("authorization", "code"),
    [
        (None, "token_missing"),
        ("Basic b2xnYTpwdw==", "token_missing"),
        ("Bearer ", "token_missing"),
        ("Bearer old", "token_expired"),
    ],
)
async def test_who_does_not_say_who_they_are_is_refused(
    api: SomeApi, authorization: str | None, code: str
) -> None:
    async with (
        _serving(api, Limits(enabled=False), authorization) as client,
        client.get("/v1/tasks") as response,
    ):
        assert (response.status, (await _problem(response))["code"]) == (401, code)
        assert response.headers["WWW-Authenticate"].startswith("Bearer")


async def test_an_administrator_may_administrate(client: Client) -> None:
    async with client.get("/v1/admin/org", headers={"Authorization": "Bearer admin"}) as response:
        assert response.status == 200


async def test_a_temporary_password_opens_nothing_but_the_way_out(client: Client) -> None:
    headers = {"Authorization": "Bearer new"}
    async with client.get("/v1/tasks", headers=headers) as response:
        assert (response.status, (await _problem(response))["code"]) == (
            403,
            "password_change_required",
        )
    async with client.post("/v1/auth/logout", headers=headers) as response:
        assert response.status == 204


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        (b"", "", "json"),
        (b"{", "", "json"),
        (b'{"title": NaN}', "", "json"),
        (b"[]", "", "type"),
        (b"{}", "/title", "required"),
        (b'{"title": "x", "colour": 1}', "/colour", "unknown"),
        (b'{"title": 1}', "/title", "type"),
        (b'{"title": "x", "due": {"date": "2026-02-30"}}', "/due/date", "format"),
    ],
)
async def test_a_body_that_does_not_fit_says_where(
    client: Client, api: SomeApi, body: bytes, pointer: str, code: str
) -> None:
    headers = {"Content-Type": "application/json"}
    async with client.post("/v1/tasks", data=body, headers=headers) as response:
        assert response.status == 400
        errors = (await _problem(response))["errors"]
    assert (pointer, code) in [(each["pointer"], each["code"]) for each in errors]
    assert api.calls == []


async def test_only_json_is_read(client: Client) -> None:
    async with client.post("/v1/tasks", data={"title": "x"}) as response:
        assert (response.status, (await _problem(response))["code"]) == (
            415,
            "unsupported_media_type",
        )


async def test_a_merge_patch_may_call_itself_that(client: Client, api: SomeApi) -> None:
    headers = {"Content-Type": "application/merge-patch+json"}
    async with client.patch("/v1/tasks/OPS-1", data=b'{"title":"x"}', headers=headers) as response:
        assert response.status == 200
    assert api.calls[0].body == {"title": "x"}


@pytest.mark.parametrize("is_chunked", [True, False])
async def test_a_body_has_a_size(client: Client, *, is_chunked: bool) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        yield b'{"title": "' + b"x" * 2000 + b'"}'

    headers = {"Content-Type": "application/json"}
    data: Any = pieces() if is_chunked else b'{"title": "' + b"x" * 2000 + b'"}'
    async with client.post("/v1/tasks", data=data, headers=headers) as response:
        assert (response.status, (await _problem(response))["code"]) == (413, "too_large")


async def test_a_fault_of_ours_says_nothing_of_itself(client: Client, api: SomeApi) -> None:
    api.failure = RuntimeError("the secret is 42")
    async with client.get("/v1/tasks") as response:
        assert response.status == 500
        assert (await _problem(response))["code"] == "internal"
        assert "42" not in await response.text()


async def test_what_a_problem_knows_is_told(client: Client, api: SomeApi) -> None:
    conflict: Any = {"field": "due", "theirs": None, "theirs_rev": 8}
    api.failure = Problem("conflict", "Changed", conflicts=[conflict], current_rev=9)
    async with client.get("/v1/tasks/OPS-42") as response:
        problem = await _problem(response)
    assert problem["instance"] == "/v1/tasks/OPS-42"
    assert (problem["current"], problem["conflicts"]) == ({"rev": 9}, [conflict])


async def test_a_wait_is_told_in_a_header_too(client: Client, api: SomeApi) -> None:
    api.failure = Problem("unavailable", retry_after=2)
    async with client.get("/v1/tasks") as response:
        assert (response.status, response.headers["Retry-After"]) == (503, "2")
        assert (await _problem(response))["retry_after"] == 2


async def test_a_request_keeps_its_id(client: Client) -> None:
    async with client.get("/v1/tasks", headers={"X-Request-ID": "abc-1"}) as response:
        assert response.headers["X-Request-ID"] == "abc-1"
    async with client.get("/v1/tasks", headers={"X-Request-ID": "a b"}) as response:
        assert response.headers["X-Request-ID"] not in ("", "a b")


async def test_pages_of_other_origins_may_ask(client: Client) -> None:
    async with client.options("/v1/tasks/OPS-1") as response:
        assert response.status == 204
        assert "If-Match" in response.headers["Access-Control-Allow-Headers"]
    async with client.get("/v1/nothing") as response:
        assert response.headers["Access-Control-Allow-Origin"] == "*"
        assert "ETag" in response.headers["Access-Control-Expose-Headers"]


async def test_the_address_that_was_used_is_known(client: Client, api: SomeApi) -> None:
    headers = {"X-Forwarded-Proto": "https", "X-Forwarded-Host": "chat.example"}
    headers["X-Forwarded-For"] = "203.0.113.7"
    async with client.get("/v1/tasks", headers=headers):
        assert api.calls[0].base_url == "https://chat.example"
        assert api.calls[0].address == "203.0.113.7"


async def test_one_person_may_not_ask_for_ever(api: SomeApi) -> None:
    seconds = 0.0
    limits = Limits(enabled=True, now=lambda: seconds)
    rate, burst = RATES[Limit.READ]
    async with _serving(api, limits) as client:
        for _ in range(int(burst)):
            assert (await client.get("/v1/tasks")).status == 200
        async with client.get("/v1/tasks") as response:
            assert (await _problem(response))["code"] == "rate_limited"
            assert response.headers["Retry-After"] == "1"
        headers = {"Authorization": "Bearer ivan"}
        assert (await client.get("/v1/tasks", headers=headers)).status == 200
        seconds = 1 / rate
        assert (await client.get("/v1/tasks")).status == 200
