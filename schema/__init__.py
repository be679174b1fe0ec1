"""The contract between the parts: schemas, and the types generated from them."""

from __future__ import annotations
