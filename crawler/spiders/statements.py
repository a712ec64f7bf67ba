"""Finds documents through feeds, sitemaps and listings, besides what is declared."""

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from scrapy.http import Request, Response
from twisted.python.failure import Failure

from crawler import discovery
from crawler.items import SourceRead
from crawler.outcomes import fetched, not_fetched
from crawler.spiders.policies import Item, Policies
from tracker.archive import Candidate, NotFetched
from tracker.model import Reason, SourceKind
from tracker.store.crawling import DECLARED, SourceTask

MOST_SITEMAPS = 50
FIRST = 10  # discovery before documents, so that the work is known early


class Statements(Policies):
    """Feeds, sitemaps and listings; what they name is read, what was known before is re-read."""

    name = "statements"

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        self.found: defaultdict[int, list[Candidate]] = defaultdict(list)
        self.open: defaultdict[int, int] = defaultdict(int)  # discovery requests under way
        self.opened: defaultdict[int, set[str]] = defaultdict(set)

    def begin(self, task: SourceTask) -> Iterator[Request]:
        if task.kind in DECLARED:
            yield from super().begin(task)
        else:
            yield self._discovery(task, task.url)

    def _discovery(self, task: SourceTask, url: str) -> Request:
        self.open[task.id] += 1
        self.opened[task.id].add(url)
        return Request(
            url,
            callback=self.source_answered,
            errback=self.source_failed,
            dont_filter=True,
            priority=FIRST,
            cb_kwargs={"task": task, "url": url},
            meta={"hosts": task.hosts},
        )

    def source_answered(
        self, response: Response, task: SourceTask, url: str
    ) -> Iterator[Item | Request]:
        result = fetched(url, response, at=self.clock())
        further: tuple[str, ...] = ()
        detail = ""
        if not isinstance(result, NotFetched):
            try:
                found = read(task, response)
            except discovery.NotDiscoverableError as error:
                result = NotFetched(
                    url, self.clock(), Reason.UNREADABLE, str(error), response.status
                )
            else:
                self.found[task.id] += discovery.wanted(found.candidates, task.options, task.hosts)
                further = found.further
                detail = "" if found.candidates or further else "names no documents"
        yield SourceRead(task.id, result, detail)
        yield from self._go_on(task, further)

    def source_failed(self, failure: Failure) -> Iterator[Item | Request]:
        given = failure.request.cb_kwargs  # type: ignore[attr-defined]
        task, url = given["task"], given["url"]
        result = not_fetched(url, failure, at=self.clock())
        self.progress.source_failed(task, result)
        yield SourceRead(task.id, result)
        yield from self._go_on(task, ())

    def _go_on(self, task: SourceTask, further: tuple[str, ...]) -> Iterator[Request]:
        for url in further:
            if url not in self.opened[task.id] and len(self.opened[task.id]) < most_parts(task):
                yield self._discovery(task, url)
        self.open[task.id] -= 1
        if self.open[task.id] == 0:
            named = list({c.url: c for c in self.found.pop(task.id, [])}.values())
            fresh = self.recorder.candidates(task.id, named, at=self.clock()) if named else []
            yield from self.documents(task, [*task.documents, *fresh])


def read(task: SourceTask, response: Response) -> discovery.Discovered:
    """Return what an answer names, read as its source's kind."""
    if task.kind is SourceKind.FEED:
        return discovery.read_feed(response.body, url=response.url)
    if task.kind is SourceKind.SITEMAP:
        return discovery.read_sitemap(response.body, url=response.url)
    follow = task.options.follow or "a"
    return discovery.read_listing(response.body, url=response.url, follow=follow)


def most_parts(task: SourceTask) -> int:
    """Return how many sitemaps, or pages of a listing, are read at most."""
    return MOST_SITEMAPS if task.kind is SourceKind.SITEMAP else task.options.pages
