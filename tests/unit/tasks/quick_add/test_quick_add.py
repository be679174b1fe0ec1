"""One line of Russian or English becomes a draft: two hundred phrases of each, and the corners.

The corpora are read on Wednesday, 25 November 2026, at ten in the morning.
"""

from __future__ import annotations

import csv
import time
from datetime import datetime
from pathlib import Path
from typing import Literal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from appservice_tasks.contracts import When
from appservice_tasks.domain.quick_add.parse import Draft, Surroundings, parse_quick_add
from appservice_tasks.domain.quick_add.spell import spelled_out

HERE = Path(__file__).parent
ZONES = {"en": "Europe/Berlin", "ru": "Europe/Moscow"}
PEOPLE = {
    "en": {
        "@ivan:corp.example": "Ivan Petrov",
        "@olga:corp.example": "Olga Smirnova",
        "@anna.k:corp.example": "Anna Karlova",
        "@annette:corp.example": "Annette Wolf",
        "@admin:corp.example": "Admin",
    },
    "ru": {
        "@ivan:corp.example": "Иван Петров",
        "@olga:corp.example": "Ольга Смирнова",
        "@anna.k:corp.example": "Анна Карлова",
        "@anna.p:corp.example": "Анна Попова",
        "@sergey:corp.example": "Сергей Ли",
    },
}
LABELS = {
    "legal": ["Legal", "Юристы"],
    "backend": ["Backend", "Бэкенд"],
    "front_end": ["Front end", "Фронтенд"],
}

Language = Literal["en", "ru"]


def around(lang: Language, now: datetime | None = None) -> Surroundings:
    tz = ZONES[lang]
    return Surroundings(
        now=now or datetime(2026, 11, 25, 10, tzinfo=ZoneInfo(tz)),
        tz=tz,
        lang=lang,
        people=PEOPLE[lang],
        me="@olga:corp.example",
        labels=LABELS,
    )


def corpus(lang: Language) -> list[dict[str, str]]:
    with (HERE / f"{lang}.tsv").open(newline="") as file:
        return list(csv.DictReader(file, delimiter="\t", quoting=csv.QUOTE_NONE))


def shown(when: When | None, lang: Language) -> str:
    if when is None:
        return ""
    if "date" in when:
        return when["date"]
    moment = datetime.fromtimestamp(when["at"] / 1000, ZoneInfo(when["tz"]))
    text = f"{moment:%Y-%m-%d %H:%M}"
    return text if when["tz"] == ZONES[lang] else f"{text} {when['tz']}"


def row(draft: Draft, lang: Language) -> dict[str, str]:
    return {
        "title": draft.title,
        "assigned_to": (draft.assigned_to or "").partition(":")[0],
        "due": shown(draft.due, lang),
        "due_otherwise": shown(draft.due_otherwise, lang),
        "priority": draft.priority or "",
        "labels": ",".join(draft.labels),
        "unknown_people": ",".join(draft.unknown_people),
    }


@pytest.mark.parametrize("phrase", corpus("en"), ids=lambda phrase: phrase["text"])
def test_english_phrases_are_read_as_people_mean_them(phrase: dict[str, str]) -> None:
    draft = parse_quick_add(phrase.pop("text"), around("en"))
    assert row(draft, "en") == phrase


@pytest.mark.parametrize("phrase", corpus("ru"), ids=lambda phrase: phrase["text"])
def test_russian_phrases_are_read_as_people_mean_them(phrase: dict[str, str]) -> None:
    draft = parse_quick_add(phrase.pop("text"), around("ru"))
    assert row(draft, "ru") == phrase


def test_each_corpus_has_two_hundred_phrases() -> None:
    assert len(corpus("en")) >= 200
    assert len(corpus("ru")) >= 200


def test_tokens_are_counted_as_browsers_count() -> None:
    text = "🎂 торт завтра в 15:00 @Иван !high #legal"
    draft = parse_quick_add(text, around("ru"))
    units = text.encode("utf-16-le")
    for token in draft.tokens:
        assert units[token.start * 2 : token.end * 2].decode("utf-16-le") == token.text
    assert [token.kind for token in draft.tokens] == ["due", "due", "person", "priority", "label"]


def test_a_slashed_date_follows_the_language_and_keeps_the_other_reading() -> None:
    english = parse_quick_add("Pay 5/6", around("en"))
    russian = parse_quick_add("Оплатить 5/6", around("ru"))
    may, june = {"date": "2027-05-06"}, {"date": "2027-06-05"}
    assert (english.due, english.due_otherwise) == (may, june)
    assert (russian.due, russian.due_otherwise) == (june, may)


