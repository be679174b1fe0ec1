"""The faces of the service, put together: REST below /v1, Socket.IO at /socket.io/ and /ws/."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from aiohttp import web

from appservice_tasks.api.admin import AdminApi
from appservice_tasks.api.chat import FeedApi, MessagesApi, NotificationsApi
from appservice_tasks.api.commands import CommandsApi
from appservice_tasks.api.endpoint import endpoints_of
from appservice_tasks.api.me import MeApi
from appservice_tasks.api.rooms import RoomsApi
from appservice_tasks.api.server import HttpApi
from appservice_tasks.api.sign_in import SignInApi
from appservice_tasks.api.tasks import TasksApi
from appservice_tasks.config import Config
from appservice_tasks.contracts import FeedItem, Notification, Outcome
from appservice_tasks.matrix_client import MatrixClient, MatrixEvent, Refused, Unavailable
from appservice_tasks.observe import get_logger
from appservice_tasks.realtime.namespace import TasksNamespace
from appservice_tasks.realtime.people import People
from appservice_tasks.realtime.sockets import Sockets
from appservice_tasks.services.calendars import Calendars
from appservice_tasks.services.change_tasks import ChangeTasks
from appservice_tasks.services.circumstances import Circumstances
from appservice_tasks.services.delegations import Delegations
from appservice_tasks.services.feed import Feed
from appservice_tasks.services.first_visit import FirstVisit
from appservice_tasks.services.inbox import Inbox
from appservice_tasks.services.limits import Limits
from appservice_tasks.services.list_tasks import ListTasks
from appservice_tasks.services.maintain import Maintain
from appservice_tasks.services.messages import Messages
from appservice_tasks.services.offboarding import ReturnTasks
from appservice_tasks.services.org import Org
from appservice_tasks.services.own_rooms import OwnRooms
from appservice_tasks.services.provision import Provision
from appservice_tasks.services.quick_add import QuickAdd
from appservice_tasks.services.read_task import ReadTask
from appservice_tasks.services.reminders import Reminders
from appservice_tasks.services.set_up_room import SetUpRoom
from appservice_tasks.services.settings import PersonalSettings
from appservice_tasks.services.show_tasks import ShowTasks
from appservice_tasks.services.sign_in import SignIn
from appservice_tasks.services.submit import Submit, outcome_of
from appservice_tasks.services.who import Who
from appservice_tasks.services.work import Work
from appservice_tasks.storage import feed, ledger, news, notifications, people
from appservice_tasks.storage.feed import FeedRow
from appservice_tasks.storage.news import News
from appservice_tasks.storage.notifications import StoredNotice
from appservice_tasks.storage.watch import Watch

log = get_logger(__name__)

_PAGE = 1000
"""Rows of the feed that are read at once."""


@dataclass(frozen=True)
class Faces:
    """What the outside speaks to. Started, it tells what happens."""

    http: HttpApi
    sockets: Sockets
    first_visit: FirstVisit

    def add_to(self, app: web.Application) -> None:
        """Answers in an application."""
        app.router.add_route("*", "/v1", self.http.handle)
        app.router.add_route("*", r"/v1/{tail:[\s\S]*}", self.http.handle)
        self.sockets.attach(app)

    async def start(self) -> None:
        """Begins to tell."""
        await self.sockets.start()

    async def stop(self) -> None:
        """Closes every socket."""
        await self.sockets.stop()
        await self.first_visit.stop()


class _Shown:
    """What the socket shows, as `realtime.sockets.Shown` says."""

    def __init__(self, work: Work, homeserver: MatrixClient, feed: Feed, inbox: Inbox) -> None:
        self._holder = work.holder
        self._database = work.database
        self._homeserver = homeserver
        self._feed = feed
        self._inbox = inbox

    async def items(self, user_id: str, rows: Sequence[FeedRow]) -> list[FeedItem]:
        return await self._feed.items(user_id, rows)

    async def notification(self, notice: StoredNotice) -> Notification | None:
        return await self._inbox.notification(notice)

    async def rows(self, since: int | None) -> tuple[Sequence[FeedRow], int]:
        async with self._database.read() as conn:
            if since is None:
                return [], await feed.head(conn)
            found = await feed.everything_after(conn, since, _PAGE)
        return found, found[-1].seq if found else since

    def watch(self) -> Watch:
        return self._database.watch()

    async def outcome(self, actor: str, cmd_id: str) -> Outcome | None:
        async with self._database.read() as conn:
            known = await ledger.known(conn, actor, cmd_id)
        return None if known is None else outcome_of(known, cmd_id)

    async def news(self, since: int | None) -> tuple[Sequence[News], int]:
        async with self._database.read() as conn:
            if since is None:
                return [], await news.head(conn)
            return await news.of_others(conn, self._holder, since, _PAGE)

    async def notice(self, notice_id: str) -> StoredNotice | None:
        async with self._database.read() as conn:
            return await notifications.find(conn, notice_id)

    async def event(self, room_id: str, event_id: str) -> MatrixEvent | None:
        try:
            return await self._homeserver.event(room_id, event_id)
        except (Refused, Unavailable) as error:
            log.warning("message_not_passed_on", room_id=room_id, reason=str(error))
            return None


def build_faces(
    config: Config,
    work: Work,
    homeserver: MatrixClient,
    circumstances: Circumstances,
    submit: Submit,
    set_up: SetUpRoom,
    own_rooms: OwnRooms,
    reminders: Reminders,
    maintain: Maintain,
) -> Faces:
    """Builds them over the services that decide. Nothing listens yet."""
    database, clock = work.database, work.clock
    org = Org(work, circumstances, config.server_name)
    first_visit = FirstVisit(database, circumstances, own_rooms)
    who = Who(homeserver, config.server_name, learn=org.note_admin, greet=first_visit.greet)
    limits = Limits(enabled=config.rate_limits)
    show = ShowTasks(circumstances)
    settings = PersonalSettings(
        work, config.timezone, config.language, changed=reminders.preferences_changed
    )
    messages = Messages(homeserver)
    delegations = Delegations(work, circumstances)
    change = ChangeTasks(database, homeserver, submit, show, own_rooms, delegations)
    feed = Feed(database, show, work.bus)
    inbox = Inbox(work, show)
    offboarding = ReturnTasks(work, circumstances, submit)

    async def by_email(email: str) -> str | None:
        async with database.read() as conn:
            return await people.by_email(conn, email)

    apis: list[object] = [
        SignInApi(SignIn(homeserver, who, by_email)),
        TasksApi(
            ListTasks(database, homeserver, show, settings, clock),
            ReadTask(database, show, messages),
            change,
        ),
        CommandsApi(change, QuickAdd(database, homeserver, settings, clock)),
        FeedApi(feed),
        MessagesApi(messages),
        NotificationsApi(inbox),
        RoomsApi(set_up),
        MeApi(settings, Calendars(work, circumstances, show), delegations),
        AdminApi(Provision(work, homeserver, config.authority, offboarding), org, maintain),
    ]
    http = HttpApi((endpoints_of(api) for api in apis), who, limits, public_url=config.public_url)
    listening = People()
    namespace = TasksNamespace(listening, who, homeserver, messages, change, feed, limits)
    shown = _Shown(work, homeserver, feed, inbox)
    return Faces(http, Sockets(listening, namespace, who, shown, work.bus), first_visit)
