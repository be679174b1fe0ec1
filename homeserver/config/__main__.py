"""`python -m homeserver.config > config.sample.yaml` writes the sample anew."""

from __future__ import annotations

import sys

from homeserver.config import sample

sys.stdout.write(sample())
