"""Interactive authentication: the person at the keyboard proves who they are, once more.

Source: client-server-api, "User-Interactive Authentication API".
"""

from __future__ import annotations

import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import orjson

from homeserver.errors import Forbidden, InvalidParam, MatrixError, Unauthorized
from homeserver.ids import UserId
from homeserver.protocol.canonical_json import encode
from homeserver.services.accounts.credentials import Credentials
from homeserver.services.accounts.tokens import hash_token
from homeserver.services.ground.clock import Clock
from homeserver.storage import uia_sessions
from homeserver.storage.commit import Committer, Write, statements
from homeserver.storage.database import Database

PASSWORD = "m.login.password"
DUMMY = "m.login.dummy"


class AuthenticationRequired(Unauthorized):
    """What is still to be done. ``failure``: why the stage attempted just now did not succeed."""

    def __init__(
        self,
        session: str,
        flow: Sequence[str],
        completed: Sequence[str],
        failure: MatrixError | None = None,
    ) -> None:
        super().__init__("Authentication is required" if failure is None else failure.message)
        self.failure = failure
        self.answer: dict[str, Any] = {
            "session": session,
            "flows": [{"stages": list(flow)}],
            "params": {},
        }
        if completed:
            self.answer["completed"] = list(completed)
        if failure is not None:
            self.answer |= {"errcode": failure.errcode, "error": failure.message}

    def body(self) -> dict[str, Any]:
        # Without a failure it is a question, not an error: no errcode.
        return self.answer


@dataclass(frozen=True, slots=True)
class _State:
    """What a client has done so far; without an id where nothing needed to be remembered."""

    session: str | None = None
    completed: list[str] = field(default_factory=list)


class InteractiveAuth:
    """Leads a client through the stages of a flow. Sessions are remembered for ``ttl_ms``."""

    def __init__(
        self,
        database: Database,
        committer: Committer,
        credentials: Credentials,
        clock: Clock,
        *,
        ttl_ms: int,
    ) -> None:
        self._database = database
        self._committer = committer
        self._credentials = credentials
        self._clock = clock
        self._ttl = ttl_ms

    async def require(
        self,
        operation: str,
        body: Mapping[str, Any],
        flow: Sequence[str],
        *,
        user_id: UserId | None = None,
        fixed: bool = True,
    ) -> None:
        """Returns once every stage of the flow has been completed, in order.

        operation: what is to be done, and to what: a session for one thing is no good for another.
        body: the request's body, with what the client says in ``auth``.
        user_id: whose password the password stage wants.
        fixed: the rest of the body may not change between the stages.
        Raises AuthenticationRequired; Forbidden when another user authenticates, or when what is
        asked for changed; InvalidParam; LimitExceeded after too many wrong passwords.
        """
        auth = body.get("auth")
        if auth is None:
            session = await self._remember(operation, body, _State(), fixed=fixed)
            raise AuthenticationRequired(session, flow, ())
        if not isinstance(auth, Mapping):
            raise InvalidParam("auth is not an object")
        state = await self._recall(operation, body, auth.get("session"), fixed=fixed)
        done = state.completed
        stage = auth.get("type")
        if stage is not None and stage not in done:
            wanted = flow[len(done)] if len(done) < len(flow) else None
            failure: MatrixError | None = None
            if stage != wanted:
                failure = Unauthorized("This stage is not the next one")
            else:
                failure = await self._attempt(stage, auth, user_id)
            if failure is None:
                done = [*done, str(stage)]
            else:
                session = await self._remember(operation, body, state, fixed=fixed)
                raise AuthenticationRequired(session, flow, done, failure)
        if len(done) < len(flow):
            state = _State(state.session, done)
            session = await self._remember(operation, body, state, fixed=fixed)
            raise AuthenticationRequired(session, flow, done)
        if state.session is not None:
            await self._forget(state.session)

    async def _attempt(
        self, stage: str, auth: Mapping[str, Any], user_id: UserId | None
    ) -> MatrixError | None:
        """Why the stage did not succeed, None if it did."""
        if stage == DUMMY:
            return None
        assert stage == PASSWORD
        assert user_id is not None
        named = self._credentials.user_named({"user": user_id, **auth})
        try:
            await self._credentials.check(named, auth.get("password"))
        except Forbidden as error:
            return error
        if named != user_id:
            raise Forbidden("Somebody else has authenticated")
        return None

    async def _remember(
        self, operation: str, body: Mapping[str, Any], state: _State, *, fixed: bool
    ) -> str:
        now = self._clock()
        session = state.session or secrets.token_urlsafe(18)
        request = {"seal": _seal(session, body) if fixed else None}
        put = {
            "session_id": hash_token(session),
            "operation": operation,
            "request": orjson.dumps(request),
            "completed": orjson.dumps(state.completed),
            "created_ts": now,
        }
        await self._committer.commit(
            Write(
                bind=statements(
                    (uia_sessions.DELETE_EXPIRED, {"before": now - self._ttl}),
                    (uia_sessions.PUT, put),
                )
            )
        )
        return session

    async def _recall(
        self, operation: str, body: Mapping[str, Any], session: object, *, fixed: bool
    ) -> _State:
        if session is None:
            return _State()
        if not isinstance(session, str):
            raise InvalidParam("session is not text")
        async with self._database.read() as conn:
            stored = await uia_sessions.session(
                conn, hash_token(session), after=self._clock() - self._ttl
            )
        if stored is None:
            raise InvalidParam("Unknown session")
        if stored.operation != operation:
            raise Forbidden("The session belongs to another operation")
        seal = orjson.loads(stored.request)["seal"]
        if fixed and seal is not None:
            given = _seal(session, body)
            if given is None or not hmac.compare_digest(seal, given):
                raise Forbidden("The request changed while it was being authenticated")
        return _State(session, orjson.loads(stored.completed))

    async def _forget(self, session: str) -> None:
        await self._committer.commit(
            Write(bind=statements((uia_sessions.DELETE, {"session_id": hash_token(session)})))
        )


def _seal(session: str, body: Mapping[str, Any]) -> str | None:
    """Tells whether a request is still the same without keeping it: it may hold a password.

    The key is the session's id, which the database does not have. A request that says nothing yet
    (clients ask so for the flows) binds nothing.
    """
    said = {key: value for key, value in body.items() if key != "auth"}
    if not said:
        return None
    return hmac.digest(session.encode(), encode(said), "sha256").hex()
