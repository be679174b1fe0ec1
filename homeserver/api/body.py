"""Request bodies with types."""

from __future__ import annotations

from typing import Annotated, Any, TypeVar

import msgspec

from homeserver.errors import BadJson, MissingParam

Struct = TypeVar("Struct", bound=msgspec.Struct)

Text = Annotated[str, msgspec.Meta(max_length=1024, pattern=r"\A[^\x00]*\Z")]
"""Text that a database can keep: without NUL, of a sensible length."""


def as_struct(value: dict[str, Any], struct: type[Struct]) -> Struct:
    """A JSON object as ``struct``; keys it does not name are ignored.

    Raises MissingParam for a required key that is absent, BadJson for a value of the wrong type.
    """
    try:
        return msgspec.convert(value, struct)
    except msgspec.ValidationError as error:
        if "missing required field" in str(error):
            raise MissingParam(str(error)) from error
        raise BadJson(str(error)) from error
