"""Run by alembic: applies revisions on the connection that `run.upgrade` hands over."""

from __future__ import annotations

from typing import Any, Literal

import sqlalchemy as sa
from alembic import context

from appservice_tasks.storage.tables import metadata


def _render(kind: str, item: Any, _autogenerate: object) -> str | Literal[False]:
    """Revisions name the types that differ between the databases as `script.py.mako` does."""
    if kind == "type" and isinstance(item, sa.BigInteger):
        return "INT"
    if kind == "type" and isinstance(item, sa.Text) and "postgresql" in item._variant_mapping:
        return "BYTEWISE"
    return False


def _include(_object: object, name: str | None, kind: str, *_rest: object) -> bool:
    """What full-text search adds to the tables is written by hand, for each database."""
    return not (kind in ("table", "index") and (name or "").startswith("task_search"))


context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=metadata,
    compare_server_default=True,
    render_item=_render,
    include_object=_include,
)
# The transaction is the caller's, so that all revisions are applied or none.
context.run_migrations()
