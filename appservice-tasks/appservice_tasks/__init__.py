"""The authority on tasks: an application service that decides what happens to them.

A process of its own. It speaks to the homeserver through the application service and client-server
APIs only and imports nothing from it.
"""

from __future__ import annotations
