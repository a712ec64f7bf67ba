"""Finds documents through feeds, sitemaps, listings and site searches, besides what is declared."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from scrapy.http import Request, Response
from twisted.python.failure import Failure

from crawler import discovery, focus, links
from crawler.items import SourceRead
from crawler.outcomes import fetched, is_html, not_fetched
from crawler.spiders.policies import Item, Policies
from tracker.archive import Candidate, Fetched, NotFetched
from tracker.model import Reason, SourceKind, Topic
from tracker.store.planning import DECLARED, SourceTask

MOST_SITEMAPS = 50
FIRST = 10  # discovery before documents, so that the work is known early
MOST_HITS = 20  # documents of a declared page's site that its search may add
SEARCH_APART = timedelta(days=7)
TERMS = tuple(str(topic).replace("_", " ") for topic in Topic)


@dataclass(slots=True)
class Gathered:
    """What the parts of one source have named so far."""

    found: list[Candidate] = field(default_factory=list)
    hits: list[Candidate] = field(default_factory=list)  # of the site's search
    before: set[str] = field(default_factory=set)  # addresses that it named when last read
    opened: set[str] = field(default_factory=set)
    waiting: int = 0


class Statements(Policies):
    """Feeds, sitemaps and listings; what they name is read, what was known before is re-read."""

    name = "statements"

    def __init__(self, *, due_only: bool = False, **given: Any) -> None:
        super().__init__(**given)
        self.due_only = due_only
        self.gathered: dict[int, Gathered] = {task.id: Gathered() for task in self.tasks}
        self.searched: set[str] = set()

    def begin(self, task: SourceTask) -> Iterator[Any]:
        if task.kind in DECLARED:
            yield from super().begin(task)
        elif not task.due:
            yield from self.documents(task, task.documents)
        else:
            yield from self._open(task, task.url)

    def _open(self, task: SourceTask, url: str) -> Iterator[Item | Request]:
        """Ask for a part of a source; what an interrupted run asked for is not asked for again."""
        gathered = self.gathered[task.id]
        gathered.waiting += 1
        gathered.opened.add(url)
        kept = task.kept.get(url)
        if url in task.done:
            named = self._named(task, url, self.recorder.kept_body(kept)) if kept else None
            yield from self._go_on(task, url, named)
            return
        yield Request(
            url,
            callback=self.source_answered,
            errback=self.source_failed,
            dont_filter=True,
            priority=FIRST,
            cb_kwargs={"task": task, "url": url},
            meta={
                "hosts": task.hosts,
                "validators": (kept.etag, kept.last_modified) if kept else (None, None),
                "handle_httpstatus_list": [304],
            },
        )

    def source_answered(
        self, response: Response, task: SourceTask, url: str
    ) -> Iterator[Item | Request]:
        result = fetched(url, response, at=self.clock())
        named: discovery.Discovered | None = None
        detail = ""
        if isinstance(result, Fetched):
            try:
                named = self._read_part(task, result)
            except discovery.NotDiscoverableError as error:
                result = _unreadable(result, str(error))
            else:
                detail = "" if named.candidates or named.further else "names no documents"
        if isinstance(result, NotFetched):
            self.progress.source_failed(task, result)
        yield SourceRead(task.id, result, task.kept.get(url), detail)
        if isinstance(result, Fetched) and url == task.url:
            yield from self._search(task, result)
        yield from self._go_on(task, url, named)

    def source_failed(self, failure: Failure) -> Iterator[Item | Request]:
        given = failure.request.cb_kwargs  # type: ignore[attr-defined]
        task, url = given["task"], given["url"]
        result = not_fetched(url, failure, at=self.clock())
        self.progress.source_failed(task, result)
        yield SourceRead(task.id, result)
        yield from self._go_on(task, url, None)

    def _read_part(self, task: SourceTask, result: Fetched) -> discovery.Discovered:
        """What an answer names; raises NotDiscoverableError where it is not of its source's kind."""
        kept = task.kept.get(result.url)
        if result.body is None and kept is None:
            raise discovery.NotDiscoverableError("is said to be unmodified, but we hold nothing")
        before = self.recorder.kept_body(kept) if kept else None
        if before is not None:
            earlier = self._named(task, result.url, before)
            self.gathered[task.id].before |= (
                {c.url for c in earlier.candidates} if earlier else set()
            )
            if earlier and result.body in {None, before}:
                return earlier
        return read(task, result.url, result.body or b"", content_type(result))

    def _named(self, task: SourceTask, url: str, body: bytes) -> discovery.Discovered | None:
        try:
            return read(task, url, body)
        except discovery.NotDiscoverableError:
            return None  # it was readable as another kind of source

    def linked(self, task: SourceTask, result: Fetched) -> Iterator[Item | Request]:
        yield from super().linked(task, result)
        if task.kind is SourceKind.PAGE:
            yield from self._search(task, result)

    def _search(self, task: SourceTask, result: Fetched) -> Iterator[Item | Request]:
        """Ask the site's own search for each topic, where WordPress offers it."""
        api = _wordpress(result)
        asked = [url for url in task.kept if is_search(url)]
        for url in discovery.searches(api, TERMS) if api else asked:
            kept = task.kept.get(url)
            recent = self.due_only and kept and self.clock() - kept.at < SEARCH_APART
            if url not in self.searched and not recent:
                self.searched.add(url)
                yield from self._open(task, url)

    def _go_on(
        self, task: SourceTask, url: str, named: discovery.Discovered | None
    ) -> Iterator[Item | Request]:
        gathered = self.gathered[task.id]
        if named is not None:
            wanted = discovery.wanted(named.candidates, task.options, task.hosts)
            (gathered.hits if is_search(url) else gathered.found).extend(wanted)
            for onward in named.further:
                if onward not in gathered.opened and len(gathered.opened) < most_parts(task):
                    yield from self._open(task, onward)
        gathered.waiting -= 1
        if gathered.waiting == 0:
            yield from self._gathered(task, gathered)

    def _gathered(self, task: SourceTask, gathered: Gathered) -> Iterator[Request]:
        """All parts have answered: ask for the best of what is new, then for what is known."""
        if task.kind in DECLARED:
            yield from self.adopted(task, self._hits(task, gathered), named=1)
            return
        self.gathered[task.id] = Gathered(opened=gathered.opened)
        found = self.recorder.ours(task.id, gathered.found)
        unread = self.recorder.unknown(found)
        news = {c.url for c in unread} - gathered.before if gathered.before else set()
        chosen = focus.choose(unread, task.options, fresh=news, held=task.held, seen=task.seen)
        taken = {each.candidate.url for each in chosen}
        chosen += [hit for hit in self._hits(task, gathered) if hit.candidate.url not in taken]
        named = {c.url for c in found} | {hit.candidate.url for hit in chosen}
        candidates = [each.candidate for each in chosen]
        new = self.recorder.adopt(task.id, candidates, named=len(named), at=self.clock())
        newer = discovery.renewed(found) if self.due_only else []
        known = [*(self.recorder.renewed(newer) if newer else ()), *task.documents]
        scores = [each.score for each in chosen]
        yield from self.documents(task, [*new, *known], scores=scores)

    def _hits(self, task: SourceTask, gathered: Gathered) -> list[focus.Chosen]:
        hits = self.recorder.ours(task.id, gathered.hits)
        unread = self.recorder.unknown(hits) if hits else []
        good = [each for each in focus.ranked(unread) if each.score > 0] if unread else []
        return good[: max(0, MOST_HITS - (task.held if task.kind in DECLARED else 0))]


