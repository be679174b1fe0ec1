"""Ed25519 signatures over canonical JSON.

Source: appendices, "Signing JSON"; server-server-api, "Signing Events".
"""

from __future__ import annotations

import re
from typing import Any, Final, Self

from nacl import bindings
from nacl.exceptions import CryptoError
from nacl.utils import random as random_bytes

from homeserver.protocol.canonical_json import CanonicalJsonError, encode
from homeserver.protocol.hashing import from_base64, to_base64
from homeserver.protocol.redaction import redact
from homeserver.protocol.room_versions import RoomVersion

ALGORITHM: Final = "ed25519"
LONGEST_VALIDITY_MS: Final = 7 * 24 * 3600 * 1000
"""For so long a published key counts as valid at most: a stolen one must die some day."""

_KEY_BYTES: Final = 32
_SIGNATURE_BYTES: Final = 64
_VERSION: Final = re.compile(r"[A-Za-z0-9_]+", re.ASCII)


class SigningKey:
    """A server's private key: 32 bytes of seed, and the version that names it.

    key_id: `ed25519:<version>`. public_key: unpadded base64, as published by `/key/v2/server`.
    """

    __slots__ = ("_secret", "key_id", "public_key", "seed", "version")

    def __init__(self, seed: bytes, version: str) -> None:
        if len(seed) != _KEY_BYTES:
            raise ValueError("an ed25519 seed has 32 bytes")
        if not _VERSION.fullmatch(version):
            raise ValueError("a key version has only letters, digits and _")
        public, self._secret = bindings.crypto_sign_seed_keypair(seed)
        self.seed = seed
        self.version = version
        self.key_id = f"{ALGORITHM}:{version}"
        self.public_key = to_base64(public)

    @classmethod
    def generate(cls, version: str) -> Self:
        """A new key; the version should never have named another one."""
        return cls(random_bytes(32), version)

    @classmethod
    def parse(cls, text: str) -> Self:
        """The line of a key file, `ed25519 <version> <base64 of the seed>`; else ValueError."""
        parts = text.split()
        if len(parts) < 3 or parts[0] != ALGORITHM:
            raise ValueError("a signing key file reads: ed25519 <version> <base64 seed>")
        return cls(from_base64(parts[2]), parts[1])

    def format(self) -> str:
        """The line that `parse` reads."""
        return f"{ALGORITHM} {self.version} {to_base64(self.seed)}\n"

    def sign_bytes(self, data: bytes) -> str:
        """The signature as unpadded base64 (86 characters)."""
        return to_base64(self.signature(data))

    def signature(self, data: bytes) -> bytes:
        """The signature (64 bytes)."""
        return bindings.crypto_sign(data, self._secret)[:_SIGNATURE_BYTES]

    def has_signed(self, data: bytes, signature: bytes) -> bool:
        """Whether this is a signature of the data by this key."""
        return _is_signature(signature, data, self._secret[32:])  # its second half is public

    def sign_json(
        self, value: dict[str, Any], server_name: str, *, strict: bool = True
    ) -> dict[str, Any]:
        """A copy of the object with our signature added; `unsigned` and others' signatures stay."""
        signature = self.sign_bytes(encode(_signed_part(value), strict=strict))
        signatures = {name: dict(keys) for name, keys in value.get("signatures", {}).items()}
        signatures.setdefault(server_name, {})[self.key_id] = signature
        return {**value, "signatures": signatures}


def sign_event(
    pdu: dict[str, Any], version: RoomVersion, key: SigningKey, server_name: str
) -> dict[str, Any]:
    """A copy of a hashed event with our signature, made over its redacted form."""
    signed = key.sign_json(redact(pdu, version), server_name, strict=version.strict_json)
    return {**pdu, "signatures": signed["signatures"]}


def verify_json(
    value: dict[str, Any], server_name: str, key_id: str, public_key: str, *, strict: bool = True
) -> bool:
    """Whether the object carries a valid signature of this server by this key.

    key_id: such as `ed25519:auto`; public_key: base64. Anything malformed is simply not valid.
    """
    if not key_id.startswith(f"{ALGORITHM}:"):
        return False
    signatures = value.get("signatures")
    of_server = signatures.get(server_name) if isinstance(signatures, dict) else None
    signature = of_server.get(key_id) if isinstance(of_server, dict) else None
    if not isinstance(signature, str):
        return False
    try:
        message = encode(_signed_part(value), strict=strict)
        return _is_signature(from_base64(signature), message, from_base64(public_key))
    except (CanonicalJsonError, ValueError):
        return False


def _is_signature(signature: bytes, message: bytes, public_key: bytes) -> bool:
    # What is longer than a signature would be taken for the beginning of the message, and of a
    # shorter key the library would read what lies behind it.
    if len(signature) != _SIGNATURE_BYTES or len(public_key) != _KEY_BYTES:
        return False
    try:
        bindings.crypto_sign_open(signature + message, public_key)
    except CryptoError:
        return False
    return True


def verify_event(
    pdu: dict[str, Any], version: RoomVersion, server_name: str, key_id: str, public_key: str
) -> bool:
    """`verify_json` over the redacted form of an event."""
    redacted = redact(pdu, version)
    return verify_json(redacted, server_name, key_id, public_key, strict=version.strict_json)


def key_was_valid(
    version: RoomVersion, origin_server_ts: int, *, valid_until_ts: int, now: int
) -> bool:
    """Whether a key may have signed an event of this time (rooms/v5, "Signing key validity").

    All in milliseconds. valid_until_ts: of the newest answer that published the key; for one of
    `old_verify_keys` its `expired_ts`. now: the lesser of it and seven days ahead counts.
    """
    if not version.enforce_key_validity:
        return True
    return origin_server_ts <= min(valid_until_ts, now + LONGEST_VALIDITY_MS)


def _signed_part(value: dict[str, Any]) -> dict[str, Any]:
    return {key: part for key, part in value.items() if key not in ("signatures", "unsigned")}
