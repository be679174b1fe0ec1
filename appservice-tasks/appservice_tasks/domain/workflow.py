"""Statuses and the transitions between them."""

from __future__ import annotations

from typing import Final

from appservice_tasks.contracts import Workflow

DEFAULT_WORKFLOW: Final[Workflow]
