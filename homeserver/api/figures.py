"""Figures of several processes as one text: each process asks the others, and labels all."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from pathlib import Path

from homeserver.observe import metrics

_ASK_SECONDS = 2.0


class Figures:
    """The text of /metrics. siblings: the socket of each process, this one's included, by name;
    empty for a process that is alone."""

    def __init__(self, siblings: Mapping[str, Path]) -> None:
        self._siblings = siblings

    async def render(self) -> bytes:
        """Figures in Prometheus's format; with several processes labelled by ``process``. One that
        does not answer is left out."""
        if not self._siblings:
            return metrics.render()
        names = list(self._siblings)
        texts = await asyncio.gather(*(_ask(self._siblings[name]) for name in names))
        return merged({n: t for n, t in zip(names, texts, strict=True) if t is not None}).encode()


async def _ask(path: Path) -> str | None:
    try:
        async with asyncio.timeout(_ASK_SECONDS):
            reader, writer = await asyncio.open_unix_connection(path)
            try:
                raw = await reader.read()
            finally:
                writer.close()
    except (OSError, TimeoutError):
        return None
    return raw.decode()


async def answer_siblings(path: Path) -> asyncio.Server:
    """Tells this process's figures to whoever connects to a socket at ``path``."""

    async def tell(_reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(metrics.render())
        await writer.drain()
        writer.close()

    return await asyncio.start_unix_server(tell, path)


def merged(texts: Mapping[str, str]) -> str:
    """One text of several, by the name that becomes the label ``process`` of each figure."""
    heads: dict[str, list[str]] = {}
    samples: dict[str, list[str]] = {}
    for process, text in texts.items():
        family = ""
        fresh = False
        for line in text.splitlines():
            if line.startswith("# "):
                _, kind, family, *_ = line.split(" ", 3)
                fresh = (kind == "HELP" and family not in heads) or (fresh and kind != "HELP")
                if fresh:
                    heads.setdefault(family, []).append(line)
            elif line:
                samples.setdefault(family, []).append(_labelled(line, process))
    lines = [line for name, head in heads.items() for line in (*head, *samples.get(name, ()))]
    return "\n".join(lines) + "\n"


def _labelled(line: str, process: str) -> str:
    name, brace, rest = line.partition("{")
    if brace:
        return f'{name}{{process="{process}",{rest}'
    name, _, value = line.partition(" ")
    return f'{name}{{process="{process}"}} {value}'
