"""What a crawl would ask for, and how much each address promises; asks nobody and writes nothing."""

from collections.abc import Iterator, Sequence

from sqlmodel import Session

from crawler import discovery, focus
from crawler.progress import name
from crawler.spiders.statements import is_search, read
from tracker.addresses import identity
from tracker.archive import Candidate
from tracker.promise import promised
from tracker.store.naming import known_as
from tracker.store.payloads import payload_bytes
from tracker.store.planning import DECLARED, SourceTask


def lines(session: Session, tasks: Sequence[SourceTask], *, max_pages: int | None) -> Iterator[str]:
    """Yield a line for each request of a run: source, what it is for, score, address.

    What a feed, sitemap or listing names is as of its last read; one never read stands alone.
    """
    for task in tasks:
        if task.kind not in DECLARED and task.due:
            yield _line(task, str(task.kind), None, task.url)
        asked = [*_unread(session, task), *_known(task)]
        for purpose, score, url in asked[:max_pages]:
            yield _line(task, purpose, score, url)


def _line(task: SourceTask, purpose: str, score: float | None, url: str) -> str:
    return f"{name(task)}\t{purpose}\t{'' if score is None else f'{score:g}'}\t{url}"


def _known(task: SourceTask) -> Iterator[tuple[str, float, str]]:
    for document in task.documents:
        purpose = "check again" if document.good_at else "not yet read"
        yield purpose, promised(document.url), document.url


def _unread(session: Session, task: SourceTask) -> Iterator[tuple[str, float, str]]:
    named = [Candidate(task.url)] if task.kind in DECLARED else _named(session, task)
    known = known_as(session, [identity(candidate.url) for candidate in named])
    unread = list({identity(c.url): c for c in named if identity(c.url) not in known}.values())
    for chosen in focus.choose(unread, task.options, fresh=(), held=task.held, seen=task.seen):
        score = chosen.score or promised(chosen.candidate.url, chosen.candidate.title)
        yield "new", score, chosen.candidate.url


def _named(session: Session, task: SourceTask) -> list[Candidate]:
    found: list[Candidate] = []
    for url, kept in task.kept.items():
        if not is_search(url):
            try:
                found += read(task, url, payload_bytes(session, kept.payload_id)).candidates
            except discovery.NotDiscoverableError:
                continue  # it was readable as another kind of source
    return list(discovery.wanted(found, task.options, task.hosts))