def test_the_next_friday_is_next_weeks_or_the_coming_one() -> None:
    draft = parse_quick_add("Report next Friday", around("en"))
    assert (draft.due, draft.due_otherwise) == ({"date": "2026-12-04"}, {"date": "2026-11-27"})


def test_on_friday_the_next_friday_is_clear() -> None:
    friday = datetime(2026, 11, 27, 10, tzinfo=ZoneInfo("Europe/Berlin"))
    draft = parse_quick_add("Report next Friday", around("en", friday))
    assert (draft.due, draft.due_otherwise) == ({"date": "2026-12-04"}, None)


def test_the_weekend_is_today_on_a_sunday() -> None:
    sunday = datetime(2026, 11, 29, 10, tzinfo=ZoneInfo("Europe/Berlin"))
    assert parse_quick_add("Rest this weekend", around("en", sunday)).due == {"date": "2026-11-29"}


def test_the_last_day_of_a_month_is_kept_a_month_later() -> None:
    end = datetime(2027, 1, 31, 10, tzinfo=ZoneInfo("Europe/Berlin"))
    assert parse_quick_add("Pay in a month", around("en", end)).due == {"date": "2027-02-28"}
    assert parse_quick_add("Pay on the 30th", around("en", end)).due == {"date": "2027-03-30"}
    assert parse_quick_add("Plan next month", around("en", end)).due == {"date": "2027-02-01"}


def test_an_hour_that_a_clock_change_skips_is_the_next_that_exists() -> None:
    """In Berlin 02:30 does not exist on 28 March 2027."""
    draft = parse_quick_add("Deploy 28 March 2027 02:30", around("en"))
    assert shown(draft.due, "en") == "2027-03-28 03:30"


def test_half_past_five_in_the_morning_is_no_doubt() -> None:
    assert not parse_quick_add("Flight tomorrow at 5:30", around("en")).due_ambiguous
    assert not parse_quick_add("Рейс завтра в 5 утра", around("ru")).due_ambiguous


def test_text_in_quotes_is_never_read() -> None:
    draft = parse_quick_add('Translate "завтра" and «tomorrow !high #x»', around("en"))
    assert draft.title == 'Translate "завтра" and «tomorrow !high #x»'
    assert (draft.due, draft.labels) == (None, ())


def test_a_label_of_other_letters_becomes_a_slug() -> None:
    assert parse_quick_add("x #ёлка #щи-борщ", around("ru")).labels == ("elka", "shchi_borshch")


def test_no_more_labels_than_a_task_can_have() -> None:
    line = " ".join(f"#label{index}" for index in range(30))
    assert len(parse_quick_add(line, around("en")).labels) == 20


@pytest.mark.parametrize(
    ("when", "english", "russian"),
    [
        ({"date": "2026-12-04"}, "Friday, 4 December 2026", "пятница, 4 декабря 2026 г."),
        (
            {"at": 1796299200000, "tz": "Europe/Moscow"},
            "Thursday, 3 December 2026, 15:00",
            "четверг, 3 декабря 2026 г., 15:00",
        ),
    ],
)
def test_dates_are_spelled_out(when: When, english: str, russian: str) -> None:
    assert spelled_out(when, "en") == english
    assert spelled_out(when, "ru") == russian


@given(st.text(max_size=200))
def test_any_text_is_read(text: str) -> None:
    for lang in ("en", "ru"):
        draft = parse_quick_add(text, around(lang))
        assert all(token.start < token.end for token in draft.tokens)


WORDS = """
завтра в на до к через 3 15 5 12 31 15:00 25.12 5/6 пн среду дня часа утра мая @Иван @ivan !high !!
#legal «x» the next friday by at in two weeks end of month morning utc (мск) , . - по москве
2026-02-30 1st
"""


@given(st.lists(st.sampled_from(WORDS.split()), max_size=12).map(" ".join))
def test_words_of_dates_in_any_order_are_read(text: str) -> None:
    for lang in ("en", "ru"):
        draft = parse_quick_add(text, around(lang))
        assert draft.title == " ".join(draft.title.split())
        if draft.due is not None:
            assert any(token.kind == "due" for token in draft.tokens)


@pytest.mark.parametrize(
    "text", ["@" * 1000, "a@" * 500, "by " * 333, "в " * 500, '"' * 1000, "!" * 1000, "1/" * 500]
)
def test_hostile_lines_take_no_time(text: str) -> None:
    started = time.perf_counter()
    parse_quick_add(text, around("en"))
    assert time.perf_counter() - started < 1
