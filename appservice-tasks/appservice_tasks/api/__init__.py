"""The REST face: what `schema/openapi.yaml` says, and nothing else."""

from __future__ import annotations
