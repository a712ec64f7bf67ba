"""Tells a person how a crawl is getting on: a bar on a terminal, a line a source otherwise."""

from collections import Counter
from typing import Any, Protocol

from tracker.archive import Fetched, NotFetched
from tracker.store.planning import SourceTask


class Progress(Protocol):
    def planned(self, task: SourceTask, documents: int) -> None: ...
    def read(self, task: SourceTask, result: Fetched | NotFetched) -> None: ...
    def source_failed(self, task: SourceTask, result: NotFetched) -> None: ...
    def close(self) -> None: ...


class Silent:
    """Says nothing."""

    def planned(self, task: SourceTask, documents: int) -> None: ...
    def read(self, task: SourceTask, result: Fetched | NotFetched) -> None: ...
    def source_failed(self, task: SourceTask, result: NotFetched) -> None: ...
    def close(self) -> None: ...


class Lines:
    """Says one line when all of a source's documents have an outcome."""

    def __init__(self, write: Any) -> None:
        self.write = write
        self.expected: dict[int, int] = {}
        self.outcomes: dict[int, Counter[str]] = {}

    def planned(self, task: SourceTask, documents: int) -> None:
        self.expected[task.id] = documents
        if documents == 0:
            self.write(f"{name(task)}: nothing to read")
        else:
            self._tell_if_done(task)

    def read(self, task: SourceTask, result: Fetched | NotFetched) -> None:
        self.outcomes.setdefault(task.id, Counter())[outcome(result)] += 1
        self._tell_if_done(task)

    def _tell_if_done(self, task: SourceTask) -> None:
        # The first answers may come before all of a source's documents were asked for.
        counts = self.outcomes.get(task.id, Counter())
        if task.id in self.expected and counts.total() >= self.expected[task.id]:
            said = ", ".join(f"{number} {what}" for what, number in sorted(counts.items()))
            self.write(f"{name(task)}: {said}")

    def source_failed(self, task: SourceTask, result: NotFetched) -> None:
        self.write(f"{name(task)}: could not be read ({result.reason}: {result.detail})")

    def close(self) -> None: ...


class Bar:
    """Draws a bar over all documents."""

    def __init__(self) -> None:
        from rich.console import Console  # noqa: PLC0415  (slow to import)
        from rich.progress import Progress as RichProgress  # noqa: PLC0415

        self.bar = RichProgress(console=Console(stderr=True), transient=True)
        self.planned_by_source: Counter[int] = Counter()
        self.row = self.bar.add_task("reading", total=0)
        self.bar.start()

    def planned(self, task: SourceTask, documents: int) -> None:
        self.planned_by_source[task.id] = documents
        self.bar.update(self.row, total=self.planned_by_source.total())

    def read(self, task: SourceTask, result: Fetched | NotFetched) -> None:
        self.bar.update(self.row, advance=1, description=task.institution)
        if isinstance(result, NotFetched):
            self.bar.console.print(
                f"{name(task)}: {result.url}: {outcome(result)}", style="dim", markup=False
            )

    def source_failed(self, task: SourceTask, result: NotFetched) -> None:
        said = f"{name(task)}: could not be read ({result.reason}: {result.detail})"
        self.bar.console.print(said, style="dim", markup=False)

    def close(self) -> None:
        self.bar.stop()


def name(task: SourceTask) -> str:
    """Return how a person names a source."""
    return f"{task.institution}/{task.key}"


def outcome(result: Fetched | NotFetched) -> str:
    """Return one word or two for how a read ended."""
    if isinstance(result, NotFetched):
        return f"failed: {result.reason}"
    return "not modified" if result.not_modified else "fetched"
