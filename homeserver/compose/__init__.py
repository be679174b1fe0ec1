"""The composition root: builds every object in order, each with what it may touch.

`engine` builds what holds the log and the rooms together; `accounts` and `rooms` build the
services and endpoints on it. No setters, no locator: what is needed stands in a constructor.
"""

from __future__ import annotations
