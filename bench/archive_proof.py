"""Proves the back-archive against pywb on loopback with saved real captures, and prints counts.

python archive_proof.py [--documents N] [--versions N] [--pywb VENV] [--shared FOLDER] [--real FOLDER]

pywb lives in an environment of its own, made where pip can and thrown away: its brotlipy breaks Scrapy.
The captures are third parties' and never leave the temporary folder.
"""

import argparse
import html
import io
import json
import os
import socket
import sqlite3
import subprocess
import sys
import tempfile
import time
import urllib.request
from datetime import UTC, datetime, timedelta
from pathlib import Path

import yaml
from warcio.statusandheaders import StatusAndHeaders
from warcio.warcwriter import WARCWriter

TRACKER = str(Path(sys.executable).parent / "tracker")
SITE = "http://docs.example"
STAMP = "%Y-%m-%dT%H:%M:%SZ"


def pywb(folder: Path, given: Path | None) -> Path:
    """The programs of a pywb; skips with the reason where there is none to be had."""
    if given:
        return given / "bin"
    venv = folder / "pywb-venv"
    subprocess.run([sys.executable, "-m", "venv", venv], check=True)
    done = subprocess.run([venv / "bin" / "pip", "install", "-q", "pywb"], capture_output=True, text=True, check=False)  # fmt: skip
    if done.returncode:
        raise SystemExit(f"skipped: pywb cannot be installed here ({done.stderr.strip()[-200:]})")
    return venv / "bin"


def bare(path: Path) -> bytes:
    """A bare page around a version of which only the text is saved."""
    paragraphs = path.read_text(encoding="utf-8", errors="replace").split("\n\n")
    said = "".join(f"<p>{html.escape(paragraph)}</p>" for paragraph in paragraphs)
    return (
        f"<html><title>{path.parent.name}</title><body><main>{said}</main></body></html>".encode()
    )


def histories(versions: Path, limit: int, most: int):
    """Yield (address, [(time, bytes), …]) of each document: the saved page of a version, else its text."""
    for folder in sorted(p for p in versions.iterdir() if p.is_dir())[: limit or None]:
        captures = {}
        for version in json.loads((folder / "meta.json").read_text())["versions"][: most or None]:
            stem = f"{version['n']:03}"
            names = (f"{stem}.rendered.html", f"{stem}.html", f"{stem}.0.html")
            page = next((folder / name for name in names if (folder / name).exists()), None)
            at = datetime.fromisoformat(version["date"]).astimezone(UTC).replace(microsecond=0)
            captures[at] = page.read_bytes() if page else bare(folder / version["file"])
        if len(captures) > 1:
            yield f"{SITE}/{folder.name}", sorted(captures.items())


def write(path: Path, documents, keep=lambda _number: True) -> int:
    """Write the captures, and a day after each a repeat of it, as an archive would."""
    written = 0
    with path.open("wb") as file:
        writer = WARCWriter(file, gzip=True)
        for url, captures in documents:
            for number, (at, body) in enumerate(captures):
                if not keep(number):
                    continue
                http = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")  # fmt: skip
                first = writer.create_warc_record(url, "response", payload=io.BytesIO(body), length=len(body), http_headers=http, warc_headers_dict={"WARC-Date": at.strftime(STAMP)})  # fmt: skip
                writer.write_record(first)
                written += 1
                later = at + timedelta(days=1)
                if number + 1 == len(captures) or later < captures[number + 1][0]:
                    digest = first.rec_headers.get_header("WARC-Payload-Digest")
                    again = StatusAndHeaders("200 OK", [("Content-Type", "text/html; charset=utf-8")], protocol="HTTP/1.1")  # fmt: skip
                    writer.write_record(writer.create_revisit_record(url, digest, url, at.strftime(STAMP), http_headers=again, warc_headers_dict={"WARC-Date": later.strftime(STAMP)}))  # fmt: skip
                    written += 1
    return written


