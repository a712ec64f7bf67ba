"""Four rounds of a generated 500-page site, against a floor measured in the same run. Prints JSON."""

import argparse
import json
import os
import resource
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import extraction
import yaml
from told import tell

HERE = Path(__file__).resolve().parent
TRACKER = str(Path(sys.executable).parent / "tracker")


def cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def timed(command: list[str], environment: dict[str, str]) -> tuple[float, str]:
    before = cpu()
    done = subprocess.run(command, env=environment, check=True, capture_output=True, text=True)
    return round(cpu() - before, 2), done.stdout


def peak_mb(command: list[str], environment: dict[str, str]) -> tuple[float, float, str]:
    """CPU seconds and peak memory of the largest process, by GNU time's way: rusage of a helper."""
    helper = (
        "import json,resource,subprocess,sys;"
        "d=subprocess.run(sys.argv[1:],capture_output=True,text=True);"
        "u=resource.getrusage(resource.RUSAGE_CHILDREN);"
        "print(json.dumps([u.ru_utime+u.ru_stime,u.ru_maxrss/1024,d.stdout,d.returncode,d.stderr[-2000:]]))"
    )
    out = subprocess.run(
        [sys.executable, "-c", helper, *command],
        env=environment,
        check=True,
        capture_output=True,
        text=True,
    )
    seconds, peak, stdout, code, errors = json.loads(out.stdout)
    if code:
        raise SystemExit(errors)
    return round(seconds, 2), round(peak, 1), stdout


def ask(base: str, path: str) -> bytes:
    return urllib.request.urlopen(base + path, timeout=10).read()


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def declare(folder: Path, base: str, *, most: int = 600) -> None:
    source = {"kind": "sitemap", "url": f"{base}/sitemap.xml", "max_documents": most}
    entry = {
        "key": "bench", "name": "Bench", "kind": "university", "country": "GB",
        "homepage": f"{base}/", "hosts": [base.removeprefix("http://")], "sources": [source],
    }  # fmt: skip
    (folder / "sources.yaml").write_text(yaml.safe_dump({"institutions": [entry]}))


def judge(changes: list[dict], truth: dict, base: str) -> dict:
    """What of one round's truth was reported, and what was reported beside it."""
    told = {c["url"].removeprefix(base) for c in changes if c["class"] in {"material", "minor"}}
    real, cosmetic = set(truth["substantive"]), set(truth.get("cosmetic", {}))
    return {
        "edits": len(real),
        "found": len(real & told),
        "cosmetic_reported": len(cosmetic & told),
        "noise_reported": len(told - real - cosmetic),
    }


