"""Identities, key prefixes, ranks, the organisation, and whom and what a command names."""

from __future__ import annotations

from typing import Any
from uuid import NAMESPACE_DNS, uuid5

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appservice_tasks.contracts import Organisation
from appservice_tasks.domain.ids import NAMESPACE, server_of, task_id_for
from appservice_tasks.domain.keys import prefix_for, split_key, transliterate
from appservice_tasks.domain.names import named_people, named_tasks
from appservice_tasks.domain.org import OrgChart, Person, Relation, Role, faults_of_organisation
from appservice_tasks.domain.rank import FIRST, MAX_LENGTH, rank_between
from tests.unit.tasks.domain import eg


def test_identities_are_name_based() -> None:
    assert uuid5(NAMESPACE_DNS, "org.teammessenger") == NAMESPACE
    expected = uuid5(NAMESPACE, f"{eg.OLGA}/{eg.cmd_id(1)}")
    assert task_id_for(eg.OLGA, eg.cmd_id(1)) == str(expected)


def test_a_server_is_what_follows_the_first_colon() -> None:
    assert server_of("@a:corp.example:8448") == "corp.example:8448"
    assert server_of("nobody") == ""


@pytest.mark.parametrize(
    ("name", "prefix"),
    [
        ("ops", "OPS"),
        ("Операции", "OPER"),
        ("Отдел продаж", "OP"),
        ("Отдел кадров и обучения", "OKIO"),
        ("Юристы", "IURI"),
        ("Щи", "SHCHI"),
        ("Café Zürich", "CZ"),
        ("2026 plans", "PLANS"),
        ("1С", "TASK"),
        ("家", "TASK"),
        ("", "TASK"),
        ("!!!", "TASK"),
        ("Q", "TASK"),
        ("dm", "DM2"),
        ("My", "MY2"),
        ("Team 5", "T5"),
    ],
)
def test_a_prefix_is_made_from_the_room_s_name(name: str, prefix: str) -> None:
    assert prefix_for(name, ()) == prefix


def test_prefixes_are_unique() -> None:
    taken: set[str] = set()
    for _ in range(30):
        taken.add(prefix_for("Операции", taken))
    assert len(taken) == 30
    assert {"OPER", "OPERA", "OPERAT", "OPER2", "OPER3"} <= taken


@given(st.text(max_size=30), st.sets(st.sampled_from(["TASK", "OP", "OPS", "A2"])))
def test_any_name_gives_a_prefix_of_the_right_form(name: str, taken: set[str]) -> None:
    from appservice_tasks.shapes import check

    prefix = prefix_for(name, taken)
    assert prefix not in taken
    assert check(f"{prefix}-1", "TaskKey") == []


def test_transliteration() -> None:
    assert transliterate("Ёлка, ПОДЪЕЗД; naïve") == "elka podieezd naive"
    assert transliterate("Їжак ґудзик") == "izhak gudzik"


@pytest.mark.parametrize(
    ("key", "parts"),
    [
        ("OPS-42", ("OPS", 42)),
        ("ops-42", ("OPS", 42)),
        ("OPS-0", None),
        ("OPS-042", None),
        ("OPS", None),
        ("O-1", None),
        ("OPS-42x", None),
        ("ОПС-42", None),
        ("OPS-٤", None),
    ],
)
def test_keys_are_split(key: str, parts: tuple[str, int] | None) -> None:
    assert split_key(key) == parts


def test_ranks_that_are_appended_stay_short() -> None:
    ranks = [FIRST]
    for _ in range(500):
        ranks.append(rank_between(ranks[-1], None) or "")
    assert ranks == sorted(ranks)
    assert {len(rank) for rank in ranks} == {6}
    front = [FIRST]
    for _ in range(500):
        front.append(rank_between(None, front[-1]) or "")
    assert front == sorted(front, reverse=True)


@given(st.lists(st.integers(0, 1000), max_size=120))
def test_there_is_always_room_between_two(places: list[int]) -> None:
    ranks = [FIRST]
    for place in places:
        index = place % (len(ranks) + 1)
        low = ranks[index - 1] if index else None
        high = ranks[index] if index < len(ranks) else None
        rank = rank_between(low, high)
        assert rank is not None
        ranks.insert(index, rank)
    assert ranks == sorted(set(ranks))


def test_the_same_gap_is_not_halved_for_ever() -> None:
    low, high = "V00000", "V00001"
    count = 0
    while (rank := rank_between(low, high)) is not None:
        high, count = rank, count + 1
        assert len(rank) <= MAX_LENGTH
    assert count > 200


def test_the_ends_of_the_scale_have_room_too() -> None:
    assert (rank_between("zzzzzz", None) or "") > "zzzzzz"
    assert "" < (rank_between(None, "000001") or "") < "000001"


def test_neighbours_out_of_order_are_taken_by_the_first() -> None:
    assert rank_between("V00005", "V00002") == "V00006"


