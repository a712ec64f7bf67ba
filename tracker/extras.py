"""How to install what an extra of this package brings, by means that are there. Knows no extra's use."""

import os
import shlex
import shutil
import sys
from collections.abc import Sequence
from importlib.metadata import requires
from importlib.util import find_spec
from pathlib import Path

PACKAGE = "policy-ethics-tracker"


def installing(extra: str, *, python: Path | None = None) -> str:
    """Return a command that installs an extra into this environment; one made by `make env` has no pip."""
    python = python or Path(sys.executable)
    shown, wanted = shlex.quote(_short(python)), shlex.join(_wanted(extra))
    if find_spec("pip"):
        return f"{shown} -m pip install {wanted}"
    if uv := _uv(python):
        return f"{shlex.quote(_short(uv))} pip install --python {shown} {wanted}"
    return f"{shown} -m ensurepip && {shown} -m pip install {wanted}"


def _wanted(extra: str) -> Sequence[str]:
    """What the extra asks for, as our own metadata has it."""
    asked = [line.partition(";") for line in requires(PACKAGE) or ()]
    return [
        name.strip() for name, _, when in asked if f"extra == '{extra}'" in when.replace('"', "'")
    ]


def _uv(python: Path) -> Path | None:
    """The uv on PATH, else the one that `make env` keeps beside its environment."""
    if found := shutil.which("uv"):
        return Path(found)
    own = python.parent.parent.parent / ".uv" / "bin" / "uv"
    return own if os.access(own, os.X_OK) else None


def _short(path: Path) -> str:
    """A path as it can be typed here."""
    here = Path.cwd()
    return str(path.relative_to(here)) if path.is_relative_to(here) else str(path)
