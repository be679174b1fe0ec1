"""Access tokens as signed texts: JWT with EdDSA, made and read nowhere else.

A token says whose it is; whether it still stands, only the database knows.

Source: RFC 7519.
"""

from __future__ import annotations

import base64
from dataclasses import dataclass
from typing import Any, Final

import jwt
import msgspec
import orjson

from homeserver.errors import UnknownToken
from homeserver.ids import DeviceId, UserId
from homeserver.protocol.hashing import from_base64, to_url_base64
from homeserver.protocol.signing import SigningKey
from homeserver.services.accounts.ed25519_jws import ED_DSA, ed25519_jws

_MAX_LENGTH: Final = 4096


@dataclass(frozen=True, slots=True)
class Claims:
    """What a token says. ``expires_ts``: milliseconds since the epoch; None: it does not expire."""

    jti: str
    user_id: UserId
    device_id: DeviceId
    expires_ts: int | None


class _Payload(msgspec.Struct):
    iss: str
    sub: str
    did: str
    jti: str
    iat: int
    exp: int | None = None


_PAYLOAD: Final = msgspec.json.Decoder(_Payload)


class TokenSigner:
    """Signs and reads the access tokens of one server. key: its token key; issuer: its name."""

    def __init__(self, key: SigningKey, issuer: str) -> None:
        self._key = key
        self._issuer = issuer
        self._jws = ed25519_jws()
        self._jws_key: Any = key  # of a type that PyJWT's own algorithms do not know

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
        headers = {"kid": self._key.version}
        return self._jws.encode(orjson.dumps(payload), self._jws_key, ED_DSA, headers)

    def read(self, token: str) -> Claims:
        """What a token of ours says, even when it has expired. Anything else: UnknownToken."""
        if len(token) > _MAX_LENGTH:
            raise UnknownToken
        try:
            payload = self._jws.decode(token, self._jws_key, algorithms=[ED_DSA])
            claims = _PAYLOAD.decode(payload)
        except (jwt.PyJWTError, msgspec.MsgspecError, ValueError, RecursionError) as error:
            raise UnknownToken from error
        if claims.iss != self._issuer or not _is_exact(token.rpartition(".")[2]):
            raise UnknownToken
        expires_ts = None if claims.exp is None else claims.exp * 1000
        return Claims(claims.jti, UserId(claims.sub), DeviceId(claims.did), expires_ts)

    def jwks(self) -> dict[str, Any]:
        """The public key, as RFC 7517 writes a set of keys: others may check our tokens with it."""
        key = {
            "kty": "OKP",
            "crv": "Ed25519",
            "x": to_url_base64(from_base64(self._key.public_key)),
        }
        return {"keys": [{**key, "kid": self._key.version, "alg": ED_DSA, "use": "sig"}]}


def _is_exact(signature: str) -> bool:
    """Whether the base64 is the one spelling of its bytes: its last letter has bits to spare."""
    raw = base64.urlsafe_b64decode(signature + "=" * (-len(signature) % 4))
    return to_url_base64(raw) == signature
