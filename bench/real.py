"""Reads saved real pages under their own addresses through the whole chain, twice, and prints counts.

python real.py [--pages N] [--shared FOLDER]   the pages are third parties' and never leave the temporary folder
"""

import argparse
import csv
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections import Counter, defaultdict
from pathlib import Path
from urllib.parse import urlsplit

import yaml

TRACKER = str(Path(sys.executable).parent / "tracker")
EARLIER = "2022-01-01"


def unpack(shared: Path, folder: Path) -> Path:
    subprocess.run(
        ["tar", "--zstd", "-xf", shared / "real" / "dev.tar.zst", "-C", folder], check=True
    )
    return folder


def declare(real: Path, path: Path, limit: int) -> int:
    """One institution a host, one source a page; histories come first."""
    urls = list(json.loads((real / "timeline.json").read_text()))
    with (real / "pages_manifest.csv").open(encoding="utf-8") as file:
        urls += [row["url"] for row in csv.DictReader(file)]
    by_host: defaultdict[str, dict[str, str]] = defaultdict(dict)
    for url in dict.fromkeys(urls[:limit] if limit else urls):
        parts = urlsplit(url)
        plain = f"http://{parts.netloc}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        by_host[parts.hostname][plain.rstrip("/")] = plain
    keys = {host: f"host-{number}" for number, host in enumerate(sorted(by_host))}
    entries = []
    for host, pages in sorted(by_host.items()):
        # A host under another one that is declared is a unit of that.
        above = max((h for h in keys if host.endswith(f".{h}")), key=len, default=None)
        sources = [
            {"key": f"p{at}", "kind": "page", "url": url} for at, url in enumerate(pages.values())
        ]
        entries.append({"key": keys[host], "parent": keys.get(above), "name": host, "kind": "university", "country": "GB", "homepage": f"http://{host}/", "hosts": [host], "sources": sources})  # fmt: skip
    path.write_text(yaml.safe_dump({"institutions": entries}, allow_unicode=True))
    return sum(len(pages) for pages in by_host.values())


def documents(real: Path) -> Counter:
    """Every PDF and Word file, read on its own: what came of it."""
    from tracker.extraction.reader import read
    from tracker.extraction.text import Unreadable

    outcomes: Counter = Counter()
    for path in sorted((real / "pdf").rglob("*.*")):
        if path.suffix.lower() in {".pdf", ".docx"}:
            found = read(path.read_bytes())
            outcomes[found.reason.split("(")[0] if isinstance(found, Unreadable) else "read"] += 1
    return outcomes


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, default=0, help="most pages; 0 for all")
    parser.add_argument(
        "--shared", type=Path, default=Path(__file__).resolve().parent.parent.parent / "shared"
    )
    asked = parser.parse_args()
    if not (asked.shared / "real" / "dev.tar.zst").exists():
        raise SystemExit("skipped: the saved real pages are not on this machine")
    with tempfile.TemporaryDirectory() as name:
        print(json.dumps(run(unpack(asked.shared, Path(name)), asked.pages), indent=1))


def run(real: Path, limit: int) -> dict:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = subprocess.Popen(
        [sys.executable, real / "serve.py", "--port", str(port)],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    base = f"http://127.0.0.1:{port}"
    try:
        for _ in range(100):
            try:
                urllib.request.urlopen(f"{base}/__index__", timeout=5).read()
                break
            except OSError:
                time.sleep(0.1)
        return crawl(real, base, limit)
    finally:
        server.terminate()
        server.wait()


def crawl(real: Path, base: str, limit: int) -> dict:
    data = real / "data"
    environment = {**os.environ, "TRACKER_DATA_DIR": str(data), "TRACKER_SOURCES": str(real / "sources.yaml"), "TRACKER_DOWNLOAD_DELAY": "0", "http_proxy": base, "HTTP_PROXY": base, "no_proxy": "", "NO_PROXY": ""}  # fmt: skip
    declared = declare(real, real / "sources.yaml", limit)
    rounds = []
    for at in (EARLIER, ""):
        urllib.request.urlopen(f"{base}/__time__?at={at}", timeout=5).read()
        done = subprocess.run(
            [TRACKER, "run", "--json"], env=environment, capture_output=True, text=True, check=False
        )
        rounds.append(json.loads(done.stdout) if done.stdout else {"error": done.stderr[-500:]})
    verify = subprocess.run(
        [TRACKER, "verify"], env=environment, capture_output=True, text=True, check=False
    ).stdout.strip()
    store = sqlite3.connect(data / "tracker.db")
    count = lambda query: store.execute(query).fetchall()  # noqa: E731
    return {
        "declared": declared,
        "rounds": rounds,
        "rows": {
            table: count(f"SELECT count(*) FROM {table}")[0][0]
            for table in ("document", "version", "passage", "coding", "change")
        },
        "coded": dict(
            zip(
                ("china", "surveillance", "human_rights", "partnership"),
                count(
                    "SELECT sum(china), sum(surveillance), sum(human_rights), sum(partnership) FROM coding"
                )[0],
                strict=True,
            )
        ),
        "changes": dict(
            count("SELECT change_class || ' ' || kind, count(*) FROM change GROUP BY 1")
        ),
        "set_aside": dict(
            count(
                "SELECT coalesce(quarantine, detail), count(*) FROM snapshot WHERE state IN ('quarantined', 'unreadable') GROUP BY 1"
            )
        ),
        "files": dict(documents(real)),
        "verify": verify,
    }


if __name__ == "__main__":
    main()
