"""Whole crawls of a server on loopback, in a process of their own."""

import json
import os
import sqlite3
import sys
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from subprocess import PIPE, Popen

import yaml
from sqlmodel import col, select

from tracker.store import Store

PROXIED = "http://alder.example"


class Crawl:
    """Runs the crawler on a store of its own, with the site as its proxy."""

    def __init__(self, folder: Path, site) -> None:
        self.folder, self.site = folder, site
        self.store = Store.open(f"sqlite:///{folder / 'tracker.db'}")
        self.environment = {
            **os.environ,
            "TRACKER_DATA_DIR": str(folder),
            "TRACKER_SOURCES": str(folder / "sources.yaml"),
            "TRACKER_DOWNLOAD_DELAY": "0",
            "http_proxy": site.address,
        }

    def declare(self, *sources: dict, **institution) -> None:
        entry = {
            "key": "alder",
            "name": "Alder Institute",
            "kind": "ethics_institute",
            "country": "GB",
            "homepage": f"{PROXIED}/",
            **institution,
            "sources": list(sources),
        }
        (self.folder / "sources.yaml").write_text(yaml.safe_dump({"institutions": [entry]}))

    def start(self, *arguments: str, program: Sequence[str] = ("-m", "crawler")) -> Popen:
        return Popen(
            [sys.executable, *program, "crawl", *arguments],
            env=self.environment,
            stdout=PIPE,
            stderr=PIPE,
            text=True,
        )

    def __call__(self, *arguments: str, code: int = 0) -> dict:
        process = self.start("--json", *arguments)
        out, self.said = process.communicate(timeout=60)
        assert process.returncode == code, self.said
        return json.loads(out) if out else {}

    def dump(self) -> list[str]:
        with closing(sqlite3.connect(self.folder / "tracker.db")) as base:
            return list(base.iterdump())

    def rows_of(self, table) -> list:
        with self.store.transaction() as session:
            return list(session.exec(select(table)))

    def rows(self, table) -> list:
        with self.store.transaction() as session:
            return list(session.exec(select(table).order_by(col(table.id))))


def a_page(path: str = "/policy", **fields) -> dict:
    return {"kind": "page", "url": f"{PROXIED}{path}", **fields}
