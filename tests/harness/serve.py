"""Runs the homeserver alone, in the foreground, as suites and benchmarks want it.

From the environment: SERVER_NAME (localhost), BIND_IP (127.0.0.1), DATA_DIR, PORT (8008) and,
optionally, DATABASE_URL. Registration is open, nothing is limited and passwords hash quickly. Where
Complement's certificate authority lies, TLS is served on 8448 with a certificate of its making.
Arguments are passed on. Everything set here is a setting that the server has anyway.
"""

from __future__ import annotations

import asyncio
import datetime
import ipaddress
import os
import sys
from pathlib import Path

import yaml
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from homeserver.config import load
from homeserver.installation import Refused, prepare

AUTHORITY = Path("/complement/ca")
APPSERVICES = "/complement/appservice/*.yaml"
SHARED_SECRET = "complement"
TLS_PORT = 8448


def configuration(
    server_name: str, address: str, port: int, database_url: str | None, certificate: Path | None
) -> dict[str, object]:
    """The settings. certificate: the folder of `tls.crt` and `tls.key`, if TLS is served."""
    values: dict[str, object] = {
        "server_name": server_name,
        "listen": {"host": address, "port": port},
        "database": {"url": database_url},
        "accounts": {"bcrypt_cost": 4, "password_min_length": 1},
        "registration": {"open": True, "shared_secret": SHARED_SECRET},
        "rate_limits": {"enabled": False},
        "network": {"allow_private_addresses": True},
        "appservices": {"registration_files": ["appservices/*.yaml", APPSERVICES]},
        "logging": {"level": "warning"},
    }
    if certificate is not None:
        values["tls"] = {
            "port": TLS_PORT,
            "certificate": str(certificate / "tls.crt"),
            "private_key": str(certificate / "tls.key"),
        }
        values["network"] = {
            "allow_private_addresses": True,
            "trusted_ca": str(AUTHORITY / "ca.crt"),
        }
    return values


def make_certificate(authority: Path, server_name: str, address: str, folder: Path) -> None:
    """Write `tls.crt` and `tls.key`: a leaf for the name and address, signed by the authority."""
    ca = x509.load_pem_x509_certificate((authority / "ca.crt").read_bytes())
    ca_key = serialization.load_pem_private_key((authority / "ca.key").read_bytes(), None)
    key = ec.generate_private_key(ec.SECP256R1())
    now = datetime.datetime.now(datetime.UTC)
    host = server_name.rpartition(":")[0] if ":" in server_name else server_name
    names: list[x509.GeneralName] = [x509.IPAddress(ipaddress.ip_address(address))]
    try:
        names.append(x509.IPAddress(ipaddress.ip_address(host)))
    except ValueError:
        names.append(x509.DNSName(host))
    leaf = (
        x509.CertificateBuilder()
        .subject_name(x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host[:64])]))
        .issuer_name(ca.subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=30))
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(ca_key, hashes.SHA256())  # type: ignore[arg-type]
    )
    pem = serialization.Encoding.PEM
    form = serialization.PrivateFormat.PKCS8
    private = key.private_bytes(pem, form, serialization.NoEncryption())
    (folder / "tls.key").touch(0o600)
    (folder / "tls.key").write_bytes(private)
    (folder / "tls.crt").write_bytes(leaf.public_bytes(pem))


def main(arguments: list[str]) -> None:
    environ = dict(os.environ)
    folder = Path(environ.pop("DATA_DIR", "data")).resolve()
    folder.mkdir(parents=True, exist_ok=True)
    name = environ.get("SERVER_NAME") or "localhost"
    address = environ.get("BIND_IP") or "127.0.0.1"
    port = int(environ.get("PORT") or 8008)
    tls = (AUTHORITY / "ca.crt").exists() and (AUTHORITY / "ca.key").exists()
    if tls and not (folder / "tls.crt").exists():
        make_certificate(AUTHORITY, name, address, folder)
    values = configuration(
        name, address, port, environ.get("DATABASE_URL") or None, folder if tls else None
    )
    path = folder / "serve.yaml"
    path.write_text(yaml.safe_dump(values))
    try:
        asyncio.run(prepare(load(path, {})))
    except Refused as refusal:
        raise SystemExit(str(refusal)) from None
    for variable in ("DATA", "HOST", "PORT", "SERVER_NAME", "DATABASE_URL"):
        environ.pop(variable, None)  # said in the file already
    command = [sys.executable, "-P", "-m", "homeserver", "run", "--config", str(path), *arguments]
    os.execve(sys.executable, command, environ)


if __name__ == "__main__":
    main(sys.argv[1:])