def read(task: SourceTask, url: str, body: bytes, content_type: str = "") -> discovery.Discovered:
    """Return what an answer names, read as its source's kind."""
    if is_search(url):
        return discovery.read_search(body, url=url)
    if task.kind is SourceKind.FEED:
        return discovery.read_feed(body, url=url, content_type=content_type)
    if task.kind is SourceKind.SITEMAP:
        return discovery.read_sitemap(body, url=url)
    return discovery.read_listing(body, url=url, follow=task.options.follow or "a")


def is_search(url: str) -> bool:
    """Tell whether an address asks a WordPress site's search."""
    return "wp/v2/search" in url


def most_parts(task: SourceTask) -> int:
    """Return how many sitemaps, or pages of a feed or listing, are read at most."""
    return MOST_SITEMAPS if task.kind is SourceKind.SITEMAP else task.options.pages


def content_type(result: Fetched) -> str:
    """Return the Content-Type that came with an answer."""
    return next((value for name, value in result.headers if name.lower() == "content-type"), "")


def _wordpress(result: Fetched) -> str | None:
    header = ", ".join(value for name, value in result.headers if name.lower() == "link")
    api = links.linked(header, links.WORDPRESS, result.final_url) if header else None
    if api is None and result.body is not None and is_html(result):
        api = links.wordpress_in(result.body, url=result.final_url)
    return api


def _unreadable(result: Fetched, why: str) -> NotFetched:
    return NotFetched(
        result.url,
        result.at,
        Reason.UNREADABLE,
        why,
        result.status,
        result.final_url,
        result.headers,
    )
