"""Has the crawler look at addresses, in a process of its own, without recording anything."""

import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tracker.commands.shared import WrongInputError
from tracker.livecheck import Attempt
from tracker.sources import SourceEntry

FIELDS = (
    "url",
    "final_url",
    "status",
    "reason",
    "detail",
    "media_type",
    "charset",
    "named",
    "further",
)


@dataclass(frozen=True, slots=True)
class Wanted:
    """A source to look at, and how often."""

    id: str
    hosts: tuple[str, ...]
    source: SourceEntry
    times: int = 1

    def to_json(self) -> str:
        """Return the request as the crawler reads it."""
        source = self.source.model_dump(mode="json", exclude_defaults=True)
        asked = {"id": self.id, "hosts": self.hosts, "source": source, "times": self.times}
        return json.dumps(asked)


def look(
    wanted: Sequence[Wanted], told: Callable[[str], None] = lambda _: None
) -> dict[str, list[Attempt]]:
    """Return what each look brought, by id; `told` hears each address that was answered.

    Raises WrongInputError where the crawler itself could not run.
    """
    with tempfile.TemporaryDirectory(prefix="tracker-look-") as folder:
        asked = Path(folder) / "asked"
        asked.write_text("".join(f"{one.to_json()}\n" for one in wanted), encoding="utf-8")
        command = [sys.executable, "-m", "crawler", "look", "--into", folder]
        with (
            asked.open() as given,
            subprocess.Popen(  # noqa: S603  (our own program; arguments are a list)
                command, stdin=given, stdout=subprocess.PIPE, text=True
            ) as crawler,
        ):
            assert crawler.stdout is not None
            found = _attempts(crawler.stdout, Path(folder), told)
    if crawler.returncode:
        raise WrongInputError(f"the crawler stopped early (exit code {crawler.returncode})")
    return found


def _attempts(lines: Any, folder: Path, told: Callable[[str], None]) -> dict[str, list[Attempt]]:
    found: defaultdict[str, list[Attempt]] = defaultdict(list)
    for line in lines:
        row = json.loads(line)
        told(row["url"])
        body = (folder / row["file"]).read_bytes() if "file" in row else None
        given = {name: row[name] for name in FIELDS if name in row}
        found[row["id"]].append(Attempt(**given, body=body))
    return found
