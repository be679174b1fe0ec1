"""Canonical JSON: one byte sequence for each value; and strict reading of JSON from outside.

Source: appendices, "Canonical JSON"; rooms/v6, "Canonical JSON" (no floats, no large integers).
"""

from __future__ import annotations

import json
from typing import Any, Final

import canonicaljson
import orjson

from homeserver.errors import BadJson, MatrixError, NotJson

MAX_INTEGER: Final = 2**53 - 1
"""The largest magnitude that every implementation represents exactly."""

MAX_DEPTH: Final = 200
"""Deepest nesting taken from outside; below what the encoder can write with an event around it."""


class CanonicalJsonError(MatrixError):
    """The text or value has no canonical form."""


class NotJsonError(CanonicalJsonError, NotJson):
    """The bytes are not JSON (M_NOT_JSON)."""


class NumberError(CanonicalJsonError, BadJson):
    """A float, or an integer beyond 2^53 - 1 in magnitude (M_BAD_JSON)."""

    default_message = "Numbers must be integers between -(2^53 - 1) and 2^53 - 1"


class DepthError(CanonicalJsonError, BadJson):
    """Nested deeper than MAX_DEPTH (M_BAD_JSON)."""

    default_message = "The JSON is nested too deeply"


class ValueTypeError(CanonicalJsonError, BadJson):
    """A value that JSON in UTF-8 cannot carry, such as a lone surrogate (M_BAD_JSON)."""

    default_message = "The JSON has a value that cannot be encoded"


def encode(value: object, *, strict: bool = True) -> bytes:
    """The canonical bytes of a value that `check_numbers` would pass.

    Numbers are not checked again here. strict: False for events of room versions 1 to 5, whose
    floats and large integers are written as other servers write them. Raises ValueTypeError or
    DepthError.
    """
    if not strict:
        return _encode_slowly(value)
    try:
        raw = orjson.dumps(value, option=orjson.OPT_SORT_KEYS)
    except TypeError:
        return _encode_slowly(value)
    return exact(raw)


def exact(raw: bytes) -> bytes:
    """The same bytes in as much memory as they need, for what is kept: orjson leaves them in the
    buffer they were written into, of 4 KiB at least."""
    return bytes(memoryview(raw))


def _encode_slowly(value: object) -> bytes:
    # orjson refuses integers beyond 64 bits (legal before room version 6) and nesting beyond 254,
    # and writes some floats otherwise than Python does.
    try:
        return canonicaljson.encode_canonical_json(value)
    except RecursionError as error:
        raise DepthError from error
    except (TypeError, ValueError) as error:
        raise ValueTypeError from error


def decode(raw: bytes | bytearray | memoryview) -> Any:
    """JSON from outside, floats allowed (account data may hold them), nesting bounded.

    Of duplicate keys the last wins. Raises NotJsonError or DepthError.
    """
    value = _loads(raw)
    _walk(value, numbers=False)
    return value


def decode_strict(raw: bytes | bytearray | memoryview) -> Any:
    """JSON from outside that becomes part of an event or is signed.

    Of duplicate keys the last wins. Raises NotJsonError, NumberError or DepthError.
    """
    value = _loads(raw)
    _walk(value, numbers=True)
    return value


def decode_lenient(raw: bytes | bytearray | memoryview) -> Any:
    """JSON of an event of room versions 1 to 5: large integers stay exact, floats are allowed.

    Raises NotJsonError, DepthError, or NumberError for what no double or integer can hold.
    """
    value = _loads(raw)
    if not _has_float(value):
        return value
    try:
        value = json.loads(bytes(raw))
    except ValueError as error:  # an integer of thousands of digits
        raise NumberError from error
    _walk(value, numbers=False)
    return value


def _has_float(value: Any) -> bool:
    """Whether a float, or what orjson made a float of, is anywhere in the value."""
    todo: list[Any] = [value]
    while todo:
        item = todo.pop()
        kind = type(item)
        if kind is float:
            return True
        if kind is dict:
            todo.extend(item.values())
        elif kind is list:
            todo.extend(item)
    return False


def check_nesting(value: object) -> None:
    """Pass a value nested no deeper than MAX_DEPTH; raise DepthError."""
    _walk(value, numbers=False)


def check_numbers(value: object) -> None:
    """Pass integers within 2^53 - 1 at any place of the value; raise NumberError or DepthError."""
    _walk(value, numbers=True)


def _loads(raw: bytes | bytearray | memoryview) -> Any:
    try:
        return orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        if "depth limit" in error.msg or "ecursion limit" in error.msg:
            raise DepthError from error
        raise NotJsonError from error


def _walk(value: object, *, numbers: bool) -> None:
    """Visit every value level by level: a stack of calls would end at a depth of a thousand."""
    level: list[Any] = [value]
    depth = 0
    while level:
        below: list[Any] = []
        for item in level:
            kind = type(item)
            if kind is str or kind is bool or item is None:
                continue
            if kind is dict:
                below.extend(item.values())
            elif kind is list:
                below.extend(item)
            elif kind is int:
                if numbers and not -MAX_INTEGER <= item <= MAX_INTEGER:
                    raise NumberError
            elif kind is float:
                # orjson turns integers beyond 64 bits into floats: both are refused alike.
                if numbers:
                    raise NumberError
            else:
                raise ValueTypeError
        # The bound counts containers, so a level of plain values below the last one is free.
        if below:
            depth += 1
            if depth > MAX_DEPTH:
                raise DepthError
        level = below
