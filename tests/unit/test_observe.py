from __future__ import annotations

import json
import logging
from collections.abc import Iterator
from contextvars import copy_context

import pytest
import structlog

from homeserver.observe import Metrics, begin_request, configure_logging, get_logger


@pytest.fixture(autouse=True)
def _restored_logging() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


def lines(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    return [json.loads(line) for line in capsys.readouterr().err.splitlines()]


def test_a_line_says_what_happened_where_and_when(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json")
    get_logger("homeserver.x").info("room_created", room_id="!a")
    (line,) = lines(capsys)
    assert (line["event"], line["room_id"], line["logger"]) == (
        "room_created",
        "!a",
        "homeserver.x",
    )
    assert line["level"] == "info"
    assert str(line["timestamp"]).endswith("Z")


def test_secrets_are_hidden_wherever_they_are(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json")
    body = {"Password": "pw", "list": [{"access_token": "tk"}], "user": "olga"}
    get_logger("x").info("login", body=body, refresh_token="rt")
    text = capsys.readouterr().err
    assert "olga" in text
    assert not [secret for secret in ("pw", "tk", "rt") if f'"{secret}"' in text]


def test_a_failure_shows_no_local_variables(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "console")
    secret = "hush-" + "hush"
    try:
        raise ValueError(len(secret))
    except ValueError:
        get_logger("x").exception("failed")
    text = capsys.readouterr().err
    assert "ValueError: 9" in text
    assert secret not in text


def test_every_line_of_a_request_carries_its_id(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("info", "json")

    def serve() -> None:
        begin_request("abc")
        get_logger("x").info("one")
        logging.getLogger("library").warning("two")

    copy_context().run(serve)
    get_logger("x").info("three")
    assert [line.get("request_id") for line in lines(capsys)] == ["abc", "abc", None]


@pytest.mark.parametrize("given", [None, "", "a\nb", "x" * 65, "ключ"])
def test_a_request_id_that_is_not_plain_is_replaced(given: str | None) -> None:
    first, second = (copy_context().run(begin_request, given) for _ in range(2))
    assert first.isalnum()
    assert len({given, first, second}) == 3


def test_lines_below_the_level_are_not_written(capsys: pytest.CaptureFixture[str]) -> None:
    configure_logging("warning", "json")
    get_logger("x").info("quiet")
    assert capsys.readouterr().err == ""


def test_a_counter_asked_for_twice_is_one() -> None:
    metrics = Metrics()
    metrics.counter("events", "Events", ["kind"]).labels("message").inc()
    metrics.counter("events", "Events", ["kind"]).labels("message").inc()
    assert b'events_total{kind="message"} 2.0' in metrics.render()


def test_a_name_stands_for_one_kind_of_figure() -> None:
    metrics = Metrics()
    metrics.gauge("waiting", "Polls")
    with pytest.raises(AssertionError, match="not a counter"):
        metrics.counter("waiting", "Polls")
