"""The `Content-Disposition` header: whether a file is shown or saved, and under which name.

Source: RFC 6266, RFC 8187.
"""

from __future__ import annotations

import unicodedata
from typing import Literal
from urllib.parse import quote

MAX_NAME = 255
"""Characters of a file name; no file system takes more."""

_UNSAFE = frozenset({"Cc", "Cs", "Co", "Cn", "Zl", "Zp"})
_BIDI = frozenset("\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069")
"""What turns writing around: `gpj.exe` would be shown as if it ended in jpg."""
_RFC8187 = "!#$&+-.^_`|~"


def clean_name(name: str) -> str:
    """A file name without what cannot be seen, stored or trusted; perhaps empty."""
    kept = (c for c in name if unicodedata.category(c) not in _UNSAFE and c not in _BIDI)
    return "".join(kept).strip()[:MAX_NAME]


def content_disposition(kind: Literal["inline", "attachment"], name: str | None) -> str:
    """The value of the header. name: None or empty: the header names none."""
    name = clean_name(name or "")
    if not name:
        return kind
    # Some browsers decode percent signs in the plain form, so those go the safe way too.
    if name.isascii() and "%" not in name:
        return f"{kind}; filename={_quoted(name)}"
    plain = "".join(c if c.isascii() and c != "%" else "_" for c in name)
    return f"{kind}; filename={_quoted(plain)}; filename*=UTF-8''{quote(name, safe=_RFC8187)}"


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
