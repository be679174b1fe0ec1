"""When the certificates of authorities are read, and by whom."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

from homeserver.config import REPOSITORY
from tests.harness.certificates import make_authority

PROGRAM = """
import os
from homeserver.remote.authorities import authorities, read_later
before = dict(os.environ)
with read_later():
    from aiohttp import connector
assert dict(os.environ) == before
for context in (connector._SSL_CONTEXT_VERIFIED, authorities()):
    print(context.verify_mode.name, len(context.get_ca_certs()))
"""


def test_aiohttp_reads_none_and_believes_nobody(tmp_path: Path) -> None:
    make_authority(tmp_path)
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=REPOSITORY,
        env={**os.environ, "SSL_CERT_FILE": str(tmp_path / "ca.crt")},
        check=True,
        capture_output=True,
        text=True,
    )
    assert done.stdout.splitlines() == ["CERT_REQUIRED 0", "CERT_REQUIRED 1"]
