"""Makes what a fresh clone needs, with nothing but Python's standard library.

`python3 bootstrap.py` prepares what `make run` needs: the virtual environment `.venv` from the
hashed lock, Node where the system has none that is new enough, and the built web client.
`python3 bootstrap.py --tests` prepares what `make test` needs. Each step leaves a stamp, a hash of
what went into it, and is skipped while the hash is the same. Failures are one sentence that says
what to do.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

ROOT = Path(__file__).resolve().parent
VENV = ROOT / ".venv"
STAMPS = VENV / "stamps.json"
MINIMUM_NODE = 22

COLOURS = re.compile(r"\x1b\[[0-9;]*m")

# The folders and files that a build of the web client is made of.
WEB_SOURCES = ("web", "package.json", "package-lock.json", "tsconfig.base.json")
NOT_SOURCES = {"node_modules", "dist", "coverage", "test-results", ".vite"}


class Failure(Exception):
    """Something a person has to put right; the text says what."""


def say(text: str) -> None:
    print(text, flush=True)


def digest(*parts: bytes) -> str:
    total = hashlib.sha256()
    for part in parts:
        total.update(hashlib.sha256(part).digest())
    return total.hexdigest()


def read_stamps() -> dict[str, str]:
    try:
        stamps = json.loads(STAMPS.read_text())
    except (OSError, ValueError):
        return {}
    return dict(stamps) if isinstance(stamps, dict) else {}


def write_stamp(name: str, stamp: str) -> None:
    stamps = {**read_stamps(), name: stamp}
    fresh = STAMPS.with_suffix(".new")
    fresh.write_text(json.dumps(stamps, indent=1))
    fresh.replace(STAMPS)


def run(command: list[str], what: str, hint: str, env: Mapping[str, str] | None = None) -> None:
    """Run a quiet command; when it fails, show the end of its output and raise `hint`."""
    started = time.monotonic()
    say(f"{what} ...")
    try:
        done = subprocess.run(
            command,
            cwd=ROOT,
            env={**os.environ, **(env or {})},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            check=False,
        )
    except OSError as error:
        raise Failure(f"{command[0]} cannot be run ({error.strerror}): {hint}") from None
    if done.returncode:
        output = COLOURS.sub("", done.stdout.decode(errors="replace"))
        say("\n".join(output.strip().splitlines()[-40:]))
        raise Failure(hint)
    say(f"{what}: done in {time.monotonic() - started:.0f} s")


def check_python() -> None:
    if sys.version_info < (3, 11):  # noqa: UP036 - it is this file that tells
        found = ".".join(map(str, sys.version_info[:2]))
        raise Failure(
            f"This needs Python 3.11 or newer, and `{sys.executable}` is {found}: "
            "install a newer one and name it, as in `make PYTHON=python3.12 run`."
        )


def check_writable() -> None:
    if not os.access(ROOT, os.W_OK):
        raise Failure(
            f"The folder {ROOT} cannot be written to: "
            "move the clone to a folder of yours, or change its owner."
        )


def make_venv() -> Path:
    """The environment's Python. One that is missing, broken or of another version is made anew."""
    python = VENV / "bin" / "python"
    version = f"{sys.version_info.major}.{sys.version_info.minor}"
    stamp = digest(version.encode(), str(ROOT).encode())
    if read_stamps().get("venv") == stamp and python.exists():
        return python
    if python.exists() and _version_of(python) == version and _has_pip(python):
        write_stamp("venv", stamp)
        return python
    if VENV.exists():
        shutil.rmtree(VENV)
    make = [sys.executable, "-m", "venv"]
    hint = (
        "The virtual environment could not be made: install Python's venv and pip "
        "(Debian: `apt-get install python3-venv`), then try again."
    )
    if _can_import("ensurepip"):
        run([*make, str(VENV)], "Making the virtual environment", hint)
    elif _can_import("pip"):
        run([*make, "--without-pip", str(VENV)], "Making the virtual environment", hint)
        pip = [sys.executable, "-m", "pip", "--python", str(python), "install", "--quiet", "pip"]
        run(pip, "Adding pip to it", hint)
    elif os.geteuid() == 0 and shutil.which("apt-get"):
        run(["apt-get", "update"], "Refreshing the list of Debian's packages", hint)
        packages = [f"python{version}-venv"] if sys.prefix == "/usr" else ["python3-venv"]
        run(["apt-get", "install", "-y", *packages], "Installing python3-venv", hint)
        run([*make, str(VENV)], "Making the virtual environment", hint)
    else:
        raise Failure(hint)
    write_stamp("venv", stamp)
    return python


def _version_of(python: Path) -> str:
    code = "import sys; print('%d.%d' % sys.version_info[:2])"
    return _output([str(python), "-c", code])


def _has_pip(python: Path) -> bool:
    return bool(_output([str(python), "-m", "pip", "--version"]))


def _can_import(module: str) -> bool:
    return importlib.util.find_spec(module) is not None


def _output(command: list[str]) -> str:
    try:
        done = subprocess.run(command, capture_output=True, text=True, check=False)
    except OSError:
        return ""
    return done.stdout.strip() if done.returncode == 0 else ""


def install_lock(python: Path, name: str) -> None:
    """Install exactly what a lock names, checked by hash."""
    lock = ROOT / name
    stamp = digest(lock.read_bytes())
    if read_stamps().get(name) == stamp:
        return
    pip = [str(python), "-m", "pip", "--disable-pip-version-check", "install", "--quiet"]
    run(
        [*pip, "--require-hashes", "-r", str(lock)],
        f"Installing the packages of {name}",
        "Python's packages could not be installed (see above): "
        "check the network, or the address of the package index in pip's configuration.",
    )
    write_stamp(name, stamp)
    if name == "requirements-dev.lock":  # which has all of the others, at the same versions
        for other in ("requirements.lock", "requirements-web.lock"):
            write_stamp(other, digest((ROOT / other).read_bytes()))