class Store:
    """One store and the commands on it."""

    def __init__(self, folder: Path, name: str) -> None:
        self.data = folder / name
        self.data.mkdir()
        sources = {"institutions": [{"key": "docs", "name": "Documents", "kind": "university", "country": "GB", "homepage": f"{SITE}/", "sources": [{"kind": "listing", "url": f"{SITE}/", "follow": "a", "max_documents": 10000}]}]}  # fmt: skip
        (self.data / "sources.yaml").write_text(yaml.safe_dump(sources))

    def run(self, *arguments) -> tuple[dict, float]:
        environment = {**{k: v for k, v in os.environ.items() if "proxy" not in k.lower()}, "TRACKER_DATA_DIR": str(self.data), "TRACKER_SOURCES": str(self.data / "sources.yaml"), "TRACKER_DOWNLOAD_DELAY": "0", "TRACKER_ALLOW_HOSTS": "127.0.0.1"}  # fmt: skip
        began = time.monotonic()
        done = subprocess.run([TRACKER, *map(str, arguments)], env=environment, capture_output=True, text=True, check=False)  # fmt: skip
        if done.returncode:
            raise SystemExit(f"{arguments}: {done.stderr[-2000:]}")
        out = done.stdout.strip()
        return json.loads(out) if out.startswith("{") else {"said": out}, round(
            time.monotonic() - began, 1
        )

    def rows(self, query: str):
        with sqlite3.connect(self.data / "tracker.db") as opened:
            return opened.execute(query).fetchall()

    def versions(self):
        return self.rows("SELECT url, number, text_sha256, v.seen_from, seen_to, last_seen_at, current FROM version v JOIN document d ON d.id = document_id ORDER BY 1, 2")  # fmt: skip

    def changes(self):
        return self.rows("SELECT url, kind, change_class, seen_from, seen_to, added, removed, imported FROM change c JOIN document d ON d.id = document_id WHERE superseded_at IS NULL ORDER BY 1, 5, 2")  # fmt: skip

    def passages(self):
        return self.rows("SELECT url, number, position, heading_path, p.sha256 FROM version v JOIN document d ON d.id = document_id JOIN version_passage vp ON vp.version_id = v.id JOIN passage p ON p.id = passage_id ORDER BY 1, 2, 3")  # fmt: skip

    def counts(self) -> dict:
        tables = ("document", "snapshot", "version", "passage", "change", "delivery")
        return {table: self.rows(f"SELECT count(*) FROM {table}")[0][0] for table in tables}


class Replay:
    """pywb on a free loopback port, with collections made of WARC files."""

    def __init__(self, programs: Path, folder: Path, collections: dict[str, list[Path]]) -> None:
        for name, files in collections.items():
            for command in (["init", name], ["add", name, *map(str, files)]):
                subprocess.run([programs / "wb-manager", *command], cwd=folder, check=True, capture_output=True)  # fmt: skip
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]
        self.base = f"http://127.0.0.1:{port}"
        self.process = subprocess.Popen([programs / "wayback", "-b", "127.0.0.1", "-p", str(port)], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)  # fmt: skip
        for _ in range(150):
            try:
                urllib.request.urlopen(f"{self.base}/", timeout=5).read()
                return
            except OSError:
                time.sleep(0.2)
        raise SystemExit("pywb did not start")

    def read(self, collection: str, at: datetime, url: str) -> bytes:
        return urllib.request.urlopen(f"{self.base}/{collection}/{at:%Y%m%d%H%M%S}id_/{url}", timeout=30).read()  # fmt: skip

    def close(self) -> None:
        self.process.terminate()
        self.process.wait()


