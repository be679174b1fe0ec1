"""Access tokens as signed texts: JWT with EdDSA, made and read nowhere else.

A token says whose it is; whether it still stands, only the database knows.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any

import jwt
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from homeserver.errors import UnknownToken
from homeserver.ids import DeviceId, UserId
from homeserver.protocol.signing import SigningKey

_MAX_LENGTH = 4096


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. ``expires_ts``: milliseconds since the epoch; None: it does not expire."""

    jti: str
    user_id: UserId
    device_id: DeviceId
    expires_ts: int | None


class TokenSigner:
    """Signs and reads the access tokens of one server. key: its token key; issuer: its name."""

    def __init__(self, key: SigningKey, issuer: str) -> None:
        self._key = Ed25519PrivateKey.from_private_bytes(key.seed)
        self._public = self._key.public_key()
        self._issuer = issuer
        raw = self._public.public_bytes(Encoding.Raw, PublicFormat.Raw)
        self._x = base64.urlsafe_b64encode(raw).rstrip(b"=").decode()
        self._key_id = key.version

    def sign(self, claims: Claims, *, issued_ts: int) -> str:
        """The token that says this."""
        payload: dict[str, Any] = {
            "iss": self._issuer,
            "sub": claims.user_id,
            "did": claims.device_id,
            "jti": claims.jti,
            "iat": issued_ts // 1000,
        }
        if claims.expires_ts is not None:
            # Rounded up: what is stored is exact, and decides.
            payload["exp"] = -(-claims.expires_ts // 1000)
        return jwt.encode(payload, self._key, algorithm="EdDSA", headers={"kid": self._key_id})

    def read(self, token: str) -> Claims:
        """What a token of ours says, even when it has expired. Anything else: UnknownToken."""
        if len(token) > _MAX_LENGTH:
            raise UnknownToken
        try:
            payload = jwt.decode(
                token,
                self._public,
                algorithms=["EdDSA"],
                issuer=self._issuer,
                options={
                    "require": ["iss", "sub", "did", "jti", "iat"],
                    "verify_exp": False,
                    "verify_iat": False,
                },
            )
        except (jwt.PyJWTError, ValueError) as error:
            raise UnknownToken from error
        if not _is_exact(token.rpartition(".")[2]):
            raise UnknownToken
        expires = payload.get("exp")
        return Claims(
            payload["jti"],
            UserId(payload["sub"]),
            DeviceId(payload["did"]),
            None if expires is None else int(expires) * 1000,
        )

    def jwks(self) -> dict[str, Any]:
        """The public key, as RFC 7517 writes a set of keys: others may check our tokens with it."""
        key = {"kty": "OKP", "crv": "Ed25519", "x": self._x}
        return {"keys": [{**key, "kid": self._key_id, "alg": "EdDSA", "use": "sig"}]}


def _is_exact(signature: str) -> bool:
    """Whether the base64 is the one spelling of its bytes: its last letter has bits to spare."""
    raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    return base64.urlsafe_b64encode(raw).rstrip(b"=").decode() == signature
