"""A run says a line for each source, whichever of its answers come first."""

from builders import NOON, a_page, a_source

from crawler.progress import Lines
from tracker.model import SourceKind
from tracker.store.planning import SourceTask


def a_task(number: int = 1) -> SourceTask:
    source = a_source(key=f"news-{number}", kind=SourceKind.FEED)
    return SourceTask(number, "alder", source.key, source.kind, source.url, source, (), ())


def test_answers_before_all_were_asked_for_are_not_told_one_by_one():
    said: list[str] = []
    lines = Lines(said.append)
    for _ in range(3):
        lines.read(a_task(), a_page("<p>x</p>", at=NOON))
    lines.planned(a_task(), 5)
    for _ in range(2):
        lines.read(a_task(), a_page(None, at=NOON))

    assert said == ["alder/news-1: 3 fetched, 2 not modified"]


def test_a_source_whose_answers_all_came_early_is_told_too():
    said: list[str] = []
    lines = Lines(said.append)
    lines.read(a_task(), a_page("<p>x</p>", at=NOON))
    lines.planned(a_task(), 1)
    lines.planned(a_task(2), 0)

    assert said == ["alder/news-1: 1 fetched", "alder/news-2: nothing to read"]
