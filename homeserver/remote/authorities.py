"""Whose word is believed about other servers' certificates: read when the first is looked at.

The authorities of a system are some 140 certificates, 2 MiB and 30 ms of a start. aiohttp reads
them when it is imported; most servers never ask anybody by TLS.
"""

from __future__ import annotations

import contextlib
import os
import ssl
from collections.abc import Iterator
from pathlib import Path

_WHERE = "SSL_CERT_FILE", "SSL_CERT_DIR"  # what OpenSSL takes instead of the system's


@contextlib.contextmanager
def read_later() -> Iterator[None]:
    """For the import of aiohttp: its own default then believes nobody, and a connection that was
    not given `authorities` is refused. The environment of the whole process changes meanwhile."""
    before = {name: os.environ.get(name) for name in _WHERE}
    os.environ.update(dict.fromkeys(_WHERE, os.devnull))
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value


def authorities(also: Path | None = None) -> ssl.SSLContext:
    """Those of the system, or of SSL_CERT_FILE, and those of a file. Reads from disk."""
    context = ssl.create_default_context()
    if also is not None:
        context.load_verify_locations(also)
    return context


def is_secure(url: str) -> bool:
    """Whether a connection to this address shows a certificate."""
    return url[:6].lower() == "https:"
