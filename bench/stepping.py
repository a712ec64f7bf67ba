"""Runs commands of the tracker, counts the named steps that they come by, or ends one by SIGKILL at a step.

Each line of standard input is a JSON object, answered by a line with the exit code (-9: killed):
`command`; `environment`; `said`, a file for standard error; and one of `count`, a file for
{step: how often}; `step` and `nth`, where to die; `after`, seconds after which to die.
Each command is a process of its own, forked from this one, which has loaded the modules already. The
program knows nothing of steps: a profile function watches which functions it enters and leaves,
and what SQL it runs.
"""

import importlib
import json
import os
import re
import runpy
import signal
import sys
import threading
import time
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

BEFORE, AFTER = "call", "return"
LOADED = ["tracker.cli", "tracker.update", "tracker.alerts.outbox", "tracker.store.recorder", "crawler.progress", "crawler.spiders.statements", "crawler.pipelines", "scrapy.crawler"]  # fmt: skip
DIALECT = "sqlalchemy.engine.default"


@dataclass(frozen=True)
class Step:
    """A place in the program: a function of a module as it is entered or left; of SQL, what it writes."""

    module: str
    function: str
    when: str
    sql: str = ""


def entering(module: str, function: str) -> Step:
    return Step(module, function, BEFORE)


def leaving(module: str, function: str) -> Step:
    return Step(module, function, AFTER)


def written(sql: str) -> Step:
    """A statement is done, its transaction is not."""
    return Step(DIALECT, "DefaultDialect.do_execute", AFTER, sql)


CRAWLING, RECORDER, PIPELINES = (
    "tracker.store.crawling",
    "tracker.store.recorder",
    "crawler.pipelines",
)
READING, COMPARING = "tracker.store.reading", "tracker.store.comparing"
UPDATE = "tracker.update"
DELIVERIES, OUTBOX = "tracker.store.deliveries", "tracker.alerts.outbox"

STEPS = {
    "crawl: sources.yaml is about to be taken over": entering(CRAWLING, "sync_sources"),
    "crawl: sources.yaml is taken over, not committed": leaving(CRAWLING, "sync_sources"),
    "crawl: the run is opened, not committed": leaving(CRAWLING, "start_run"),
    "crawl: the run is planned, not committed": leaving("tracker.store.planning", "plan"),
    "crawl: the run is opened and committed": leaving("crawler.__main__", "_begin"),
    "crawl: the first request is about to go out": entering(PIPELINES, "Record.open_spider"),
    "crawl: what a source answered is about to be recorded": entering(RECORDER, "Recorder.source"),
    "crawl: what a source answered is recorded": leaving(RECORDER, "Recorder.source"),
    "crawl: a robots.txt is kept": leaving("tracker.store.robots", "keep_robots"),
    "crawl: documents that a source names are about to be made": entering(RECORDER, "Recorder.adopt"),
    "crawl: documents are made, their addresses are not": written("INSERT INTO document"),
    "crawl: documents that a source names are made": leaving(RECORDER, "Recorder.adopt"),
    "crawl: a page is read, and waits to be recorded": leaving(RECORDER, "Recorder.document"),
    "crawl: a batch of fetches is about to be written": entering(RECORDER, "Recorder._record"),
    "crawl: unchanged pages are written, the rest of the batch is not": leaving(RECORDER, "Recorder._record_unchanged"),
    "crawl: a payload is written, its fetch row is not": written("INSERT INTO payload"),
    "crawl: a fetch row is written, its snapshot is not": written("INSERT INTO fetch"),
    "crawl: a snapshot is written, its document does not say so": written("INSERT INTO snapshot"),
    "crawl: a failure is written, its batch is not": leaving(RECORDER, "Recorder._record_failure"),
    "crawl: a move is noted, its batch is not written": leaving("tracker.store.naming", "note_addresses"),
    "crawl: a batch is written, not committed": leaving(RECORDER, "Recorder._record"),
    "crawl: a batch is committed": leaving(RECORDER, "Recorder.flush"),
    "crawl: the last page is read, the run is not closed": entering(CRAWLING, "finish_run"),
    "crawl: sources have their outcome, the run is not closed": leaving(CRAWLING, "_note_declared_sources"),
    "crawl: the manifest's hash is taken, not written": leaving("tracker.store.integrity", "manifest"),
    "crawl: the run is closed, not committed": leaving(CRAWLING, "finish_run"),
    "crawl: the run is closed and committed, nothing is said": entering("crawler.__main__", "_report"),
    "update: snapshots to read are found": leaving(READING, "pending_snapshots"),
    "update: a snapshot is about to be extracted": entering(f"{UPDATE}.reading", "_read"),
    "update: a snapshot is extracted, nothing is written": leaving(f"{UPDATE}.reading", "_read"),
    "update: a version is about to be written": entering(READING, "record_text"),
    "update: a version is written, its passages are not": written("INSERT INTO version "),
    "update: passages are written, not tied to their version": written("INSERT INTO passage "),
    "update: a version is written, its passages wait": leaving(READING, "record_text"),
    "update: versions and their passages are written, not committed": leaving("tracker.store.passages", "_add_passages"),
    "update: a snapshot is set aside, not committed": leaving(READING, "record_unread"),
    "update: all snapshots are read": entering(f"{UPDATE}.coding", "code_passages"),
    "update: passages are coded, nothing is written": entering("tracker.store.codings", "record_codings"),
    "update: codings are written, named bodies are not": leaving("tracker.store.codings", "record_codings"),
    "update: codings and named bodies are written, not committed": leaving("tracker.store.codings", "record_entities"),
    "update: the word index is written, not committed": leaving("tracker.store.word_index", "index_coded"),
    "update: what is one document is brought together, not committed": leaving("tracker.store.moving", "settle"),
    "update: an institution's versions are about to be compared": entering(f"{UPDATE}.comparing", "_compare_institution"),
    "update: a change is written, nothing is owed": leaving(COMPARING, "record_change"),
    "update: an institution's changes are written, nothing is owed": leaving(f"{UPDATE}.comparing", "_compare_institution"),
    "update: changes and what is owed are written, not committed": leaving("tracker.alerts.owing", "owe_matching"),
    "update: all versions are compared": leaving(f"{UPDATE}.comparing", "compare_versions"),
    "update: what befell documents is noted, not committed": leaving("tracker.store.events", "document_events"),
    "update: changes are confirmed, nothing falls due": leaving("tracker.store.confirming", "confirm_changes"),
    "update: what waited falls due, not committed": leaving(DELIVERIES, "release_confirmed"),
    "update: findings are about to be drawn": entering("tracker.assessment", "assess"),
    "update: findings are written, not committed": written("INSERT INTO finding "),
    "update: findings are committed, nothing is said": leaving("tracker.assessment", "assess"),
    "send: what killed senders had claimed is released, not committed": leaving(DELIVERIES, "release_claims"),
    "send: messages are claimed, not committed": leaving(DELIVERIES, "claim_due"),
    "send: messages are claimed and committed": leaving(OUTBOX, "_claim"),
    "send: a message is about to go out": entering(OUTBOX, "try_to_send"),
    "send: a mail file is about to be moved into its place": leaving("tracker.alerts.messages", "as_email"),
    "send: a message is taken, not marked": leaving(OUTBOX, "try_to_send"),
    "send: a message is marked as sent, not committed": leaving(DELIVERIES, "mark_sent"),
    "send: a message is marked and committed": leaving(OUTBOX, "_send"),
    "any: something written is about to be committed": Step(DIALECT, "DefaultDialect.do_commit", BEFORE),
    "any: something written is committed": Step(DIALECT, "DefaultDialect.do_commit", AFTER),
    "any: something is written, its transaction is open": written(""),
}  # fmt: skip
_WRITES = re.compile(r"(INSERT|UPDATE|DELETE)\b")


