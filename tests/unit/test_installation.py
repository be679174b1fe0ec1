from __future__ import annotations

import socket
import stat
from pathlib import Path

import pytest
import yaml

from homeserver.config import load
from homeserver.installation import (
    Refused,
    configure,
    data_folder,
    make_key,
    prepare,
    prepare_tasks,
    write_once,
)
from homeserver.protocol.signing import SigningKey


def test_the_first_start_writes_a_configuration(tmp_path: Path) -> None:
    path, config = configure(tmp_path, {"SERVER_NAME": "example.org"})
    assert path == tmp_path / "config.yaml"
    assert config.server_name == "example.org"
    assert config.data_dir == tmp_path
    assert load(path, {}) == config


def test_a_later_start_keeps_what_was_written_into_it(tmp_path: Path) -> None:
    path, _ = configure(tmp_path, {})
    path.write_text("server_name: localhost\naccounts: {bcrypt_cost: 5}\n")
    assert configure(tmp_path, {"PORT": "9"})[1].accounts.bcrypt_cost == 5


def test_the_name_of_existing_data_cannot_change(tmp_path: Path) -> None:
    configure(tmp_path, {"SERVER_NAME": "a.example"})
    configure(tmp_path, {})
    configure(tmp_path, {"SERVER_NAME": "a.example"})
    with pytest.raises(Refused, match=r"belongs to the server name a\.example"):
        configure(tmp_path, {"SERVER_NAME": "b.example"})


def test_a_wrong_key_is_a_sentence(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text("servername: a")
    with pytest.raises(Refused, match="did you mean `server_name`"):
        configure(tmp_path, {})


def test_a_wrong_name_leaves_no_file_behind(tmp_path: Path) -> None:
    with pytest.raises(Refused, match="host name"):
        configure(tmp_path, {"SERVER_NAME": "not a name"})
    assert list(tmp_path.iterdir()) == []


def test_a_data_folder_that_is_a_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(Refused, match="cannot be written to"):
        data_folder({"DATA": str(tmp_path / "file")})


def test_a_key_is_for_its_owner_alone(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    make_key(path)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert SigningKey.parse(path.read_text()).key_id.startswith("ed25519:a_")


def test_a_key_is_never_overwritten(tmp_path: Path) -> None:
    path = tmp_path / "signing.key"
    make_key(path)
    before = path.read_text()
    with pytest.raises(Refused, match="exists already"):
        make_key(path)
    assert path.read_text() == before


def test_a_file_is_written_as_a_whole(tmp_path: Path) -> None:
    write_once(tmp_path / "a", "text")
    with pytest.raises(FileExistsError):
        write_once(tmp_path / "a", "other")
    assert [path.name for path in tmp_path.iterdir()] == ["a"]
    assert (tmp_path / "a").read_text() == "text"


async def test_keys_and_tables_are_made_once(tmp_path: Path, database_url: str) -> None:
    _, config = configure(tmp_path, {"DATABASE_URL": database_url})
    await prepare(config)
    key = config.keys.signing_key.read_text()
    await prepare(config)
    assert config.keys.signing_key.read_text() == key
    assert config.keys.token_key.read_text() != key


async def test_a_lost_signing_key_is_not_replaced_silently(
    tmp_path: Path, database_url: str
) -> None:
    _, config = configure(tmp_path, {"DATABASE_URL": database_url})
    await prepare(config)
    config.keys.signing_key.unlink()
    with pytest.raises(Refused, match="restore it from a backup"):
        await prepare(config)


@pytest.mark.parametrize(
    ("url", "reason"),
    [
        ("postgresql://someone:hush@127.0.0.1:9/team", r"127\.0\.0\.1:9/team cannot be used"),
        ("sqlite:////proc/none/homeserver.db", "unable to open"),
    ],
)
async def test_a_database_out_of_reach_is_a_sentence(tmp_path: Path, url: str, reason: str) -> None:
    _, config = configure(tmp_path, {"DATABASE_URL": url})
    with pytest.raises(Refused, match=reason) as refusal:
        await prepare(config)
    assert "hush" not in str(refusal.value)


def test_the_tasks_service_is_registered_on_the_first_start(tmp_path: Path) -> None:
    _, config = configure(tmp_path, {"SERVER_NAME": "a.example"})
    prepared = prepare_tasks(config)
    assert prepared is not None
    path, port = prepared
    tasks = yaml.safe_load(path.read_text())
    registration = yaml.safe_load((tmp_path / "tasks.registration.yaml").read_text())
    assert registration["url"] == f"http://127.0.0.1:{port}"
    assert tasks["listen"]["port"] == port
    assert tasks["authority"] == "@tasks:a.example"
    assert (tasks["as_token"], tasks["hs_token"]) == (
        registration["as_token"],
        registration["hs_token"],
    )
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert prepare_tasks(config) == prepared


def test_a_port_that_somebody_took_is_replaced_in_both_files(tmp_path: Path) -> None:
    _, config = configure(tmp_path, {})
    prepared = prepare_tasks(config)
    assert prepared is not None
    before = yaml.safe_load((tmp_path / "tasks.yaml").read_text())
    with socket.socket() as somebody:
        somebody.bind(("127.0.0.1", prepared[1]))
        somebody.listen()
        again = prepare_tasks(config)
    assert again is not None
    assert again[1] != prepared[1]
    after = yaml.safe_load((tmp_path / "tasks.yaml").read_text())
    assert after == before | {"listen": {"host": "127.0.0.1", "port": again[1]}}
    registration = yaml.safe_load((tmp_path / "tasks.registration.yaml").read_text())
    assert registration["url"] == f"http://127.0.0.1:{again[1]}"
