"""Our checks against the standard's: they agree, and ours point at what is wrong."""

from __future__ import annotations

import json
import time
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from jsonschema import Draft202012Validator, FormatChecker

from appservice_tasks.shapes import check, check_body, check_event, read_parameters
from appservice_tasks.shapes.compile import Compiler, UnknownKeyword
from appservice_tasks.shapes.formats import is_date, is_date_time, is_uri, is_uri_reference

CONTRACTS = json.loads(files("appservice_tasks").joinpath("contracts.json").read_text())
EXAMPLES = Path(__file__).resolve().parents[4] / "schema" / "examples" / "valid"
CONTENTS = [
    (path.parent.name, json.loads(path.read_text())) for path in sorted(EXAMPLES.glob("*/*.json"))
]


def standard(event_type: str) -> Draft202012Validator:
    schema = {**CONTRACTS["events"][event_type], "$defs": CONTRACTS["$defs"]}
    return Draft202012Validator(schema, format_checker=FormatChecker())


STANDARD = {event_type: standard(event_type) for event_type in CONTRACTS["events"]}


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, key) below a value."""
    found: list[tuple[Any, Any]] = []
    if isinstance(value, dict):
        found += [(value, key) for key in value]
        found += [place for each in value.values() for place in places(each)]
    elif isinstance(value, list):
        found += [(value, index) for index in range(len(value))]
        found += [place for each in value for place in places(each)]
    return found


VALUES = st.sampled_from(
    [None, True, 0, -1, 1, 1.5, 2**60, "", " ", "x", "open", "x" * 9000, [], [1], {}, {"x": 1},
     "@a:b", "2026-02-30", "2026-02-28", {"date": "2026-12-01"}]
)  # fmt: skip


@given(st.data())
def test_damaged_examples_are_judged_as_the_standard_judges_them(data: st.DataObject) -> None:
    event_type, example = data.draw(st.sampled_from(CONTENTS))
    damaged = json.loads(json.dumps(example))
    container, key = data.draw(st.sampled_from(places(damaged)))
    if data.draw(st.booleans()) and isinstance(container, dict):
        del container[key]
    else:
        container[key] = data.draw(VALUES)
    assert (check_event(damaged, event_type) == []) == STANDARD[event_type].is_valid(damaged)


def test_every_schema_compiles() -> None:
    for name in CONTRACTS["$defs"]:
        check(None, name)
    for operation in CONTRACTS["requests"]:
        for place in ("query", "header", "path"):
            read_parameters(operation, place, [])


def test_a_keyword_that_would_not_be_checked_is_an_error() -> None:
    with pytest.raises(UnknownKeyword, match="patternProperties"):
        Compiler({}).compile({"type": "object", "patternProperties": {}})


def faults(value: object, name: str) -> list[tuple[str, str]]:
    return [(fault["pointer"], fault["code"]) for fault in check(value, name)]


def test_faults_name_the_place_and_the_rule() -> None:
    body = {
        "title": "",
        "priority": "highest",
        "due": {"date": "tomorrow"},
        "labels": ["ok", "Ok", "ok"],
        "colour": "red",
        "a/b~c": 1,
    }
    assert faults(body, "TaskCreate") == [
        ("/title", "length"),
        ("/priority", "enum"),
        ("/due/date", "format"),
        ("/labels/1", "pattern"),
        ("/colour", "unknown"),
        ("/a~1b~0c", "unknown"),
    ]
    assert faults({}, "TaskCreate") == [("/title", "required")]
    assert faults({}, "TaskPatch") == [("", "count")]
    assert faults({"title": "x", "labels": ["a", "a"]}, "TaskCreate") == [("/labels", "unique")]


def test_a_form_that_is_meant_is_the_one_that_is_reported() -> None:
    assert faults({"op": "set", "field": "title", "value": 5}, "Op") == [("/value", "type")]
    assert faults({"op": "transition"}, "Op") == [("/to", "required")]
    assert faults({"op": "set", "field": "status", "value": "x"}, "Op") == [("", "form")]
    assert faults({"login": "a", "email": "b", "password": "c"}, "Login") == [("", "form")]
    assert faults({"password": "c"}, "Login") != []
    assert faults({"login": "a", "password": "c"}, "Login") == []


def test_types_are_not_mixed() -> None:
    assert faults(True, "Rev") == [("", "type")]
    assert faults(1.0, "Rev") == [("", "type")]
    assert faults({"v": True}, "Labels")[0] == ("/labels", "required")
    assert ("/v", "const") in faults({"v": True, "labels": []}, "Labels")


@pytest.mark.parametrize("text", ["a\x00b", "\ud800", "x\udfff"])
def test_what_is_no_text_is_refused_everywhere(text: str) -> None:
    assert faults(text, "Title") == [("", "characters")]
    assert faults({text: 1}, "CustomFields") != []
    for fault in check({text: 1}, "TaskCreate"):
        fault["pointer"].encode()


def test_a_pattern_ends_at_the_end() -> None:
    assert faults("legal\n", "Slug") == [("", "pattern")]


def test_no_more_than_twenty_faults_are_listed() -> None:
    assert len(check({f"x{index}": 1 for index in range(50)}, "TaskCreate")) == 20


def test_bodies_are_known_by_their_operation() -> None:
    assert check_body({"text": "x"}, "parseQuickAdd") == []
    assert check_body({}, "markRead") != []
    assert check_body({"ids": [], "up_to": 1}, "markRead") != []


def test_parameters_are_read_by_their_types() -> None:
    values, wrong = read_parameters(
        "listTasks",
        "query",
        [
            ("assigned_to", "me"),
            ("assigned_to", "none"),
            ("overdue", "true"),
            ("limit", "7"),
            ("due_before", "2026-12-01"),
            ("updated_since", "2026-12-01T10:00:00Z"),
            ("status", "category:open"),
        ],
    )
    assert wrong == []
    assert values == {
        "assigned_to": ["me", "none"],
        "overdue": True,
        "limit": 7,
        "due_before": "2026-12-01",
        "updated_since": "2026-12-01T10:00:00Z",
        "status": ["category:open"],
        "sort": "due,-priority",
    }


@pytest.mark.parametrize(
    ("name", "text", "code"),
    [
        ("limit", "0", "range"),
        ("limit", "201", "range"),
        ("limit", "many", "type"),
        ("limit", "٥", "type"),
        ("limit", "9" * 5000, "type"),
        ("overdue", "yes", "type"),
        ("status", "Done!", "pattern"),
        ("sort", "colour", "pattern"),
        ("due_before", "tomorrow", "format"),
        ("priority_gte", "highest", "enum"),
        ("view", "x", "unknown"),
    ],
)
def test_wrong_parameters_are_named(name: str, text: str, code: str) -> None:
    _, wrong = read_parameters("listTasks", "query", [(name, text)])
    assert [fault["code"] for fault in wrong] == [code]
    assert wrong[0]["pointer"].startswith(f"/{name}")


def test_a_parameter_is_given_once() -> None:
    _, wrong = read_parameters("listTasks", "query", [("limit", "1"), ("limit", "2")])
    assert wrong[0]["code"] == "count"


def test_headers_are_known_in_any_letter_case_and_others_ignored() -> None:
    pairs = [("if-match", '"r7"'), ("Host", "x")]
    assert read_parameters("putTask", "header", pairs) == ({"If-Match": '"r7"'}, [])
    _, wrong = read_parameters("putTask", "header", [("If-Match", "7")])
    assert wrong[0]["pointer"] == "/If-Match"


@pytest.mark.parametrize(
    ("is_valid", "good", "bad"),
    [
        (is_date, ["2024-02-29"], ["2026-02-29", "2026-2-1", "20260201", "2026-02-01T00:00:00Z"]),
        (
            is_date_time,
            ["2026-01-01T00:00:00Z", "2026-01-01t00:00:00.123456789+03:00"],
            ["2026-01-01", "2026-01-01T00:00:00", "2026-01-01T24:00:00Z", "2026-13-01T00:00:00Z"],
        ),
        (
            is_uri,
            ["https://a.example/x?y#z"],
            ["https://", "//a", "x", "https://[", "http://a:99999"],
        ),
        (is_uri_reference, ["/a/b", "https://a.example"], ["https://[", "a b"]),
    ],
)
def test_formats(is_valid: Any, good: list[str], bad: list[str]) -> None:
    assert [text for text in good if not is_valid(text)] == []
    assert [text for text in bad if is_valid(text)] == []


def test_a_command_is_checked_in_a_moment() -> None:
    command = dict(CONTENTS)["org.teammessenger.task.command"]
    started = time.perf_counter()
    for _ in range(100):
        check_event(command, "org.teammessenger.task.command")
    assert time.perf_counter() - started < 1
