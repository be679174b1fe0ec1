"""The Socket.IO face: what happens, as it happens, for integrations."""

from __future__ import annotations
