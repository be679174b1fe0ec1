from __future__ import annotations

import ssl
from pathlib import Path

import pytest
import yaml

from homeserver.config import load
from tests.harness.certificates import make_authority
from tests.harness.serve import configuration, make_certificate


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `ca.crt` and `ca.key`, as Complement makes them."""
    folder = tmp_path_factory.mktemp("ca")
    make_authority(folder)
    return folder


def handshake(authority: Path, folder: Path, name: str) -> None:
    """A TLS handshake in memory, in which the client wants `name`; SSLError when it refuses."""
    server_side = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    server_side.load_cert_chain(folder / "tls.crt", folder / "tls.key")
    to_server, to_client = ssl.MemoryBIO(), ssl.MemoryBIO()
    server = server_side.wrap_bio(to_server, to_client, server_side=True)
    client = ssl.create_default_context(cafile=str(authority / "ca.crt")).wrap_bio(
        to_client, to_server, server_hostname=name
    )
    finished: set[ssl.SSLObject] = set()
    while len(finished) < 2:
        for side in (client, server):
            try:
                side.do_handshake()
                finished.add(side)
            except ssl.SSLWantReadError:
                continue


@pytest.mark.parametrize(
    ("server_name", "wanted"),
    [("hs1", "hs1"), ("hs1:8448", "hs1"), ("127.0.0.1:9", "127.0.0.1"), ("hs1", "127.0.0.1")],
)
def test_the_certificate_is_good_for_the_name_and_the_address(
    authority: Path, tmp_path: Path, server_name: str, wanted: str
) -> None:
    make_certificate(authority, server_name, "127.0.0.1", tmp_path)
    handshake(authority, tmp_path, wanted)


def test_the_certificate_is_good_for_no_other_name(authority: Path, tmp_path: Path) -> None:
    make_certificate(authority, "hs1", "127.0.0.1", tmp_path)
    with pytest.raises(ssl.SSLCertVerificationError, match="hs2"):
        handshake(authority, tmp_path, "hs2")


def test_the_configuration_is_one_that_the_server_takes(tmp_path: Path) -> None:
    path = tmp_path / "serve.yaml"
    path.write_text(yaml.safe_dump(configuration("hs1", "127.0.0.2", 8008, None, tmp_path)))
    config = load(path, {})
    assert (config.listen.host, config.tls.port) == ("127.0.0.2", 8448)
    assert config.registration.open
    assert config.registration.shared_secret == "complement"
    assert config.accounts.bcrypt_cost == 4
    assert not config.rate_limits.enabled
    assert config.network.allow_private_addresses
    assert config.network.trusted_ca == Path("/complement/ca/ca.crt")
