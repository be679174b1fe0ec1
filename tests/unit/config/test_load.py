from __future__ import annotations

from pathlib import Path

import pytest

from homeserver.api.endpoint import Limit
from homeserver.config import Config, ConfigError, RateLimit, Secret, load
from homeserver.protocol.room_versions import ROOM_VERSIONS


def written(folder: Path, text: str) -> Path:
    path = folder / "config.yaml"
    path.write_text(text)
    return path


def test_an_empty_file_gives_the_defaults(tmp_path: Path) -> None:
    config = load(written(tmp_path, ""), {})
    assert config.server_name == "localhost"
    assert (config.listen.host, config.listen.port) == ("127.0.0.1", 8008)
    assert config.admin_user_id == "@admin:localhost"
    assert config.rate_limits.enabled
    assert not config.registration.open


def test_everything_lies_in_the_folder_of_the_file(tmp_path: Path) -> None:
    config = load(written(tmp_path, ""), {})
    assert config.data_dir == tmp_path
    assert config.keys.signing_key == tmp_path / "signing.key"
    assert config.media.path == tmp_path / "media"
    assert config.database_url == f"sqlite:///{tmp_path}/homeserver.db"


def test_paths_are_relative_to_the_data_folder(tmp_path: Path) -> None:
    config = load(written(tmp_path, "data_dir: kept\nmedia: {path: files}"), {})
    assert config.data_dir == tmp_path / "kept"
    assert config.media.path == tmp_path / "kept" / "files"


def test_an_absolute_path_stays_as_it_is(tmp_path: Path) -> None:
    assert load(written(tmp_path, "media: {path: /srv/media}"), {}).media.path == Path("/srv/media")


def test_without_a_file_the_data_is_where_the_environment_says(tmp_path: Path) -> None:
    assert load(None, {"DATA": str(tmp_path)}).data_dir == tmp_path
    assert load(None, {}).data_dir == Path.cwd() / "data"


def test_the_environment_wins_over_the_file(tmp_path: Path) -> None:
    path = written(tmp_path, "listen: {port: 1, keepalive_s: 9}")
    environ = {
        "HOST": "0.0.0.0",
        "PORT": "2",
        "SERVER_NAME": "example.org",
        "DATABASE_URL": "postgresql://u:p@127.0.0.1:5432/team",
        "RATE_LIMITS": "off",
        "TRUSTED_PROXIES": "10.0.0.0/8, ::1",
        "ACCESS_TOKEN_TTL": "3",
    }
    config = load(path, environ)
    assert (config.listen.host, config.listen.port, config.listen.keepalive_s) == ("0.0.0.0", 2, 9)
    assert config.server_name == "example.org"
    assert config.database_url == environ["DATABASE_URL"]
    assert not config.rate_limits.enabled
    assert config.listen.trusted_proxies == ("10.0.0.0/8", "::1")
    assert config.accounts.access_token_ttl_s == 3


def test_an_empty_variable_is_as_good_as_none(tmp_path: Path) -> None:
    assert load(written(tmp_path, "listen: {port: 7}"), {"PORT": ""}).listen.port == 7


@pytest.mark.parametrize(
    ("text", "key", "reason"),
    [
        ("listen: {prot: 1}", "listen.prot", "did you mean `port`"),
        ("servername: a", "servername", "did you mean `server_name`"),
        ("listen: {port: eighty}", "listen.port", "whole number"),
        ("listen: {port: true}", "listen.port", "whole number"),
        ("listen: {port: 70000}", "listen.port", "at most 65535"),
        ("listen: 8008", "listen", "section"),
        ("server_name: 'a b'", "server_name", "host name"),
        ("server_name: 7", "server_name", "quotes"),
        ("rate_limits: {enabled: 'no'}", "rate_limits.enabled", "true or false"),
        ("rate_limits: {login: {per_second: 0}}", "rate_limits.login.per_second", "at least"),
        ("rooms: {default_version: '13'}", "rooms.default_version", "one of 1, 2, .*, 11, 12"),
        ("database: {url: mysql://h/d}", "database.url", "postgresql://"),
        ("database: {url: 'postgresql://h:x/d'}", "database.url", "port"),
        ("public_baseurl: chat.example.org", "public_baseurl", "https://"),
        ("appservices: {registration_files: a.yaml}", "appservices.registration_files", "list"),
        ("listen: {trusted_proxies: ['10.0.0.300']}", "listen.trusted_proxies", "10.0.0.300"),
        ("media: {path: 7}", "media.path", "path"),
        ("tls: {port: 8448}", "tls.port", "tls.certificate"),
    ],
)
def test_an_error_names_the_key(tmp_path: Path, text: str, key: str, reason: str) -> None:
    with pytest.raises(ConfigError, match=reason) as caught:
        load(written(tmp_path, text), {})
    assert caught.value.key == key
    assert key in str(caught.value)
    assert "config.yaml" in str(caught.value)


@pytest.mark.parametrize("text", ["[1]", "a: [", "\tb: 1"])
def test_a_file_that_is_no_mapping_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(ConfigError, match=r"config\.yaml"):
        load(written(tmp_path, text), {})


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="cannot be read"):
        load(tmp_path / "none.yaml", {})


@pytest.mark.parametrize(
    "environ", [{"PORT": "x"}, {"PORT": "-1"}, {"RATE_LIMITS": "no"}, {"ACCESS_TOKEN_TTL": "1.5"}]
)
def test_a_wrong_variable_is_named(environ: dict[str, str]) -> None:
    (name,) = environ
    with pytest.raises(ConfigError, match=f"environment: {name}"):
        load(None, environ)


def test_a_secret_does_not_show_in_a_printed_configuration(tmp_path: Path) -> None:
    text = "registration: {shared_secret: hush}\ndatabase: {url: 'postgresql://u:pw1@h/d'}"
    config = load(written(tmp_path, text), {})
    assert config.registration.shared_secret == Secret("hush")
    assert "hush" not in repr(config)
    assert "pw1" not in repr(config)


def test_a_limit_may_be_changed_in_part(tmp_path: Path) -> None:
    config = load(written(tmp_path, "rate_limits: {messages: {burst: 3}}"), {})
    default = Config().rate_limits.messages
    assert config.rate_limits.messages == RateLimit(default.per_second, 3)


@pytest.mark.parametrize("version", [v.identifier for v in ROOM_VERSIONS.values() if v.stable])
def test_any_stable_version_may_be_that_of_new_rooms(tmp_path: Path, version: str) -> None:
    """A number without quotes will do."""
    config = load(written(tmp_path, f"rooms: {{default_version: {version}}}"), {})
    assert config.rooms.default_version == version


def test_every_class_of_limit_has_its_sizes() -> None:
    for limit in Limit:
        if limit is not Limit.NONE:
            assert isinstance(getattr(Config().rate_limits, limit.value), RateLimit)
