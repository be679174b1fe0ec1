"""Messages of rooms, what a person was told, and the feed."""

from __future__ import annotations

from appservice_tasks.api.endpoint import Answer, Call, endpoint
from appservice_tasks.errors import invalid
from appservice_tasks.services.feed import Feed
from appservice_tasks.services.inbox import Inbox
from appservice_tasks.services.limits import Limit
from appservice_tasks.services.messages import Messages, NewMessage


class MessagesApi:
    def __init__(self, messages: Messages) -> None:
        self._messages = messages

    @endpoint("GET", "/v1/messages", "listMessages")
    async def page(self, call: Call) -> Answer:
        """Messages of one room, or the newest of all rooms that the caller is in."""
        query = call.query
        if "room_id" in query:
            page = await self._messages.of_room(
                call.who,
                query["room_id"],
                limit=query["limit"],
                cursor=query.get("cursor"),
                backwards=query["dir"] == "b",
                thread=query.get("thread"),
            )
            return Answer(page)
        if "thread" in query:
            raise invalid("/room_id", "required", "A thread is in a room")
        if query["dir"] != "b":
            raise invalid("/room_id", "required", "Only one room can be read from its beginning")
        newest = await self._messages.newest(
            call.who, limit=query["limit"], cursor=query.get("cursor")
        )
        return Answer(newest)

    @endpoint("POST", "/v1/messages", "sendMessage", limit=Limit.WRITE)
    async def send(self, call: Call) -> Answer:
        """Write into a room as the caller."""
        body = call.body
        new = NewMessage(body["body"], body.get("formatted_body"), body.get("thread"))
        key = call.headers.get("Idempotency-Key")
        return Answer(await self._messages.send(call.who, body["room_id"], new, txn_id=key), 201)


class NotificationsApi:
    def __init__(self, inbox: Inbox) -> None:
        self._inbox = inbox

    @endpoint("GET", "/v1/notifications", "listNotifications")
    async def page(self, call: Call) -> Answer:
        """What the caller was told, newest first."""
        page = await self._inbox.page(
            call.who.user_id,
            unread=call.query.get("unread") is True,
            limit=call.query["limit"],
            cursor=call.query.get("cursor"),
        )
        return Answer(page)

    @endpoint("POST", "/v1/notifications/read", "markRead", limit=Limit.WRITE)
    async def mark_read(self, call: Call) -> Answer:
        """Mark as read."""
        await self._inbox.mark_read(call.who.user_id, call.body)
        return Answer(status=204)


class FeedApi:
    def __init__(self, feed: Feed) -> None:
        self._feed = feed

    @endpoint("GET", "/v1/feed", "feed")
    async def read(self, call: Call) -> Answer:
        """What happened after a position."""
        items, following = await self._feed.wait_for(
            call.who.user_id,
            call.query.get("since"),
            call.query["limit"],
            seconds=call.query["wait"],
        )
        return Answer({"data": items, "next": following})
