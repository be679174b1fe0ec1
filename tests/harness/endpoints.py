"""Every endpoint that any class of the API declares."""

from __future__ import annotations

import importlib
import inspect
import pkgutil

from homeserver import api
from homeserver.api.endpoint import Endpoint


def declared_endpoints() -> dict[str, Endpoint]:
    """Declarations by the name they have in metrics, such as ``Sync.sync``; unbound."""
    found: dict[str, Endpoint] = {}
    for module_info in pkgutil.walk_packages(api.__path__, f"{api.__name__}."):
        module = importlib.import_module(module_info.name)
        for name, member in inspect.getmembers(module, inspect.isclass):
            if member.__module__ != module.__name__:
                continue
            for method, function in inspect.getmembers(member, inspect.isfunction):
                declared = getattr(function, "__endpoint__", None)
                if isinstance(declared, Endpoint):
                    found[f"{name.removesuffix('Api')}.{method}"] = declared
    return found