def test_relations() -> None:
    assert eg.ORG.relation(eg.OLGA, eg.OLGA) is Relation.ONESELF
    assert eg.ORG.relation(eg.OLGA, eg.PETR) is Relation.DOWN
    assert eg.ORG.relation(eg.PETR, eg.OLGA) is Relation.UP
    assert eg.ORG.relation(eg.IVAN, eg.NINA) is Relation.PEER
    assert eg.ORG.relation(eg.OLGA, eg.GRETA) is Relation.OUTSIDE
    assert eg.ORG.relation(eg.OLGA, eg.RITA) is Relation.OUTSIDE


def test_who_has_no_record_is_a_member_here_and_a_guest_from_elsewhere() -> None:
    assert eg.ORG.person("@new:corp.example").role is Role.MEMBER
    assert eg.ORG.person(eg.RITA).role is Role.GUEST


def test_a_circle_in_damaged_data_ends() -> None:
    a, b = "@a:x", "@b:x"
    chart = OrgChart("x", {a: Person(a, reports_to=b), b: Person(b, reports_to=a)})
    assert list(chart.managers_of(a)) == [b]
    assert chart.manages(b, a)
    assert not chart.manages(a, a)


def test_heads_of_lines_have_somebody_active_below() -> None:
    assert eg.ORG.heads_of_lines == {eg.OLGA, eg.IVAN}
    gone = {**eg.ORG.people}
    for report in (eg.PETR, eg.PAVEL):
        gone[report] = Person(report, reports_to=eg.IVAN, active=False)
    assert OrgChart("corp.example", gone).heads_of_lines == {eg.OLGA}


def organisation(**changes: Any) -> Organisation:
    start: Any = {
        "units": [{"id": "a", "name": "A"}, {"id": "b", "name": "B", "parent": "a"}],
        "people": [
            {"user_id": eg.IVAN, "unit": "b", "reports_to": eg.OLGA},
            {"user_id": eg.OLGA, "reports_to": None},
        ],
    }
    return {**start, **changes}  # type: ignore[typeddict-item]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"units": [{"id": "b", "name": "B"}] * 2}, "/units"),
        ({"units": [{"id": "b", "name": "B", "parent": "x"}]}, "/units/0/parent"),
        ({"units": [{"id": "b", "name": "B", "parent": "b"}]}, "/units/0/parent"),
        ({"units": []}, "/people/0/unit"),
        ({"people": [{"user_id": eg.IVAN}] * 2}, "/people"),
        ({"people": [{"user_id": eg.IVAN, "reports_to": eg.IVAN}]}, "/people/0/reports_to"),
        (
            {
                "people": [
                    {"user_id": eg.IVAN, "reports_to": eg.OLGA},
                    {"user_id": eg.OLGA, "reports_to": eg.IVAN},
                ]
            },
            "/people/1/reports_to",
        ),
    ],
)
def test_an_organisation_is_a_forest(changes: dict[str, Any], pointer: str) -> None:
    faults = faults_of_organisation(organisation(**changes))
    assert pointer in [fault["pointer"] for fault in faults]


def test_a_good_organisation_has_no_faults() -> None:
    assert faults_of_organisation(organisation()) == []


def test_commands_name_tasks_and_people() -> None:
    links = [{"rel": "relates", "task_id": eg.uuid(3)}, {"rel": "url", "url": "https://x.example"}]
    item = {"id": "item_1", "text": "x", "done": False, "assignee": eg.NINA}
    create = eg.command(
        eg.create(
            parent=eg.uuid(1),
            blocked_by=[eg.uuid(2)],
            links=links,
            checklist=[item],
            assignee=eg.IVAN,
            collaborators=[eg.PETR],
            watchers=[eg.PAVEL],
        )
    )
    assert named_tasks(None, create) == {eg.uuid(1), eg.uuid(2), eg.uuid(3)}
    assert named_people(create) == {eg.NINA, eg.IVAN, eg.PETR, eg.PAVEL}
    task = eg.changed(eg.task(), blocked_by=[eg.uuid(9)])
    change = eg.command(
        {"op": "set", "field": "parent", "value": eg.uuid(1)},
        {"op": "set", "field": "parent", "value": None},
        {"op": "set", "field": "title", "value": "x"},
        {"op": "add", "field": "blocked_by", "value": eg.uuid(2)},
        {"op": "add", "field": "links", "value": links[0]},
        {"op": "add", "field": "links", "value": links[1]},
        {"op": "rank", "before": eg.uuid(4), "after": eg.uuid(5)},
        {"op": "assign", "to": eg.IVAN},
        {"op": "assign", "to": None},
        {"op": "add", "field": "watchers", "value": eg.PETR},
        {"op": "item_put", "item": {"id": "item_1", "text": "x", "assignee": eg.NINA}},
        {"op": "item_put", "item": {"id": "item_1", "text": "x"}},
        task=task,
    )
    assert named_tasks(task, change) == {eg.uuid(number) for number in (1, 2, 3, 4, 5, 9)}
    assert named_people(change) == {eg.IVAN, eg.PETR, eg.NINA}
