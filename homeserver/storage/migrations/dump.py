"""The database on one page: `schema/db/homeserver.sql`, as SQLite spells it.

PostgreSQL has the same tables in the schema `homeserver`; its word for BLOB is BYTEA.
"""

from __future__ import annotations

import re

from sqlalchemy import Connection

from homeserver.storage.tables import metadata

_HEADING = """\
-- Every table of the homeserver, as SQLite spells it. Written by
-- `python -m homeserver.storage.migrations`; a test compares it with the revisions.
-- What the columns mean stands in homeserver/storage/tables.py.
"""


def dump(connection: Connection) -> str:
    """The statements that make what a SQLite database has, in the order of `storage.tables`."""
    order = {name: number for number, name in enumerate(metadata.tables)}
    rows = connection.exec_driver_sql(
        "SELECT tbl_name, type, name, sql FROM sqlite_master"
        " WHERE sql IS NOT NULL AND tbl_name <> 'alembic_version'"
    ).all()
    parts = [_HEADING]
    for table, kind, _name, text in sorted(
        rows, key=lambda row: (order.get(row[0], -1), row[1] != "table", row[2])
    ):
        lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
        if kind == "table":
            body = "\n".join(f"    {line}" for line in lines[1:-1])
            parts.append(f"\n{lines[0]}\n{body}\n);\n")
        else:
            parts.append(re.sub(r"\s+", " ", " ".join(lines)) + ";\n")
        assert table in order, f"{table} is not declared in storage.tables"
    return "".join(parts)
