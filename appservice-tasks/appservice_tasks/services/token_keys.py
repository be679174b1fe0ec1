"""The homeserver's published keys, and the tokens that it signed with them.

PyJWT reads the tokens, PyNaCl checks their signatures. What PyJWT brings for EdDSA itself is a
second library of cryptography, which neither service needs otherwise.
Source: RFC 7517 (JWK), RFC 8037 (EdDSA), RFC 7519 (JWT).
"""

from __future__ import annotations

import base64
from typing import Any, Final

import jwt
import msgspec
from jwt.algorithms import Algorithm
from nacl.exceptions import CryptoError
from nacl.signing import VerifyKey

_ALGORITHM: Final = "EdDSA"


class Claims(msgspec.Struct):
    """What a token says. exp: seconds since 1970; None: it does not expire."""

    iss: str
    sub: str
    did: str
    jti: str
    iat: int
    exp: int | None = None


class _Ed25519(Algorithm):
    """Checks signatures with a `VerifyKey`."""

    def prepare_key(self, key: object) -> VerifyKey:
        if not isinstance(key, VerifyKey):
            raise jwt.InvalidKeyError("not a public key")
        return key

    def sign(self, msg: bytes, key: object) -> bytes:
        raise NotImplementedError("only the homeserver signs")

    def verify(self, msg: bytes, key: VerifyKey, sig: bytes) -> bool:
        try:
            key.verify(msg, sig)
        except (CryptoError, ValueError):
            return False
        return True

    @staticmethod
    def to_jwk(key_obj: Any, as_dict: bool = False) -> Any:
        raise NotImplementedError("only the homeserver publishes keys")

    @staticmethod
    def from_jwk(jwk: Any) -> Any:
        raise NotImplementedError("see published_keys")


_CLAIMS: Final = msgspec.json.Decoder(Claims)
_JWS: Final = jwt.PyJWS(algorithms=[])
_JWS.register_algorithm(_ALGORITHM, _Ed25519())


def published_keys(keys: list[dict[str, Any]]) -> dict[str, VerifyKey]:
    """The keys of a published set that sign tokens, by their id. Raises ValueError."""
    return {
        str(each.get("kid")): VerifyKey(_bytes(str(each.get("x"))))
        for each in keys
        if each.get("kty") == "OKP" and each.get("crv") == "Ed25519"
    }


def read_token(token: str, key: VerifyKey, issuer: str) -> Claims:
    """What a token says, even when it has expired. Raises PyJWTError or ValueError for one that is
    not the issuer's."""
    signed_by: Any = key
    try:
        claims = _CLAIMS.decode(_JWS.decode(token, signed_by, algorithms=[_ALGORITHM]))
    except msgspec.MsgspecError as error:
        raise ValueError("not the claims of a token") from error
    if claims.iss != issuer:
        raise jwt.InvalidIssuerError("another server's")
    return claims


def key_id(token: str) -> object:
    """Which key a token names. Raises PyJWTError."""
    return _JWS.get_unverified_header(token).get("kid")


def _bytes(text: str) -> bytes:
    return base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
