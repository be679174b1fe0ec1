"""One line of Russian or English becomes the draft of a task."""

from __future__ import annotations
