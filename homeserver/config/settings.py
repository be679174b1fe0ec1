"""How a tree of frozen dataclasses is read from a mapping, and written as an annotated sample.

A key is declared once: `port: int = setting(8008, "why 8008", minimum=1)`. Its type, default,
bounds and reason serve the reader, the error messages and `config.sample.yaml` alike. Nothing in
here knows a key of the homeserver; those stand in `keys`.
"""

from __future__ import annotations

import dataclasses
import difflib
import json
import textwrap
import types
import typing
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Literal, TypeVar

T = TypeVar("T")

_WIDTH = 100


class ConfigError(Exception):
    """A setting that cannot be used. The text names the source, the key and what would be right."""

    def __init__(self, source: str, key: str, reason: str) -> None:
        self.source = source
        self.key = key
        self.reason = reason
        super().__init__(f"{source}: {key}: {reason}" if key else f"{source}: {reason}")


class Secret(str):
    """Text that never shows in a `repr`, so that a printed configuration gives nothing away."""

    __slots__ = ()

    def __repr__(self) -> str:
        return "Secret('***')"


def setting(
    default: T,
    reason: str,
    *,
    minimum: float | None = None,
    maximum: float | None = None,
    check: Callable[[Any], object] | None = None,
) -> T:
    """Declare one key.

    reason: what the key is and why this is its default; becomes the comment in the sample.
    minimum, maximum: inclusive bounds of a number.
    check: called with the value; a ValueError it raises becomes a ConfigError with the same text.
    """
    field: T = dataclasses.field(
        default=default,
        metadata={"reason": reason, "minimum": minimum, "maximum": maximum, "check": check},
    )
    return field


def section(cls: Callable[[], T]) -> T:
    """Declare a nested section; the docstring of its class becomes its comment in the sample."""
    field: T = dataclasses.field(default_factory=cls)
    return field


def read(
    cls: type[T], values: Mapping[str, Any], *, source: str, base: Path, prefix: str = ""
) -> T:
    """An instance of the settings class `cls`, from a mapping such as a parsed YAML file.

    source: names the file in errors. base: the folder that relative paths are relative to.
    Keys that are absent keep their default. Raises ConfigError, which names the first key that is
    unknown, of the wrong type or out of bounds.
    """
    fields = {field.name: field for field in dataclasses.fields(cls)}  # type: ignore[arg-type]
    for name in values:
        if name not in fields:
            raise ConfigError(source, f"{prefix}{name}", _unknown(str(name), list(fields)))
    hints = typing.get_type_hints(cls)
    read_values: dict[str, Any] = {}
    for name, field in fields.items():
        key, hint = f"{prefix}{name}", hints[name]
        if dataclasses.is_dataclass(hint):
            inner = values.get(name)
            if inner is None:
                inner = {}
            if not isinstance(inner, Mapping):
                raise ConfigError(source, key, "must be a section with keys of its own")
            if field.default is not dataclasses.MISSING:  # a section with defaults of its place
                inner = {**dataclasses.asdict(typing.cast(Any, field.default)), **inner}
            read_values[name] = read(
                typing.cast("type[Any]", hint), inner, source=source, base=base, prefix=f"{key}."
            )
            continue
        try:
            value = _convert(values.get(name, field.default), hint, base)
            _check_bounds(value, field.metadata)
        except ValueError as error:
            raise ConfigError(source, key, str(error)) from None
        read_values[name] = value
    return cls(**read_values)


def _unknown(name: str, known: list[str]) -> str:
    close = difflib.get_close_matches(name, known, n=1)
    return f"unknown key; did you mean `{close[0]}`?" if close else "unknown key"


def _convert(value: Any, hint: Any, base: Path) -> Any:
    """`value` as the annotated type; ValueError with a text for people when it is not one."""
    origin = typing.get_origin(hint)
    if origin in (types.UnionType, typing.Union):
        if value is None:
            return None
        (inner,) = [arg for arg in typing.get_args(hint) if arg is not type(None)]
        return _convert(value, inner, base)
    if origin is Literal:
        choices = typing.get_args(hint)
        if isinstance(value, int) and str(value) in choices:
            return str(value)  # YAML reads an unquoted 12 as a number
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(map(str, choices))}")
        return value
    if origin is tuple:
        if not isinstance(value, (list, tuple)):
            raise ValueError("must be a list")
        return tuple(_convert(item, typing.get_args(hint)[0], base) for item in value)
    return _convert_scalar(value, hint, base)


def _convert_scalar(value: Any, hint: Any, base: Path) -> Any:
    if hint is bool:
        if not isinstance(value, bool):
            raise ValueError("must be true or false")
        return value
    if hint in (int, float):
        allowed = (int,) if hint is int else (int, float)
        if isinstance(value, bool) or not isinstance(value, allowed):
            raise ValueError("must be a whole number" if hint is int else "must be a number")
        return hint(value)
    if hint is Path:
        if not isinstance(value, (str, Path)) or not str(value):
            raise ValueError("must be the path of a file or folder")
        return base / Path(value).expanduser()
    if not isinstance(value, str):
        raise ValueError("must be text (put it in quotes)")
    return hint(value)


def _check_bounds(value: Any, metadata: Mapping[str, Any]) -> None:
    if value is None:
        return
    minimum, maximum = metadata.get("minimum"), metadata.get("maximum")
    if minimum is not None and value < minimum:
        raise ValueError(f"must be at least {minimum}")
    if maximum is not None and value > maximum:
        raise ValueError(f"must be at most {maximum}")
    check = metadata.get("check")
    if check is not None:
        check(value)


def render_sample(cls: type[Any], heading: str) -> str:
    """Every key of `cls` with its default, commented with its reason, as YAML."""
    return "\n".join([*_comment(heading, 0), "", *_render(cls, None, 0)]).rstrip() + "\n"


def _render(cls: type[Any], place: Any, indent: int) -> list[str]:
    """place: the instance whose values are the defaults here, if not the class's own."""
    lines: list[str] = []
    hints = typing.get_type_hints(cls)
    for field in dataclasses.fields(cls):
        pad = " " * indent
        hint = hints[field.name]
        if dataclasses.is_dataclass(hint):
            own = None if field.default is dataclasses.MISSING else field.default
            text = field.metadata.get("reason") or hint.__doc__ or ""
            lines += [*_comment(text, indent), f"{pad}{field.name}:"]
            lines += _render(typing.cast("type[Any]", hint), own, indent + 2)
        else:
            default = field.default if place is None else getattr(place, field.name)
            if place is None:  # keys of a repeated section are explained by its reason
                lines += _comment(field.metadata["reason"], indent)
            lines.append(f"{pad}{field.name}: {_scalar(default)}")
        if indent == 0:
            lines.append("")
    return lines


def _scalar(value: Any) -> str:
    if isinstance(value, Path):
        value = str(value)
    if isinstance(value, tuple):
        return "[" + ", ".join(_scalar(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False)


def _comment(text: str, indent: int) -> list[str]:
    pad = " " * indent + "# "
    paragraphs = text.strip().split("\n\n")
    lines: list[str] = []
    for number, paragraph in enumerate(paragraphs):
        if number:
            lines.append(pad.rstrip())
        lines += textwrap.wrap(
            " ".join(paragraph.split()),
            _WIDTH,
            initial_indent=pad,
            subsequent_indent=pad,
            break_on_hyphens=False,
        )
    return lines
