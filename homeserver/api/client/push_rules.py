"""Push rules of the caller."""

from __future__ import annotations

from homeserver.api.endpoint import Auth, Json, JsonObject, Query, endpoint
from homeserver.services.accounts.change_push_rules import ChangePushRules
from homeserver.services.ground.requester import Requester

_ALL = "/_matrix/client/v3/pushrules"
_RULE = _ALL + "/global/{kind}/{rule_id}"
_SPEC = "client-server-api/#{}_matrixclientv3pushrulesglobalkindruleid{}"


class PushRulesApi:
    def __init__(self, rules: ChangePushRules) -> None:
        self._rules = rules

    @endpoint(
        "GET",
        _ALL + "/",
        _ALL,
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3pushrules",
    )
    async def all(self, who: Requester) -> Json:
        """Every rule, the predefined ones included."""
        return (await self._rules.rules(who.user_id)).to_json()

    @endpoint(
        "GET",
        _ALL + "/global/",
        _ALL + "/global",
        auth=Auth.ACCESS_TOKEN,
        spec="client-server-api/#get_matrixclientv3pushrulesglobal",
    )
    async def of_scope(self, who: Requester) -> Json:
        """The rules of the only scope there is."""
        found: Json = (await self._rules.rules(who.user_id)).to_json()["global"]
        return found

    @endpoint("GET", _RULE, auth=Auth.ACCESS_TOKEN, spec=_SPEC.format("get", ""))
    async def get(self, who: Requester, kind: str, rule_id: str) -> Json:
        """One rule."""
        rules = await self._rules.rules(who.user_id)
        return rules.get(kind, rule_id).to_json(who.user_id)

    @endpoint("PUT", _RULE, auth=Auth.ACCESS_TOKEN, spec=_SPEC.format("put", ""))
    async def put(
        self, who: Requester, kind: str, rule_id: str, query: Query, body: JsonObject
    ) -> Json:
        """Add a rule, or replace one of the caller's own."""
        before, after = query.text("before"), query.text("after")
        await self._rules.change(
            who.user_id,
            lambda rules: rules.put(kind, rule_id, body, before=before, after=after),
        )
        return {}

    @endpoint("DELETE", _RULE, auth=Auth.ACCESS_TOKEN, spec=_SPEC.format("delete", ""))
    async def delete(self, who: Requester, kind: str, rule_id: str) -> Json:
        """Remove one of the caller's own rules."""
        await self._rules.change(who.user_id, lambda rules: rules.delete(kind, rule_id))
        return {}

    @endpoint(
        "GET", _RULE + "/enabled", auth=Auth.ACCESS_TOKEN, spec=_SPEC.format("get", "enabled")
    )
    async def enabled(self, who: Requester, kind: str, rule_id: str) -> Json:
        """Whether a rule is switched on."""
        rules = await self._rules.rules(who.user_id)
        return {"enabled": rules.get(kind, rule_id).enabled}

    @endpoint(
        "PUT", _RULE + "/enabled", auth=Auth.ACCESS_TOKEN, spec=_SPEC.format("put", "enabled")
    )
    async def set_enabled(self, who: Requester, kind: str, rule_id: str, body: JsonObject) -> Json:
        """Switch a rule on or off, predefined ones too."""
        await self._rules.change(who.user_id, lambda rules: rules.set_enabled(kind, rule_id, body))
        return {}

    @endpoint(
        "GET", _RULE + "/actions", auth=Auth.ACCESS_TOKEN, spec=_SPEC.format("get", "actions")
    )
    async def actions(self, who: Requester, kind: str, rule_id: str) -> Json:
        """What a rule does."""
        rules = await self._rules.rules(who.user_id)
        return {"actions": list(rules.get(kind, rule_id).actions)}

    @endpoint(
        "PUT", _RULE + "/actions", auth=Auth.ACCESS_TOKEN, spec=_SPEC.format("put", "actions")
    )
    async def set_actions(self, who: Requester, kind: str, rule_id: str, body: JsonObject) -> Json:
        """Let a rule do something else, predefined ones too."""
        await self._rules.change(who.user_id, lambda rules: rules.set_actions(kind, rule_id, body))
        return {}
