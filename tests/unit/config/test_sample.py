"""`config.sample.yaml` names every key with its default and reason."""

from __future__ import annotations

import dataclasses
from pathlib import Path
from typing import Any

import yaml

from homeserver.config import REPOSITORY, Config, load, sample

SAMPLE = REPOSITORY / "config.sample.yaml"


def test_the_sample_is_the_one_that_the_code_renders() -> None:
    renew = "python -m homeserver.config > config.sample.yaml"
    assert SAMPLE.read_text() == sample(), f"renew it: {renew}"


def test_the_sample_holds_the_defaults(tmp_path: Path) -> None:
    copy = tmp_path / "config.yaml"
    copy.write_text(SAMPLE.read_text())
    empty = tmp_path / "empty.yaml"
    empty.write_text("")
    assert load(copy, {}) == load(empty, {})


def test_the_sample_names_every_key() -> None:
    def names(value: Any) -> Any:
        if dataclasses.is_dataclass(value):
            fields = dataclasses.fields(value)
            return {field.name: names(getattr(value, field.name)) for field in fields}
        return None

    def keys(value: Any) -> Any:
        return {name: keys(inner) for name, inner in value.items()} if _is_map(value) else None

    assert keys(yaml.safe_load(SAMPLE.read_text())) == names(Config())


def _is_map(value: object) -> bool:
    return isinstance(value, dict)
