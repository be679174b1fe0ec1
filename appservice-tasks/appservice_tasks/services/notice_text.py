"""What notices say in the personal room, in Russian and English."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime
from typing import Final
from zoneinfo import ZoneInfo

from appservice_tasks.contracts import Language, NotificationKind, Snapshot, When
from appservice_tasks.domain.text import Telling
from appservice_tasks.domain.zones import is_zone

_SAID: Final[Mapping[Language, Mapping[NotificationKind, str]]] = {
    "en": {
        "assigned": "{actor} assigned {task} to you{due}",
        "requested": "{actor} asks you to take {task}{due}",
        "accepted": "{actor} accepted {task}",
        "declined": "{actor} declined {task}{reason}",
        "returned": "{actor} returned {task} to you{reason}",
        "unassigned": "{actor} took {task} off you",
        "status": "{actor}: {task} is now “{status}”",
        "mention": "{actor} mentioned you in {task}",
        "due": "{task} is due{due_bare}",
        "overdue": "{task} is overdue{due_was}",
    },
    "ru": {
        "assigned": "{actor}: вам поручена задача {task}{due}",
        "requested": "{actor} просит вас взять задачу {task}{due}",
        "accepted": "{actor}: задача {task} принята",
        "declined": "{actor}: отказ от задачи {task}{reason}",
        "returned": "{actor}: задача {task} вернулась к вам{reason}",
        "unassigned": "{actor}: задача {task} больше не ваша",
        "status": "{actor}: {task} — «{status}»",
        "mention": "{actor}: упоминание о вас в задаче {task}",
        "due": "Срок задачи {task}{due_bare}",
        "overdue": "Задача {task} просрочена{due_was}",
    },
}
_DUE: Final[Mapping[Language, tuple[str, str, str]]] = {
    "en": (", due {when}", " {when}", " (due {when})"),
    "ru": (", срок {when}", ": {when}", " (срок {when})"),
}
_SOMEBODY: Final[Mapping[Language, str]] = {"en": "Somebody", "ru": "Кто-то"}


def notice_text(
    kind: NotificationKind,
    snapshot: Snapshot,
    *,
    lang: Language,
    tz: str,
    actor: str | None,
    telling: Telling,
    reason: str | None = None,
) -> str:
    """One line. actor: a display name; None: the clock."""
    when = when_text(snapshot.get("due"), lang, tz)
    after, bare, was = (each.format(when=when) if when else "" for each in _DUE[lang])
    return _SAID[lang][kind].format(
        actor=actor or _SOMEBODY[lang],
        task=f"{snapshot['key']} {snapshot['title']}",
        status=telling.status(snapshot["status"]),
        reason=f": {reason}" if reason else "",
        due=after,
        due_bare=bare,
        due_was=was,
    )


def when_text(when: When | None, lang: Language, tz: str) -> str:
    """A day or a moment as the reader writes it, in the reader's zone; "" for none."""
    if when is None:
        return ""
    if "date" in when:
        day = date.fromisoformat(when["date"])
        return day.strftime("%d.%m.%Y") if lang == "ru" else day.isoformat()
    zone = ZoneInfo(tz) if is_zone(tz) else UTC
    moment = datetime.fromtimestamp(when["at"] / 1000, zone)
    return moment.strftime("%d.%m.%Y %H:%M" if lang == "ru" else "%Y-%m-%d %H:%M")
