"""The configuration: `load` reads a YAML file and the environment into one frozen `Config`."""

from __future__ import annotations

from homeserver.config.keys import REPOSITORY, Config, RateLimit, RateLimits
from homeserver.config.load import load, sample
from homeserver.config.settings import ConfigError, Secret

__all__ = [
    "REPOSITORY",
    "Config",
    "ConfigError",
    "RateLimit",
    "RateLimits",
    "Secret",
    "load",
    "sample",
]
