"""Reads the configuration from a YAML file and the environment."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from homeserver.config.keys import Config
from homeserver.config.settings import ConfigError, read, render_sample, setting

_ENVIRONMENT = {
    "SERVER_NAME": ("server_name",),
    "HOST": ("listen", "host"),
    "PORT": ("listen", "port"),
    "PROCESSES": ("processes",),
    "TRUSTED_PROXIES": ("listen", "trusted_proxies"),
    "DATA": ("data_dir",),
    "DATABASE_URL": ("database", "url"),
    "RATE_LIMITS": ("rate_limits", "enabled"),
    "CACHES_MIB": ("caches", "total_mib"),
    "ACCESS_TOKEN_TTL": ("accounts", "access_token_ttl_s"),
}
"""Environment variables that replace a key of the file. An empty one is as good as none."""


def load(path: Path | None, environ: Mapping[str, str]) -> Config:
    """The configuration from a YAML file, where there is one, and the environment, which wins.

    Relative paths in the file are relative to its folder; without a file, the data folder is
    `DATA` or `./data`. Raises ConfigError, whose text names the file (or variable) and the key.
    """
    values: dict[str, Any] = {}
    if path is not None:
        values = _read_file(path)
    _apply_environment(values, environ)

    source = str(path) if path is not None else "the defaults"
    base = Path.cwd() if path is None or environ.get("DATA") else path.resolve().parent
    if path is None:
        values.setdefault("data_dir", "data")
    data_dir = read(
        _Place, {"data_dir": values.get("data_dir", ".")}, source=source, base=base
    ).data_dir.resolve()
    values["data_dir"] = str(data_dir)
    config = read(Config, values, source=source, base=data_dir)
    if config.tls.port is not None and not (config.tls.certificate and config.tls.private_key):
        raise ConfigError(source, "tls.port", "needs tls.certificate and tls.private_key too")
    return config


@dataclass(frozen=True, slots=True)
class _Place:
    data_dir: Path = setting(Path(), "The one path that is not relative to the data folder.")


def _read_file(path: Path) -> dict[str, Any]:
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(str(path), "", f"cannot be read ({error.strerror})") from None
    try:
        values = yaml.safe_load(text)
    except yaml.YAMLError as error:
        raise ConfigError(str(path), "", f"is not valid YAML: {error}") from None
    if values is None:
        return {}
    if not isinstance(values, dict):
        raise ConfigError(str(path), "", "must hold keys and values")
    return values


def _apply_environment(values: dict[str, Any], environ: Mapping[str, str]) -> None:
    for variable, place in _ENVIRONMENT.items():
        text = environ.get(variable, "")
        if not text:
            continue
        target = values
        for name in place[:-1]:
            inner = target.get(name)
            target[name] = dict(inner) if isinstance(inner, dict) else {}
            target = target[name]
        target[place[-1]] = _variable(variable, text)


def _variable(variable: str, text: str) -> Any:
    if variable in ("PORT", "PROCESSES", "ACCESS_TOKEN_TTL"):
        if not text.isascii() or not text.isdigit():
            raise ConfigError("environment", variable, "must be a whole number")
        return int(text)
    if variable == "CACHES_MIB":
        try:
            return float(text)
        except ValueError:
            raise ConfigError("environment", variable, "must be a number") from None
    if variable == "RATE_LIMITS":
        if text not in ("on", "off"):
            raise ConfigError("environment", variable, "must be on or off")
        return text == "on"
    if variable == "TRUSTED_PROXIES":
        return [address.strip() for address in text.split(",")]
    return text


def sample() -> str:
    """The text of `config.sample.yaml`."""
    heading = """
    Every setting of the homeserver, its default and the reason for it. A configuration needs only
    what differs. Sizes are in bytes; durations are in seconds (_s) or milliseconds (_ms).

    `make run` keeps its file at data/config.yaml. The environment wins over the file: SERVER_NAME,
    HOST, PORT, PROCESSES, TRUSTED_PROXIES (with commas), DATA, DATABASE_URL, RATE_LIMITS (on, off),
    CACHES_MIB, ACCESS_TOKEN_TTL.
    """
    return render_sample(Config, heading)
