"""A loopback internet of saved real sites: a first crawl and two daily ones, and what they cost. Prints JSON.

python internet.py [--delay SECONDS] [--shared FOLDER | --real FOLDER] [--keep FOLDER] [--before FILE] [--out FILE]

Every site gets a robots.txt (the real one, where it was saved), and a sitemap, listing or feed made of its saved
pages; a twentieth of the pages is published on each later day. The pages are third parties' and stay where they are.
"""

import argparse
import bisect
import csv
import gzip
import hashlib
import importlib.util
import json
import os
import sqlite3
import subprocess
import sys
import tempfile
import threading
import time
import zlib
from collections import Counter, defaultdict
from datetime import UTC, datetime, timedelta
from http.server import ThreadingHTTPServer
from pathlib import Path
from types import SimpleNamespace
from urllib.parse import urlsplit
from xml.sax.saxutils import escape

import yaml
from protego import Protego

from real import unpack

TRACKER = str(Path(sys.executable).parent / "tracker")
START = datetime(2026, 3, 2, 6, tzinfo=UTC)
HISTORY = ("2024-01-01", "2025-01-01", "")  # how the pages with a history stand on each day
PER_PAGE = 10  # of a listing
AGENT = "PolicyEthicsTracker"


class Sites:
    """What each host publishes on which day."""

    def __init__(self, real: Path) -> None:
        self.real, self.day = real, 0
        self.pages: defaultdict[str, list[tuple[str, str, str]]] = defaultdict(list)
        with (real / "pages_manifest.csv").open(encoding="utf-8") as file:
            for row in csv.DictReader(file):
                if row["kind"] != "generated-index":
                    self._add(row["url"], row["title"], row["date"])
        for url, versions in json.loads((real / "timeline.json").read_text()).items():
            self._add(url, "", versions[0]["date"])
        self.robots = {host: self._robots(host) for host in self.pages}

    def _add(self, url: str, title: str, date: str) -> None:
        parts = urlsplit(url)
        plain = f"http://{parts.hostname}{parts.path}" + (f"?{parts.query}" if parts.query else "")
        if parts.hostname and all(plain != other for other, *_ in self.pages[parts.hostname]):
            self.pages[parts.hostname].append((plain, title, date))

    def _robots(self, host: str) -> bytes:
        saved = self.real / "hostile" / "robots" / "protego" / host
        if saved.exists():
            return saved.read_bytes()
        first = sorted({urlsplit(url).path.split("/")[1] for url, *_ in self.pages[host]} - {""})
        closed = f"Disallow: /{first[-1]}/\n" if len(first) > 4 else "Disallow: /private/\n"
        return f"User-agent: *\n{closed}Sitemap: http://{host}/sitemap.xml\n".encode()

    def published(self, host: str) -> list[tuple[str, str, str]]:
        return [
            page for page in self.pages[host] if zlib.crc32(page[0].encode()) % 20 - 17 <= self.day
        ]

    def kind(self, host: str) -> str:
        many = len(self.pages[host])
        if many >= 20:
            return "sitemap"
        return (
            "listing"
            if many >= 5
            else ("page", "feed", "listing", "sitemap")[zlib.crc32(host.encode()) % 4]
        )

    def answer(self, host: str, path: str, query: str) -> tuple[str, bytes] | None:
        pages = self.published(host)
        match path:
            case "/robots.txt":
                return "text/plain", self.robots[host]
            case "/sitemap.xml":
                return (
                    "application/xml",
                    f"<sitemapindex><sitemap><loc>http://{host}/sitemap-1.xml.gz</loc></sitemap></sitemapindex>".encode(),
                )
            case "/sitemap-1.xml.gz":
                rows = "".join(
                    f"<url><loc>{escape(url)}</loc><lastmod>{date}</lastmod></url>"
                    for url, _, date in pages
                )
                return "application/gzip", gzip.compress(
                    f"<urlset>{rows}</urlset>".encode(), mtime=0
                )
            case "/feed.xml":
                rows = "".join(
                    f"<item><title>{escape(title)}</title><link>{escape(url)}</link></item>"
                    for url, title, _ in pages
                )
                return (
                    "application/rss+xml",
                    f"<rss version='2.0'><channel>{rows}</channel></rss>".encode(),
                )
            case "/all-news":
                at = int(query.removeprefix("page=") or 1)
                rows = "".join(
                    f"<li><a class=item href='{escape(url)}'>{escape(title)}</a>"
                    for url, title, _ in pages[(at - 1) * PER_PAGE : at * PER_PAGE]
                )
                onward = (
                    f"<div class=pagination><a href='/all-news?page={at + 1}'>Next</a></div>"
                    if at * PER_PAGE < len(pages)
                    else ""
                )
                return "text/html; charset=utf-8", f"<ul>{rows}</ul>{onward}".encode()
        return None

    def declare(self, path: Path) -> int:
        entries, kinds = (
            [],
            {"sitemap": "/sitemap.xml", "listing": "/all-news", "feed": "/feed.xml"},
        )
        keys = {host: f"site-{number}" for number, host in enumerate(sorted(self.pages))}
        for host, key in keys.items():
            kind = self.kind(host)
            urls = (
                [f"http://{host}{kinds[kind]}"]
                if kind in kinds
                else [url for url, *_ in self.pages[host]]
            )
            sources = [
                {"key": f"s{at}", "kind": kind, "url": url}
                | ({"follow": "a.item", "pages": 20} if kind == "listing" else {})
                for at, url in enumerate(urls)
            ]
            entries.append(
                {
                    "key": key,
                    "name": host,
                    "kind": "university",
                    "country": "GB",
                    "homepage": f"http://{host}/",
                    "hosts": [host],
                    "parent": keys.get(host.partition(".")[2]),
                    "sources": sources,
                }
            )
        path.write_text(yaml.safe_dump({"institutions": entries}, allow_unicode=True))
        return sum(len(entry["sources"]) for entry in entries)