class Watch:
    """Counts the steps of this process; at the n-th time of the one that is asked for, it dies."""

    def __init__(self, step: str = "", nth: int = 0) -> None:
        self.step, self.nth = step, nth
        self.counted: Counter[str] = Counter()
        self.wrote = False
        self.names: dict[str, list[str]] = {}
        for name, of in STEPS.items():
            self.names.setdefault(of.function, []).append(name)
        self.executes = {"DefaultDialect.do_execute", "DefaultDialect.do_executemany"}
        self.names["DefaultDialect.do_executemany"] = self.names["DefaultDialect.do_execute"]

    def __call__(self, frame, event, _arg) -> None:
        names = self.names.get(frame.f_code.co_qualname)
        if names is None or event not in {BEFORE, AFTER}:
            return
        module = frame.f_globals["__name__"]
        module = "crawler.__main__" if module == "__main__" else module
        executing = frame.f_code.co_qualname in self.executes
        # PostgreSQL quotes the name of a table that is a word of its own.
        statement = frame.f_locals["statement"].replace('"', "") if executing else ""
        for name in names:
            step = STEPS[name]
            if step.when != event or step.module != module:
                continue
            if executing and not (
                _WRITES.match(statement) and f"{statement} ".startswith(step.sql)
            ):
                continue
            if frame.f_code.co_name == "do_commit" and not self.wrote:
                continue
            self.come_by(name)
        if executing and _WRITES.match(statement):
            self.wrote = True
        elif frame.f_code.co_name == "do_commit" and event == AFTER:
            self.wrote = False

    def come_by(self, name: str) -> None:
        self.counted[name] += 1
        if name == self.step and self.counted[name] == self.nth:
            os.kill(os.getpid(), signal.SIGKILL)


def be(asked: dict) -> None:
    """Be the command, under watch."""
    os.environ.clear()
    os.environ.update(asked["environment"])
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)
    os.dup2(os.open(asked["said"], os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2)
    program = "crawler" if asked["command"][0] == "crawl" else "tracker"
    sys.argv = [program, *asked["command"]]
    watch = Watch(asked.get("step", ""), asked.get("nth", 0))
    if "count" in asked or "step" in asked:
        threading.setprofile(watch)
        sys.setprofile(watch)
    code: object = 1
    try:
        runpy.run_module(program, run_name="__main__", alter_sys=True)
        code = 0
    except SystemExit as end:
        code = end.code or 0
    finally:
        sys.setprofile(None)
        if code == 1 and sys.exc_info()[0]:
            sys.excepthook(*sys.exc_info())
        if "count" in asked:
            Path(asked["count"]).write_text(json.dumps(watch.counted))
        os._exit(code if isinstance(code, int) else 1)


def main() -> None:
    for module in LOADED:
        importlib.import_module(module)
    for line in sys.stdin:
        asked = json.loads(line)
        child = os.fork()
        if child == 0:
            be(asked)
        if "after" in asked:
            time.sleep(asked["after"])
            os.kill(child, signal.SIGKILL)
        _, status = os.waitpid(child, 0)
        print(os.waitstatus_to_exitcode(status), flush=True)


if __name__ == "__main__":
    main()
