"""Node, for the tests that need it."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path


def node() -> str:
    """Node of this environment (a Python package brings it), else the system's."""
    own = Path(sys.executable).with_name("node")
    found = str(own) if own.exists() else shutil.which("node")
    assert found, "Node is missing: `python3 bootstrap.py --tests` installs it"
    return found