def sizes(folder: Path) -> dict:
    base = sqlite3.connect(folder / "data" / "tracker.db")
    base.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    one = lambda query: base.execute(query).fetchone()[0]  # noqa: E731
    total = one("PRAGMA page_count") * one("PRAGMA page_size")
    payloads = one("SELECT sum(length(body)) FROM payload")
    text = one("SELECT sum(length(text)) FROM passage")
    return {
        "payload_mb": round(payloads / 1e6, 2),
        "database_mb": round(total / 1e6, 2),
        "distinct_text_mb": round(text / 1e6, 2),
        "database_without_payloads_to_text": round((total - payloads) / text, 2),
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, default=500)
    parser.add_argument("--times", type=int, default=3, help="the median of so many is told")
    parser.add_argument("--out", type=Path)
    parser.add_argument("--real", type=Path, help="the saved real pages, unpacked")
    parser.add_argument("--shared", type=Path, default=HERE.parent.parent / "shared")
    asked = parser.parse_args()
    found = []
    for _ in range(asked.times):
        with tempfile.TemporaryDirectory() as name:
            found.append(measure(Path(name), asked.pages))
    found.sort(key=lambda one: one["ratios"]["four_rounds"])
    result = found[len(found) // 2]
    result["spread"] = {
        name: sorted(one["ratios"][name] for one in found) for name in result["ratios"]
    }
    result["extraction"] = extraction.run(asked.real, asked.shared)
    tell(result, asked.out)


def measure(folder: Path, pages: int) -> dict:
    base = f"http://127.0.0.1:{free_port()}"
    site = folder / "site"
    subprocess.run(
        [sys.executable, HERE / "gensite.py", "--out", site, "--pages", str(pages), "--base", base],
        check=True,
        capture_output=True,
    )
    server = subprocess.Popen(
        [sys.executable, HERE / "serve.py", "--site", site, "--port", base.rsplit(":", 1)[1]],
        stdout=subprocess.PIPE,
    )
    try:
        server.stdout.readline()
        return rounds(folder, base, pages)
    finally:
        server.terminate()
        server.wait()


def rounds(folder: Path, base: str, pages: int) -> dict:
    environment = {
        **{k: v for k, v in os.environ.items() if "proxy" not in k.lower()},
        "TRACKER_DATA_DIR": str(folder / "data"),
        "TRACKER_SOURCES": str(folder / "sources.yaml"),
        "TRACKER_ALLOW_HOSTS": "127.0.0.1",
        "TRACKER_DOWNLOAD_DELAY": "0",
    }
    declare(folder, base)
    truth = json.loads((folder / "site" / "truth.json").read_text())["rounds"]
    bodies = folder / "bodies"
    bodies.mkdir()
    floor = [sys.executable, str(HERE / "floor.py"), str(folder / "site" / "urls.txt"), str(bodies)]
    floors: list[float] = []
    pages_floor: list[float] = []
    found: list[dict] = []
    known: set[int] = set()
    for number in range(4):
        ask(base, f"/__round/{number}")
        ask(base, "/__reset")
        floors.append(timed(floor, environment)[0])
        pages_floor.append(json.loads((bodies / "spent.cpu").read_text()))
        if number == 0:  # nothing has changed since: all of it is "not modified"
            bare = timed(floor, environment)[0]
            pages_floor.append(json.loads((bodies / "spent.cpu").read_text()))
        ask(base, "/__reset")
        began = time.monotonic()
        seconds, peak, out = peak_mb([TRACKER, "run", "--json"], environment)
        changes = json.loads(timed([TRACKER, "changes", "--json", "--folded"], environment)[1])
        fresh = [c for c in changes if c["id"] not in known]
        known |= {c["id"] for c in changes}
        counts = json.loads(out)
        if number == 1:  # and once more, as on most days: nothing has changed since
            ask(base, "/__reset")
            quiet = peak_mb([TRACKER, "run", "--json"], environment)[0]
        found.append(
            {
                "round": number,
                "cpu_seconds": seconds,
                "wall_seconds": round(time.monotonic() - began, 2),
                "peak_mb": peak,
                "fetched": counts["fetched"],
                "not_modified": counts["not_modified"],
                **judge(fresh, truth[str(number)], base),
            }
        )
    spent = [one["cpu_seconds"] for one in found]
    new, not_modified = pages_floor[:2]
    return {
        "pages": pages,
        "floor_cpu_seconds": {"scrapy_and_trafilatura": floors, "scrapy_304": bare},
        "ratios": {
            "four_rounds": round(sum(spent) / sum(floors), 2),
            "nothing_changed_to_scrapy_304": round(quiet / bare, 2),
            "round_1_to_scrapy_304": round(spent[1] / bare, 2),
            **{
                f"round_{number}": round(ours / floor, 2)
                for number, (ours, floor) in enumerate(zip(spent, floors, strict=True))
            },
        },
        "per_page": per_page(folder, base, environment, new=new, not_modified=not_modified),
        "nothing_changed_cpu_seconds": quiet,
        "rounds": found,
        **sizes(folder),
    }


def per_page(
    folder: Path, base: str, environment: dict[str, str], *, new: float, not_modified: float
) -> dict:
    """CPU a page against the floor's, without what a start costs, in a store of its own."""
    environment = {**environment, "TRACKER_DATA_DIR": str(folder / "pages")}
    floors = {"new": new, "not_modified": not_modified, "same_text": new}
    spent: dict[str, float] = {}
    for number, name in enumerate(floors):
        ask(base, f"/__round/{number}")
        ask(base, "/__reset")
        spent[name] = sum(watch(stage, folder, environment) for stage in ("crawl", "update"))
    return {name: round(spent[name] / floor, 2) for name, floor in floors.items()}


def watch(stage: str, folder: Path, environment: dict[str, str]) -> float:
    out = folder / "watched.json"
    timed([sys.executable, str(HERE / "pages.py"), stage, str(out)], environment)
    return json.loads(out.read_text())


if __name__ == "__main__":
    main()