def prove(real: Path, folder: Path, programs: Path, limit: int, most: int) -> dict:
    documents = list(histories(real / "versions", limit, most))
    whole = folder / "whole.warc.gz"
    told = {"documents": len(documents), "captures_written": write(whole, documents)}
    replay = Replay(programs, folder, {"real": [whole]})
    try:
        wayback = Store(folder, "wayback")
        found, seconds = wayback.run("import", "--wayback", f"{SITE}/*", "--from", f"{replay.base}/real/cdx", "--max-captures", 1000, "--json")  # fmt: skip
        told["wayback"] = {**found, "seconds": seconds}
        again, seconds = wayback.run("import", "--wayback", f"{SITE}/*", "--from", f"{replay.base}/real/cdx", "--max-captures", 1000, "--json")  # fmt: skip
        told["wayback_again"] = {
            "captures": again["captures"],
            "known": again["known"],
            "seconds": seconds,
        }
    finally:
        replay.close()
    told["wayback"]["update_seconds"] = wayback.run("update")[1]
    told["wayback"]["rows"] = wayback.counts()
    told["changes"] = dict(wayback.rows("SELECT change_class || ' ' || kind, count(*) FROM change GROUP BY 1"))  # fmt: skip
    told["verify"] = wayback.run("verify")[0]["said"]

    files = Store(folder, "files")
    found, seconds = files.run("import", whole, "--json")
    told["file"] = {**found, "seconds": seconds, "update_seconds": files.run("update")[1]}

    late = Store(folder, "late")
    for name, keep in (("late.warc.gz", 1), ("early.warc.gz", 0)):
        write(folder / name, documents, lambda number, keep=keep: number % 2 == keep)
        late.run("import", folder / name)
        told[f"update_seconds_{name[:-8]}"] = late.run("update")[1]

    out = folder / "out"
    told["export_seconds"] = files.run("export", out, "--warc")[1]
    exported = sorted(out.glob("*.warc.gz"))
    told["exported_bytes"] = sum(path.stat().st_size for path in exported)
    check = subprocess.run([Path(sys.executable).parent / "warcio", "check", *exported], capture_output=True, text=True, check=False)  # fmt: skip
    told["warcio_check"] = check.stdout.strip() or f"clean, exit {check.returncode}"
    back = Store(folder, "back")
    back.run("import", *exported)
    back.run("update")
    told["same"] = {
        "file and wayback: versions": files.versions() == wayback.versions(),
        "file and wayback: changes": files.changes() == wayback.changes(),
        "late and file: versions": late.versions() == files.versions(),
        "late and file: changes": late.changes() == files.changes(),
        "round trip: versions": back.versions() == files.versions(),
        "round trip: passages": back.passages() == files.passages(),
    }
    opened = Replay(programs, folder, {"ours": exported})
    try:
        read = [opened.read("ours", at, url) == body for url, captures in documents for at, body in (captures[0], captures[-1])]  # fmt: skip
    finally:
        opened.close()
    told["pywb_replays_our_export"] = f"{sum(read)} of {len(read)} captures, byte for byte"
    return told


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--documents", type=int, default=0, help="most documents; 0 for all")
    parser.add_argument(
        "--versions", type=int, default=0, help="most versions of a document; 0 for all"
    )
    parser.add_argument("--pywb", type=Path, help="an environment that has pywb")
    parser.add_argument("--shared", type=Path, default=Path(__file__).resolve().parent.parent.parent / "shared")  # fmt: skip
    parser.add_argument("--real", type=Path, help="where the captures are unpacked already")
    asked = parser.parse_args()
    packed = asked.shared / "real" / "dev.tar.zst"
    if not asked.real and not packed.exists():
        raise SystemExit("skipped: the saved real captures are not on this machine")
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        programs = pywb(folder, asked.pywb)
        if not asked.real:
            subprocess.run(["tar", "--zstd", "-xf", packed, "-C", folder, "versions"], check=False)
        told = prove(asked.real or folder, folder, programs, asked.documents, asked.versions)
    print(json.dumps(told, indent=1))
    if not all(told["same"].values()):
        raise SystemExit("the stores differ")


if __name__ == "__main__":
    main()
