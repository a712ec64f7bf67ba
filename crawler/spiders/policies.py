"""Reads declared pages and documents, and re-reads every document known from a source."""

from collections import Counter
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from datetime import datetime
from typing import Any

from scrapy import Spider
from scrapy.http import Request, Response
from twisted.python.failure import Failure

from crawler.items import DocumentRead, SourceRead
from crawler.outcomes import fetched, not_fetched, readable
from crawler.progress import Progress
from tracker.archive import Candidate, NotFetched
from tracker.model import Reason
from tracker.store.crawling import DocumentTask, SourceTask
from tracker.store.recorder import Recorder

Item = SourceRead | DocumentRead


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
        self.asked_urls: set[str] = set()
        self.by_id = {task.id: task for task in tasks}

    async def start(self) -> AsyncIterator[Any]:
        for task in self.tasks:
            for request in self.begin(task):
                yield request

    def begin(self, task: SourceTask) -> Iterator[Request]:
        """Ask for a source's documents; a declared page is its own document."""
        named = [Candidate(task.url, task.options.title)]
        fresh = self.recorder.candidates(task.id, named, at=self.clock())
        yield from self.documents(task, [*task.documents, *fresh])

    def documents(self, task: SourceTask, documents: Sequence[DocumentTask]) -> Iterator[Request]:
        """Ask for documents, each once a run, within the run's budget for the source."""
        for document in documents:
            if document.url in self.asked_urls:
                continue
            if self.max_pages is not None and self.asked[task.id] >= self.max_pages:
                break
            self.asked[task.id] += 1
            self.asked_urls.add(document.url)
            yield self._request(task, document)
        self.progress.planned(task, self.asked[task.id])

    def _request(self, task: SourceTask, document: DocumentTask) -> Request:
        return Request(
            document.url,
            callback=self.document_answered,
            errback=self.document_failed,
            dont_filter=True,
            cb_kwargs={"document": document},
            meta={
                "hosts": task.hosts,
                "validators": _validators(task, document),
                "render": task.options.render,
                "source": f"{task.institution}/{task.key}",
                "handle_httpstatus_list": [304],
            },
        )

    def document_answered(self, response: Response, document: DocumentTask) -> Iterator[Item]:
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
