"""Full-text search over `task_text.words`, which each database has in its own way.

SQLite: an FTS5 table over it, kept by triggers. PostgreSQL: a GIN index. Both split words alike:
no stemming, so that the beginning of a word finds it in either language.
"""

from __future__ import annotations

from alembic import op

_UPDATED = """\
CREATE TRIGGER task_search_update AFTER UPDATE OF words ON task_text WHEN old.words <> new.words
BEGIN
  INSERT INTO task_search(task_search, rowid, words) VALUES ('delete', old.nid, old.words);
  INSERT INTO task_search(rowid, words) VALUES (new.nid, new.words);
END
"""
_DELETED = """\
CREATE TRIGGER task_search_delete AFTER DELETE ON task_text
BEGIN
  INSERT INTO task_search(task_search, rowid, words) VALUES ('delete', old.nid, old.words);
END
"""
_INSERTED = """\
CREATE TRIGGER task_search_insert AFTER INSERT ON task_text
BEGIN
  INSERT INTO task_search(rowid, words) VALUES (new.nid, new.words);
END
"""
_TABLE = """\
CREATE VIRTUAL TABLE task_search USING fts5(
  words, content='task_text', content_rowid='nid',
  tokenize='unicode61 remove_diacritics 0', prefix='2 3'
)
"""
SQLITE = (_TABLE, _INSERTED, _UPDATED, _DELETED)
POSTGRESQL = ("CREATE INDEX task_search ON task_text USING gin (to_tsvector('simple', words))",)


def make_search() -> None:
    """Part of the revision that makes `task_text`."""
    for statement in SQLITE if op.get_bind().dialect.name == "sqlite" else POSTGRESQL:
        op.execute(statement)
