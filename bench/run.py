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
    parser.add_argument("--out", type=Path)
    parser.add_argument("--real", type=Path, help="the saved real pages, unpacked")
    parser.add_argument("--shared", type=Path, default=HERE.parent.parent / "shared")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        result = measure(Path(name), asked.pages)
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
    floors = [timed([*floor, mode], environment)[0] for mode in ("extract", "revalidate")]
    a_page = per_page(folder, base, environment, bodies)
    found: list[dict] = []
    known: set[int] = set()
    for number in range(4):
        ask(base, f"/__round/{number}")
        ask(base, "/__reset")
        began = time.monotonic()
        seconds, peak, out = peak_mb([TRACKER, "run", "--json"], environment)
        changes = json.loads(timed([TRACKER, "changes", "--json", "--folded"], environment)[1])
        fresh = [c for c in changes if c["id"] not in known]
        known |= {c["id"] for c in changes}
        counts = json.loads(out)
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
    return {
        "pages": pages,
        "floor_cpu_seconds": {"scrapy_and_trafilatura": floors[0], "scrapy_304": floors[1]},
        "ratios": {
            "round_0": round(found[0]["cpu_seconds"] / floors[0], 2),
            "round_1": round(found[1]["cpu_seconds"] / floors[1], 2),
        },
        "per_page": a_page,
        "rounds": found,
        **sizes(folder),
    }


def per_page(folder: Path, base: str, environment: dict[str, str], bodies: Path) -> dict:
    """Milliseconds of CPU a page, ours against the floor's, in a store of its own."""
    environment = {**environment, "TRACKER_DATA_DIR": str(folder / "pages")}
    floor = {
        mode: json.loads((bodies / f"{mode}.cpu").read_text()) for mode in ("extract", "revalidate")
    }
    spent: dict[str, float] = {}
    for name, number in (("new", 0), ("not_modified", 1), ("same_text", 2)):
        ask(base, f"/__round/{number}")
        ask(base, "/__reset")
        spent[name] = sum(watch(stage, folder, environment) for stage in ("crawl", "update"))
    floors = {"new": "extract", "not_modified": "revalidate", "same_text": "extract"}
    return {name: round(spent[name] / floor[mode], 2) for name, mode in floors.items()}


def watch(stage: str, folder: Path, environment: dict[str, str]) -> float:
    out = folder / "watched.json"
    timed([sys.executable, str(HERE / "pages.py"), stage, str(out)], environment)
    return json.loads(out.read_text())


if __name__ == "__main__":
    main()