def serving(sites: Sites, log: list) -> ThreadingHTTPServer:
    """The saved pages' own server, with what the sites publish about themselves in front of it."""
    spec = importlib.util.spec_from_file_location("saved_pages", sites.real / "serve.py")
    saved = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(saved)
    saved.A = SimpleNamespace(rewrite=True, verbose=False)

    class Internet(saved.H):
        def do_GET(self):
            parts = urlsplit(self.path)
            made = (
                sites.answer(parts.hostname, parts.path, parts.query)
                if parts.hostname in sites.pages
                else None
            )
            self.entry = [time.monotonic(), parts.hostname or "", self.path, 0]
            log.append(self.entry)
            if made is None:
                return super().do_GET()
            etag = f'"{zlib.crc32(made[1]):x}"'
            if self.headers.get("If-None-Match") == etag:
                return self.out(304, b"", [("ETag", etag)])
            return self.out(200, made[1], [("Content-Type", made[0]), ("ETag", etag)])

        def out(self, code, body=b"", hdr=()):
            self.entry[3] = code
            super().out(code, body, hdr)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Internet)
    server.daemon_threads = True
    threading.Thread(target=server.serve_forever, daemon=True).start()
    server.turn = lambda at: saved.AT.update(t=saved.iso(f"{at}T23:59:59+00:00") if at else None)
    return server


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument(
        "--delay", type=float, default=1.0, help="seconds between two requests to a host"
    )
    parser.add_argument(
        "--shared", type=Path, default=Path(__file__).resolve().parent.parent.parent / "shared"
    )
    parser.add_argument("--real", type=Path, help="where the saved pages are unpacked already")
    parser.add_argument("--keep", type=Path, help="where the store stays for a closer look")
    parser.add_argument("--before", type=Path, help="an earlier result: which documents differ")
    parser.add_argument("--out", type=Path)
    asked = parser.parse_args()
    if not asked.real and not (asked.shared / "real" / "dev.tar.zst").exists():
        raise SystemExit("skipped: the saved real pages are not on this machine")
    with tempfile.TemporaryDirectory() as name:
        real = asked.real or unpack(asked.shared, Path(name))
        sites, folder = Sites(real), asked.keep or Path(name)
        folder.mkdir(parents=True, exist_ok=True)
        result = measure(sites, folder, asked.delay)
    if asked.before:
        result["compared"] = compared(sites, json.loads(asked.before.read_text()), result)
    print(json.dumps(result, indent=1))
    if asked.out:
        asked.out.write_text(json.dumps(result, indent=1) + "\n")


def measure(sites: Sites, folder: Path, delay: float) -> dict:
    log: list = []
    server = serving(sites, log)
    proxy = f"http://127.0.0.1:{server.server_port}"
    environment = {
        **os.environ,
        "TRACKER_DATA_DIR": str(folder / "data"),
        "TRACKER_SOURCES": str(folder / "sources.yaml"),
        "TRACKER_DOWNLOAD_DELAY": str(delay),
        "http_proxy": proxy,
        "HTTP_PROXY": proxy,
        "no_proxy": "",
        "NO_PROXY": "",
    }
    declared = sites.declare(folder / "sources.yaml")
    runs = []
    for day in range(3):
        sites.day = day
        server.turn(HISTORY[day])
        log.clear()
        runs.append(one_day(folder, environment, day, log, delay))
    server.shutdown()
    return {
        "sites": len(sites.pages),
        "sources": declared,
        "delay": delay,
        **counted(folder),
        "runs": runs,
        "robots_violations": sum(run.pop("violations")(sites) for run in runs),
    }


def mark(url: str) -> str:
    """An address that can be compared, and not read: the sites are third parties'."""
    return hashlib.sha256(url.encode()).hexdigest()[:8]


def compared(sites: Sites, before: dict, after: dict) -> dict:
    """Which documents on the subject only one of two results has; their addresses on standard error."""
    then, now = (set(result["on_the_subject"].split()) for result in (before, after))
    known = {mark(url): url for pages in sites.pages.values() for url, *_ in pages}
    for name, marks in (("lost", then - now), ("gained", now - then)):
        for one in sorted(marks):
            print(f"{name}: {known.get(one, one)}", file=sys.stderr)
    return {
        "share_of_requests_on_irrelevant_pages_before": before[
            "share_of_requests_on_irrelevant_pages"
        ],
        "on_the_subject_before": len(then),
        "in_both": len(then & now),
        "lost": " ".join(sorted(then - now)),
        "gained": " ".join(sorted(now - then)),
    }