def link_sources(python: Path) -> None:
    """Let the environment's Python import our packages from any folder."""
    version = f"python{sys.version_info.major}.{sys.version_info.minor}"
    link = python.parent.parent / "lib" / version / "site-packages" / "team_messenger.pth"
    text = f"{ROOT}\n{ROOT / 'appservice-tasks'}\n"
    if not link.exists() or link.read_text() != text:
        link.write_text(text)


def find_node(python: Path) -> Path:
    """The folder of a `node` and `npm` that are new enough, from the wheel if need be."""
    for folder in (VENV / "bin", *map(Path, os.environ.get("PATH", "").split(os.pathsep))):
        node = folder / "node"
        if node.exists() and (folder / "npm").exists() and _node_is_new(node):
            return folder
    install_lock(python, "requirements-web.lock")
    return VENV / "bin"


def _node_is_new(node: Path) -> bool:
    major = _output([str(node), "--version"]).removeprefix("v").split(".")[0]
    return major.isdigit() and int(major) >= MINIMUM_NODE


def install_node_modules(node: Path, folder: str = ".") -> None:
    """`npm ci` in a folder with a lock of its own, whenever that changed."""
    lock = Path(folder, "package-lock.json")
    name = "npm" if folder == "." else f"npm {folder}"
    stamp = digest((ROOT / lock).read_bytes())
    installed = ROOT / folder / "node_modules" / ".package-lock.json"
    if read_stamps().get(name) == stamp and installed.exists():
        return
    run(
        [str(node / "npm"), "ci", "--prefix", folder, "--no-audit", "--no-fund"],
        f"Installing the packages of {lock}",
        "Node's packages could not be installed (see above): "
        "check the network, or the registry in npm's configuration.",
        {"PATH": f"{node}{os.pathsep}{os.environ.get('PATH', '')}"},
    )
    write_stamp(name, stamp)


def build_web(node_folder: Path) -> None:
    """Build the web client, whenever its sources changed."""
    stamp = hash_sources(ROOT, WEB_SOURCES)
    if read_stamps().get("web") == stamp and (ROOT / "web/dist/index.html").exists():
        return
    install_node_modules(node_folder)
    run(
        [str(node_folder / "npm"), "run", "build", "-w", "@team/web"],
        "Building the web client",
        "The web client could not be built: its sources have the fault shown above.",
        {"PATH": f"{node_folder}{os.pathsep}{os.environ.get('PATH', '')}"},
    )
    write_stamp("web", stamp)


def hash_sources(root: Path, names: Iterable[str]) -> str:
    """A hash over the paths and bytes of these files and folders."""
    total = hashlib.sha256()
    for path in _files(root, names):
        total.update(str(path.relative_to(root)).encode() + b"\0")
        total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def _files(root: Path, names: Iterable[str]) -> Iterable[Path]:
    for name in names:
        top = root / name
        if top.is_file():
            yield top
            continue
        for folder, folders, files in os.walk(top):
            folders[:] = sorted(set(folders) - NOT_SOURCES)
            for file in sorted(files):
                if not file.endswith((".tsbuildinfo", ".md")):
                    yield Path(folder, file)


def find_chromium() -> None:
    """The browser of the end-to-end tests: Debian's, installed here when we are root."""
    if os.environ.get("CHROMIUM") or shutil.which("chromium"):
        return
    hint = (
        "The browser tests need Chromium: install it (Debian: `apt-get install chromium`), "
        "or name its program in CHROMIUM."
    )
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise Failure(hint)
    apt_get = {"DEBIAN_FRONTEND": "noninteractive"}
    run(["apt-get", "update"], "Refreshing the list of Debian's packages", hint, apt_get)
    install = ["apt-get", "install", "-y", "--no-install-recommends", "chromium"]
    run([*install, "fonts-dejavu-core"], "Installing Chromium", hint, apt_get)


@contextmanager
def alone() -> Iterator[None]:
    """Wait while another bootstrap works in this clone."""
    with (ROOT / ".bootstrap.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def prepare(*, tests: bool) -> None:
    check_python()
    check_writable()
    with alone():
        prepare_environment(tests=tests)


def prepare_environment(*, tests: bool) -> None:
    python = make_venv()
    install_lock(python, "requirements-dev.lock" if tests else "requirements.lock")
    link_sources(python)
    if not (ROOT / "web" / "package.json").exists():
        return
    if tests:
        find_chromium()
        node = find_node(python)
        install_node_modules(node)
        install_node_modules(node, "mobile")
    if tests or not _is_built():
        build_web(find_node(python))


def _is_built() -> bool:
    return (ROOT / "web/dist/index.html").exists() and read_stamps().get("web") == hash_sources(
        ROOT, WEB_SOURCES
    )


def main() -> None:
    parser = argparse.ArgumentParser(description="Prepares this clone to run or to be tested.")
    parser.add_argument("--tests", action="store_true", help="also what `make test` needs")
    arguments = parser.parse_args()
    try:
        prepare(tests=arguments.tests)
    except Failure as failure:
        fail(str(failure))
    except PermissionError as error:
        fail(f"{error.filename} cannot be written to: change its owner, or remove it.")
    except OSError as error:
        fail(f"{error.filename or 'The disk'}: {error.strerror}.")
    except KeyboardInterrupt:
        fail("Stopped.")


def fail(text: str) -> NoReturn:
    print(text, file=sys.stderr, flush=True)
    raise SystemExit(1)


if __name__ == "__main__":
    main()
