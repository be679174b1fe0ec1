"""Answers whose head is ready, as they arrive on the wire."""

from __future__ import annotations

import asyncio

from homeserver.api.endpoint import Auth, Json, Query, endpoint
from tests.harness.client_api import client_api

LARGE = 300_000


class _Api:
    @endpoint("GET", "/_matrix/client/v3/things", auth=Auth.NONE, spec="")
    async def things(self, query: Query) -> Json:
        return {"things": "x" * query.integer("size", 1), "named": query.all("name")}


async def asked(*requests: str) -> list[tuple[list[str], bytes]]:
    """The answers to these requests on one connection: the lines of each head, and each body."""
    async with client_api([_Api()]) as api:
        server = api.http.server
        reader, writer = await asyncio.open_connection(server.host, server.port)
        answers: list[tuple[list[str], bytes]] = []
        for request in requests:
            writer.write(request.encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode().split("\r\n")[:-2]
            length = next(
                int(line.split(":")[1])
                for line in head
                if line.lower().startswith("content-length")
            )
            answers.append((head, await reader.readexactly(length)))
        writer.close()
        await writer.wait_closed()
        return answers


def get(query: str = "", version: str = "1.1", *headers: str) -> str:
    lines = [f"GET /_matrix/client/v3/things{query} HTTP/{version}", "Host: x", *headers, "", ""]
    return "\r\n".join(lines)


def without_date(head: list[str]) -> set[str]:
    return {line for line in head[1:] if not line.startswith(("Date:", "Connection:"))}


async def test_the_ready_head_says_what_one_put_together_says() -> None:
    ready, asked_to_close = await asked(get(), get("", "1.1", "Connection: close"))
    assert ready[0][0] == asked_to_close[0][0] == "HTTP/1.1 200 OK"
    assert without_date(ready[0]) == without_date(asked_to_close[0])
    assert ready[1] == asked_to_close[1] == b'{"things":"x","named":[]}'
    assert "Connection: close" in asked_to_close[0]
    assert not any(line.startswith("Connection:") for line in ready[0])


async def test_answers_follow_each_other_on_one_connection_whatever_their_size() -> None:
    sizes = (1, LARGE, 0, 70_000)
    answers = await asked(*(get(f"?size={size}") for size in sizes))
    assert [len(body) - len(b'{"things":"","named":[]}') for _, body in answers] == list(sizes)


async def test_http_1_0_is_told_that_its_connection_stays() -> None:
    ((head, _),) = await asked(get("", "1.0", "Connection: keep-alive"))
    assert head[0] == "HTTP/1.0 200 OK"
    assert "Connection: keep-alive" in head


async def test_a_query_is_read_alike_the_first_time_and_later() -> None:
    query = "?name=a%20b&name=%D0%BF+c&name=&size=2"
    first, second = await asked(get(query), get(query))
    assert first[1] == second[1] == '{"things":"xx","named":["a b","п c",""]}'.encode()