def one_day(folder: Path, environment: dict, day: int, log: list, delay: float) -> dict:
    at = (START + timedelta(days=day)).isoformat()
    began, held = time.monotonic(), documents(folder)
    crawl = [sys.executable, "-m", "crawler", "crawl", "--json", "--quiet", "--at", at] + (
        ["--due"] if day else []
    )
    done = subprocess.run(crawl, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    counts = json.loads(done.stdout)
    subprocess.run(
        [TRACKER, "update", "--at", at[:19]], env=environment, capture_output=True, check=True
    )
    asked = [tuple(entry) for entry in log]
    new = documents(folder) - held
    return {
        **{
            name: counts[name]
            for name in ("documents", "fetched", "not_modified", "failed", "cpu_seconds")
        },
        "wall_seconds": round(time.monotonic() - began, 1),
        "requests": len(asked),
        "new_documents": new,
        "requests_per_new_document": round(len(asked) / new, 2) if new else None,
        "share_not_modified": round(counts["not_modified"] / max(1, counts["documents"]), 3),
        "asked_twice": sum(times - 1 for times in Counter(url for _, _, url, _ in asked).values()),
        "busiest_host": busiest(asked, delay),
        "violations": lambda sites: violations(sites, asked),
    }


def busiest(asked: list, delay: float) -> dict:
    """The most requests that one host got in any stretch of ten delays, and the shortest gap.

    As the server saw them: all hosts are asked at once in the beginning, and threads of its that come late
    shorten the first gaps. Taken where the crawler begins a download, none was below nine tenths of the delay.
    """
    by_host: defaultdict[str, list[float]] = defaultdict(list)
    for at, host, *_ in asked:
        by_host[host].append(at)
    window, most, gap = 10 * delay, (0, ""), 1e9
    for host, times in by_host.items():
        times.sort()
        most = max(
            most,
            max(
                (number - bisect.bisect_left(times, at - window) + 1, host)
                for number, at in enumerate(times)
            ),
        )
        gap = min([gap, *(b - a for a, b in zip(times, times[1:], strict=False))])
    return {
        "host": most[1],
        "requests_per_second": round((most[0] - 1) / window, 2) if window else None,
        "shortest_gap": round(gap, 3),
    }


def violations(sites: Sites, asked: list) -> int:
    rules = {
        host: Protego.parse(body.decode(errors="replace")) for host, body in sites.robots.items()
    }
    return sum(
        host in rules and not url.endswith("/robots.txt") and not rules[host].can_fetch(url, AGENT)
        for _, host, url, _ in asked
    )


RELEVANT = (
    "china OR surveillance OR human_rights OR partnership OR R1 OR R2 OR R3 OR R4 OR R5 OR R6"
)


def ask(folder: Path, query: str) -> list:
    path = folder / "data" / "tracker.db"
    return sqlite3.connect(path).execute(query).fetchall() if path.exists() else []


def documents(folder: Path) -> int:
    return sum(
        number
        for (number,) in ask(folder, "SELECT count(*) FROM document WHERE last_good_at IS NOT NULL")
    )


def counted(folder: Path) -> dict:
    """Documents known and read, and what was spent on pages that say nothing on the subject."""
    known = ask(
        folder,
        "SELECT sum(max(s.known, (SELECT count(*) FROM document d WHERE d.source_id = s.id))) FROM source s",
    )[0][0]
    read = ask(folder, "SELECT count(DISTINCT document_id) FROM version")[0][0]
    on_subject = ask(
        folder,
        f"SELECT DISTINCT d.url FROM document d JOIN version v ON v.document_id = d.id JOIN version_passage p ON p.version_id = v.id JOIN coding c ON c.passage_id = p.passage_id WHERE {RELEVANT}",
    )
    relevant = len(on_subject)
    spent = ask(folder, "SELECT count(*) FROM fetch WHERE document_id IS NOT NULL")[0][0]
    wasted = ask(
        folder,
        f"SELECT count(*) FROM fetch WHERE document_id IN (SELECT document_id FROM version) AND document_id NOT IN (SELECT v.document_id FROM version v JOIN version_passage p ON p.version_id = v.id JOIN coding c ON c.passage_id = p.passage_id WHERE {RELEVANT})",
    )[0][0]
    budget = ask(
        folder, "SELECT sum(CASE WHEN kind IN ('page', 'document') THEN 1 ELSE 200 END) FROM source"
    )[0][0]
    return {
        "documents_known": known,
        "documents_read": read,
        "documents_on_the_subject": relevant,
        "share_of_requests_on_irrelevant_pages": round(wasted / max(1, spent), 3),
        "share_of_budget_on_irrelevant_pages": round((read - relevant) / budget, 3),
        "on_the_subject": " ".join(sorted(mark(url) for (url,) in on_subject)),
    }


if __name__ == "__main__":
    main()
