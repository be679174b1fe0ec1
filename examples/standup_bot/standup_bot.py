"""Asks a team what it is up to; each line of an answer that begins with "- " becomes a task.

Run it once a day; README.md says how to make its account. It may be stopped and started again at
any time: a question is asked once a day, a line becomes one task.
"""

from __future__ import annotations

import json
import os
import time
import urllib.request
import uuid
from pathlib import Path
from typing import Any
from urllib.parse import quote, urlencode

SERVER, TOKEN, ROOM = (os.environ[name] for name in ("TEAM_URL", "BOT_TOKEN", "ROOM_ID"))
QUESTION = os.environ.get("QUESTION", "Stand-up: what do you do today? Answer with - lines.")
SECONDS = float(os.environ.get("SECONDS", "3600"))
DELEGATED: dict[str, str] = json.loads(
    Path(os.environ.get("DELEGATIONS") or os.devnull).read_text() or "{}"
)


def call(method: str, path: str, body: Any = None, key: str = "", delegated: str = "") -> Any:
    """A request as the bot. key: makes a repetition harmless. delegated: for whom it acts."""
    headers = {"Authorization": f"Bearer {TOKEN}", "Content-Type": "application/json"}
    headers |= {"Idempotency-Key": str(uuid.uuid5(uuid.NAMESPACE_URL, ROOM + key))} if key else {}
    headers |= {"Delegated-Token": delegated} if delegated else {}
    data = None if body is None else json.dumps(body).encode()
    request = urllib.request.Request(SERVER + path, data, headers, method=method)
    with urllib.request.urlopen(request, timeout=60) as answer:
        return json.load(answer)


def open_task(reply: Any, number: int, title: str) -> str:
    """The task of a line: the person's own if they let the bot act for them, else nobody's yet."""
    sender, key = reply["sender"], f"{reply['event_id']}/{number}"
    source = {"room_id": ROOM, "event_id": reply["event_id"]}
    body = {"title": title[:255], "room_id": ROOM, "source": source}
    if sender in DELEGATED:
        body["assigned_to"] = sender
    try:
        task = call("POST", "/v1/tasks", body, key, DELEGATED.get(sender, ""))
    except urllib.error.HTTPError as error:
        return f"{title}: {json.load(error)['code']}"
    return f"{task['key']} {task['title']}"


def run() -> None:
    """Joins, asks, and answers answers until the time is over."""
    call("POST", f"/_matrix/client/v3/join/{quote(ROOM)}", {})
    question = {"room_id": ROOM, "body": QUESTION}
    thread = call("POST", "/v1/messages", question, time.strftime("ask %Y-%m-%d"))["event_id"]
    page = f"/v1/messages?{urlencode({'room_id': ROOM, 'thread': thread, 'limit': 100})}"
    me, done, end = (
        call("GET", "/_matrix/client/v3/account/whoami")["user_id"],
        set(),
        time.time() + SECONDS,
    )
    while time.time() < end:
        for reply in reversed(call("GET", page)["data"]):
            titles = [line[2:].strip() for line in reply["body"].splitlines() if line[:2] == "- "]
            if reply["sender"] == me or reply["event_id"] in done or not any(titles):
                continue
            opened = [open_task(reply, *each) for each in enumerate(titles) if each[1]]
            said = {"room_id": ROOM, "thread": thread, "body": "\n".join(opened)}
            call("POST", "/v1/messages", said, f"said {reply['event_id']}")
            done.add(reply["event_id"])
        time.sleep(1)


if __name__ == "__main__":
    run()
