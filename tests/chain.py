"""A small site read again and again through the whole chain but the network."""

from datetime import datetime, timedelta
from pathlib import Path

from builders import NOON, a_failure, a_page, a_source, a_sources_file, an_institution
from sqlmodel import col, select

from tracker.alerts.outbox import SendReport, send_due
from tracker.archive import Candidate
from tracker.model import Change, Channel, Document, Reason
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.crawling import finish_run, start_run, sync_sources
from tracker.store.planning import plan
from tracker.store.recorder import Recorder
from tracker.store.subscriptions import add_subscription
from tracker.update import Updated, update

RULE = (
    "Before any agreement with a foreign partner is signed, the office must carry out human rights "
    "due diligence on the partner and check whether it takes part in surveillance or repression."
)
PLAIN = "The reading room is open to all members on weekdays and the garden in the summer months."


class Site:
    """Documents at addresses of one institution; `read` is one crawl and one update."""

    def __init__(self, store: Store, folder: Path, **settings: object) -> None:
        self.store = store
        self.settings = Settings(
            data_dir=folder, public_url="https://tracker.example", secret="s", **settings
        )

    def subscribe(self, name: str = "mine", *, at: datetime = NOON, **fields: object) -> None:
        with self.store.transaction() as session:
            add_subscription(session, name=name, **({"channel": Channel.OUTBOX, "at": at} | fields))

    def read(
        self, pages: dict[str, str | Reason], *, at: datetime, derive: bool = True, **how: object
    ) -> Updated | None:
        """Read these pages, name → body or why there is none, and derive what follows if asked."""
        urls = {name: f"http://alder.example/{name}" for name in pages}
        sources = [a_source(key=name, url=url) for name, url in urls.items()]
        with self.store.transaction() as session:
            sync_sources(session, a_sources_file(an_institution(*sources)))
            run = start_run(session, verb="crawl", scope={}, tool="t", at=at)
        recorder = Recorder(self.store, run)
        with self.store.transaction() as session:
            planned = {task.url: task for task in plan(session, at=at)}
        for name, body in pages.items():
            task = planned[urls[name]]
            fresh = recorder.candidates(task.id, [Candidate(task.url)], at=at)
            result = (
                a_failure(body, at=at, url=urls[name])
                if isinstance(body, Reason)
                else a_page(body, at=at, url=urls[name])
            )
            recorder.document((*fresh, *task.documents)[0], result)
        recorder.flush()
        with self.store.transaction() as session:
            finish_run(session, run, at=at, counts={})
        return update(self.store, self.settings, at=at, **how) if derive else None

    def send(self, *, at: datetime) -> SendReport:
        return send_due(self.store, self.settings, at=at)

    def changes(self) -> list[Change]:
        with self.store.transaction() as session:
            return list(session.exec(select(Change).order_by(col(Change.id))))

    def document(self, name: str) -> Document:
        with self.store.transaction() as session:
            return session.exec(
                select(Document).where(Document.url == f"http://alder.example/{name}")
            ).one()


def page(*paragraphs: str, frame: str = "{}") -> str:
    """A page of paragraphs in a frame that stands for a site's template."""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    inner = f"<main><h1>Partnerships</h1><h2>Scope</h2>{text}</main>"
    return f"<!doctype html><html lang=en><title>Policy</title><body>{frame.format(inner)}</body></html>"


def days(number: float) -> timedelta:
    return timedelta(days=number)
