"""Registration files of application services."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
import yaml

from homeserver.config import ConfigError
from homeserver.services.appservices.appservice_registry import (
    Appservices,
    load_appservices,
    parse_registration,
)

BRIDGE: dict[str, Any] = {
    "id": "IRC Bridge",
    "url": "http://127.0.0.1:1234/",
    "as_token": "as",
    "hs_token": "hs",
    "sender_localpart": "_irc_bot",
    "namespaces": {
        "users": [{"exclusive": True, "regex": "@_irc_bridge_.*"}],
        "aliases": [{"exclusive": False, "regex": "#_irc_bridge_.*"}],
        "rooms": [],
    },
}


def _parsed(**change: Any) -> Any:
    return parse_registration(BRIDGE | change, "a.example", source="bridge.yaml")


def _write(folder: Path, name: str, **change: Any) -> None:
    (folder / name).write_text(yaml.safe_dump(BRIDGE | change))


def test_the_specifications_example_is_read() -> None:
    bridge = _parsed()
    assert bridge.sender == "@_irc_bot:a.example"
    assert bridge.url == "http://127.0.0.1:1234"
    assert bridge.rate_limited is True
    assert bridge.receive_ephemeral is False
    assert bridge.covers_user("@_irc_bridge_anna:a.example")
    assert bridge.covers_user("@_irc_bot:a.example")
    assert not bridge.covers_user("@anna:a.example")
    assert not bridge.covers_room("!any:a.example")


def test_only_local_users_are_covered() -> None:
    assert not _parsed().covers_user("@_irc_bridge_anna:b.example")
    assert not _parsed().owns_user("@_irc_bridge_anna:b.example")


def test_shared_namespaces_are_covered_but_not_owned() -> None:
    bridge = _parsed()
    assert bridge.covers_alias("#_irc_bridge_x:a.example")
    assert not bridge.owns_alias("#_irc_bridge_x:a.example")
    registry = Appservices([bridge])
    assert registry.owner_of("@_irc_bridge_anna:a.example") is bridge
    assert registry.owner_of("@_irc_bot:a.example") is bridge
    assert registry.owner_of("@anna:a.example") is None
    assert registry.owner_of_alias("#_irc_bridge_x:a.example") is None
    assert registry.interested_in_user("@_irc_bridge_anna:a.example") == [bridge]


def test_a_token_leads_to_its_owner_alone() -> None:
    bridge = _parsed()
    registry = Appservices([bridge])
    assert registry.by_token("as") is bridge
    for other in ("hs", "", "AS", "as ", "a", "\udc80", "\ud800"):
        assert registry.by_token(other) is None
    assert registry.by_id("IRC Bridge") is bridge
    assert Appservices().by_token("as") is None


@pytest.mark.parametrize("name", ["receive_ephemeral", "de.sorunome.msc2409.push_ephemeral"])
def test_ephemeral_data_is_asked_for_by_either_name(name: str) -> None:
    assert _parsed(**{name: True}).receive_ephemeral is True


def test_no_url_means_nothing_is_sent() -> None:
    assert _parsed(url=None).url is None


@pytest.mark.parametrize(
    ("change", "key"),
    [
        ({"id": None}, "id"),
        ({"as_token": ""}, "as_token"),
        ({"hs_token": 5}, "hs_token"),
        ({"url": "ftp://x"}, "url"),
        ({"url": 5}, "url"),
        ({"sender_localpart": "a b"}, "sender_localpart"),
        ({"namespaces": None}, "namespaces"),
        ({"namespaces": {"users": "@x"}}, "namespaces.users"),
        ({"namespaces": {"users": ["@x"]}}, "namespaces.users"),
        ({"namespaces": {"users": [{"exclusive": True}]}}, "regex"),
        ({"namespaces": {"rooms": [{"regex": "("}]}}, "namespaces.rooms"),
        ({"namespaces": {"aliases": [{"regex": "x", "exclusive": 1}]}}, "exclusive"),
        ({"rate_limited": "no"}, "rate_limited"),
        ({"protocols": "irc"}, "protocols"),
    ],
)
def test_a_wrong_registration_is_refused_by_key(change: dict[str, Any], key: str) -> None:
    with pytest.raises(ConfigError) as refused:
        _parsed(**change)
    assert refused.value.key == key


def test_files_are_found_by_name_and_by_pattern(tmp_path: Path) -> None:
    (tmp_path / "more").mkdir()
    _write(tmp_path, "one.yaml")
    _write(tmp_path / "more", "two.yaml", id="two", as_token="t2", sender_localpart="_two")
    found = load_appservices(["one.yaml", "more/*.yaml", "none/*.yaml"], tmp_path, "a.example")
    assert [each.id for each in found.all] == ["IRC Bridge", "two"]
    absolute = load_appservices([str(tmp_path / "more/*.yaml")], tmp_path, "a.example")
    assert [each.id for each in absolute.all] == ["two"]


def test_a_missing_or_broken_file_is_named(tmp_path: Path) -> None:
    (tmp_path / "broken.yaml").write_text("a: [")
    (tmp_path / "list.yaml").write_text("- a")
    for name in ("missing.yaml", "broken.yaml", "list.yaml"):
        with pytest.raises(ConfigError, match=name):
            load_appservices([name], tmp_path, "a.example")


@pytest.mark.parametrize("key", ["id", "as_token", "sender_localpart"])
def test_what_names_an_application_service_is_unique(tmp_path: Path, key: str) -> None:
    distinct = {"id": "two", "as_token": "t2", "sender_localpart": "_two"}
    _write(tmp_path, "1.yaml")
    _write(tmp_path, "2.yaml", **(distinct | {key: BRIDGE[key]}))
    with pytest.raises(ConfigError, match="another application service") as refused:
        load_appservices(["*.yaml"], tmp_path, "a.example")
    assert refused.value.key == key
