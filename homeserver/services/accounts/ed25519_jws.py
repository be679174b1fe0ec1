"""Signed texts (JWS) with EdDSA: PyJWT's, with the library that signs events.

What PyJWT brings for EdDSA itself is a second library of cryptography, a seventh of what an idle
server takes. Source: RFC 7515 (JWS), RFC 8037 (EdDSA).
"""

from __future__ import annotations

from typing import Any, Final

import jwt
from jwt.algorithms import Algorithm

from homeserver.protocol.signing import SigningKey

ED_DSA: Final = "EdDSA"


class _Ed25519(Algorithm):
    """Takes a `SigningKey` and nothing else."""

    def prepare_key(self, key: object) -> SigningKey:
        if not isinstance(key, SigningKey):
            raise jwt.InvalidKeyError("not a signing key")
        return key

    def sign(self, msg: bytes, key: SigningKey) -> bytes:
        return key.signature(msg)

    def verify(self, msg: bytes, key: SigningKey, sig: bytes) -> bool:
        return key.has_signed(msg, sig)

    @staticmethod
    def to_jwk(key_obj: Any, as_dict: bool = False) -> Any:
        raise NotImplementedError("see TokenSigner.jwks")

    @staticmethod
    def from_jwk(jwk: Any) -> Any:
        raise NotImplementedError("a key is read from its file")


def ed25519_jws() -> jwt.PyJWS:
    """Signs and reads with EdDSA, and knows no other algorithm."""
    jws = jwt.PyJWS(algorithms=[])
    jws.register_algorithm(ED_DSA, _Ed25519())
    return jws
