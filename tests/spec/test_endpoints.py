"""What handlers declare is what the specification (v1.19) says of the endpoint: method, path, who
may call.

`endpoints.tsv` lists the specification's own OpenAPI files: api, method, path, authentication.
"""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from homeserver.api.endpoint import Auth, Endpoint
from tests.harness.endpoints import declared_endpoints

_OURS = ("/_teammessenger/", "/health", "/metrics", "/_synapse/admin/v1/register")
_UNSTABLE = "/unstable/"

_AUTH = {
    # A token that is given is checked, and opens more.
    "none": {Auth.NONE, Auth.OPTIONAL},
    "user-token": {Auth.ACCESS_TOKEN, Auth.ADMIN},
    "as-token": {Auth.APPSERVICE},
    "optional:user-token": {Auth.OPTIONAL, Auth.NONE},
}

# Stricter than the specification on purpose: who is not signed in learns nothing of a company's
# rooms and people.
_STRICTER = {
    ("GET", "/_matrix/client/v3/publicRooms"),
    ("GET", "/_matrix/client/v3/directory/room/{}"),
    ("GET", "/_matrix/client/v3/directory/list/room/{}"),
    ("GET", "/_matrix/client/v1/room_summary/{}"),
    ("GET", "/_matrix/client/v3/profile/{}"),
    ("GET", "/_matrix/client/v3/profile/{}/{}"),
    # Without a token one would have to prove who one is by e-mail, which this server does not send.
    ("POST", "/_matrix/client/v3/account/password"),
    ("POST", "/_matrix/client/v3/account/deactivate"),
}


def _shape(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def _specified() -> dict[tuple[str, str], str]:
    with (Path(__file__).parent / "endpoints.tsv").open() as file:
        rows = csv.DictReader(file, delimiter="\t")
        return {(row["method"], _shape(row["path"])): row["auth"] for row in rows}


SPECIFIED = _specified()
DECLARED = [
    (name, declared.method, path, declared)
    for name, declared in declared_endpoints().items()
    for path in declared.paths
    if path.startswith("/_matrix/") and "/r0/" not in path and _UNSTABLE not in path
]


@pytest.mark.parametrize(
    ("name", "method", "path", "declared"), DECLARED, ids=lambda v: v if isinstance(v, str) else ""
)
def test_a_declared_endpoint_is_one_of_the_specification(
    name: str, method: str, path: str, declared: Endpoint
) -> None:
    # A path that the specification ends with a slash answers without it too, and the other way.
    bare = _shape(path.rstrip("/"))
    candidates = [(method, shape) for shape in (bare, f"{bare}/", f"{bare}/{{}}")]
    key = next((found for found in candidates if found in SPECIFIED), candidates[0])
    assert key in SPECIFIED, f"{name}: the specification has no {method} {path}"
    auth = SPECIFIED[key]
    if key in _STRICTER:
        assert declared.auth in (Auth.ACCESS_TOKEN, Auth.OPTIONAL, Auth.NONE)
    else:
        assert declared.auth in _AUTH[auth], f"{name}: the specification says {auth}"
    assert declared.spec, f"{name} does not say where it is specified"


def test_every_path_is_of_the_specification_or_plainly_ours() -> None:
    for declared in declared_endpoints().values():
        for path in declared.paths:
            assert path.startswith(("/_matrix/", "/.well-known/matrix/", *_OURS)), path
