"""How the database comes to have the tables of `storage.tables`: one revision after the other.

`storage.migrate` runs them. A revision is a file `versions/vNNNN_what.py`; released ones never
change. `python -m appservice_tasks.storage.migrations "What changes"` writes the next one from the
difference between the revisions and `storage.tables`.
"""

from __future__ import annotations
