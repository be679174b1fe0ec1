"""Run by alembic: applies revisions on the connection that `run.upgrade` hands over."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from homeserver.storage.tables import metadata


def _render(kind: str, item: Any, _autogenerate: object) -> str | Literal[False]:
    """Revisions name their integers as `script.py.mako` does."""
    return "INT" if kind == "type" and isinstance(item, sa.BigInteger) else False


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_type=True,
    compare_server_default=True,
    render_item=_render,
)
# The transaction is the caller's, so that all revisions are applied or none.
context.run_migrations()
