"""How a bench tells its figures: as JSON with the machine and the commit that they hold for."""

import json
import os
import platform
import subprocess
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


def measured() -> dict[str, Any]:
    """Return when, on which commit and on what machine: figures without it cannot be compared."""
    commit = subprocess.run(["git", "rev-parse", "--short", "HEAD"], cwd=ROOT, capture_output=True, text=True, check=False).stdout.strip()  # fmt: skip
    return {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "commit": commit or "unknown",
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.system(),
            "processor": platform.machine(),
            "python": platform.python_version(),
            "load": [round(load, 2) for load in os.getloadavg()],
        },
    }


def tell(figures: dict[str, Any], out: Path | None = None) -> None:
    """Print figures as JSON, and keep them where asked."""
    text = json.dumps({"measured": measured(), **figures}, indent=1)
    print(text)
    if out is not None:
        out.write_text(text + "\n", encoding="utf-8")
