"""Reads declared pages and documents, and re-reads every document known from a source."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from scrapy import Spider
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from crawler import discovery, focus, links
from crawler.items import DocumentRead, SourceRead
from crawler.outcomes import fetched, is_html, not_fetched, readable
from crawler.progress import Progress
from tracker.addresses import identity
from tracker.archive import Candidate, Fetched, NotFetched
from tracker.model import Reason, SourceKind
from tracker.store.planning import DocumentTask, SourceTask
from tracker.store.recorder import Recorder

Item = SourceRead | DocumentRead
MOST_FILES = 20  # that a watched page links to and that are watched with it


class Policies(Spider):
    """Declared pages and documents. Every request ends as one item, whatever happens to it."""

    name = "policies"

    def __init__(
        self,
        *,
        tasks: Sequence[SourceTask],
        recorder: Recorder,
        clock: Callable[[], datetime],
        progress: Progress,
        max_pages: int | None = None,
    ) -> None:
        super().__init__()
        self.tasks, self.recorder, self.clock = tasks, recorder, clock
        self.progress, self.max_pages = progress, max_pages
        self.asked: Counter[int] = Counter()
        self.asked_ids: set[int] = set()
        self.by_id = {task.id: task for task in tasks}

    async def start(self) -> AsyncIterator[Any]:
        for task in self.tasks:
            for request in self.begin(task):
                yield request

    def begin(self, task: SourceTask) -> Iterator[Any]:
        """Ask for a source's documents; a declared page is its own document."""
        known = any(identity(document.url) == identity(task.url) for document in task.documents)
        named = [] if known else [Candidate(task.url, task.options.title)]
        new = self.recorder.candidates(task.id, named, at=self.clock()) if named else []
        yield from self.documents(task, [*new, *task.documents])

    def documents(
        self, task: SourceTask, documents: Sequence[DocumentTask], *, scores: Sequence[float] = ()
    ) -> Iterator[Request]:
        """Ask for documents, each once a run, within the run's budget for the source."""
        for number, document in enumerate(documents):
            if document.id in self.asked_ids:
                continue
            if self.max_pages is not None and self.asked[task.id] >= self.max_pages:
                break
            self.asked[task.id] += 1
            self.asked_ids.add(document.id)
            yield self._request(task, document, scores[number] if number < len(scores) else 0.0)
        self.progress.planned(task, self.asked[task.id])

    def adopted(
        self, task: SourceTask, chosen: Sequence[focus.Chosen], *, named: int
    ) -> Iterator[Request]:
        """Make documents of what was chosen, and ask for them, best first."""
        candidates = [each.candidate for each in chosen]
        new = self.recorder.adopt(task.id, candidates, named=named, at=self.clock())
        yield from self.documents(task, new, scores=[each.score for each in chosen])

    def _request(self, task: SourceTask, document: DocumentTask, score: float) -> Request:
        return Request(
            document.url,
            callback=self.document_answered,
            errback=self.document_failed,
            dont_filter=True,
            priority=min(9, int(score)),
            cb_kwargs={"document": document},
            meta={
                "hosts": task.hosts,
                "validators": _validators(task, document),
                "render": task.options.render,
                "source": f"{task.institution}/{task.key}",
                "handle_httpstatus_list": [304],
            },
        )

    def document_answered(
        self, response: Response, document: DocumentTask
    ) -> Iterator[Item | Request]:
        result = readable(fetched(document.url, response, at=self.clock()))
        if response.status == 304 and not (document.etag or document.last_modified):
            result = NotFetched(
                document.url,
                self.clock(),
                Reason.HTTP_ERROR,
                "not modified, but we hold nothing",
                304,
            )
        yield self._read(document, result)
        task = self.by_id[document.source_id]
        if isinstance(result, Fetched) and is_html(result):
            yield from self.linked(task, result)

    def linked(self, task: SourceTask, result: Fetched) -> Iterator[Item | Request]:
        """Ask for the files that a watched page links to and that promise something."""
        if task.kind is not SourceKind.PAGE or result.body is None:
            return
        named = links.read_files(result.body, url=result.final_url)
        unread = self.recorder.unknown(discovery.wanted(named, task.options, task.hosts))
        good = [each for each in focus.ranked(unread) if each.score > 0] if unread else []
        room = max(0, MOST_FILES - task.held)
        if good:
            yield from self.adopted(task, good[:room], named=1)

    def document_failed(self, failure: Failure) -> Iterator[Item]:
        document = failure.request.cb_kwargs["document"]  # type: ignore[attr-defined]
        yield self._read(document, not_fetched(document.url, failure, at=self.clock()))

    def _read(self, document: DocumentTask, result: Any) -> DocumentRead:
        self.progress.read(self.by_id[document.source_id], result)
        return DocumentRead(document, result)


def _validators(task: SourceTask, document: DocumentTask) -> tuple[str | None, str | None]:
    """A page that scripts write says nothing of itself by what the server sends."""
    if task.options.render:
        return None, None
    return document.etag, document.last_modified
