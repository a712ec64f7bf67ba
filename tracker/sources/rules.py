"""Rules between entries of sources.yaml: keys, parents, hosts, addresses. Pure."""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from urllib.parse import urlsplit

from tracker.addresses import Owners, on_official_host
from tracker.model import SourceKind
from tracker.nearness import did_you_mean
from tracker.sources.entries import InstitutionEntry, SourceEntry, SourcesFile

#: A place in the file and what is wrong there.
Problem = tuple[tuple[str | int, ...], str]


def rule_problems(file: SourcesFile, *, others: Collection[str] = ()) -> Iterator[Problem]:
    """Say what is wrong between entries that are each right by themselves.

    `others` are the keys of institutions that stand beside them, and cannot be read yet.
    """
    keys = Counter(entry.key for entry in file.institutions)
    parents = {**dict.fromkeys(others), **{entry.key: entry.parent for entry in file.institutions}}
    owners = Owners({entry.key: entry.hosts for entry in file.institutions})
    urls: dict[str, str] = {}
    for number, entry in enumerate(file.institutions):
        place = ("institutions", number)
        if keys[entry.key] > 1:
            said = f"key is used {keys[entry.key]} times; keys are unique"
            yield (*place, "key"), f"{entry.key}: {said}"
        if problem := _parent_problem(entry, parents):
            yield (*place, "parent"), f"{entry.key}: parent: {problem}"
        for problem in _host_problems(entry, owners, parents):
            yield (*place, "hosts"), f"{entry.key}: hosts: {problem}"
        for at, problem in _sources_problems(entry, owners, urls):
            yield (*place, "sources", at, "url"), problem


def _sources_problems(
    entry: InstitutionEntry, owners: Owners, urls: dict[str, str]
) -> Iterator[tuple[int, str]]:
    keys = Counter(source.key for source in entry.sources)
    for at, source in enumerate(entry.sources):
        where = f"{entry.key}/{source.key}"
        if keys[source.key] > 1:
            yield at, f"{where}: key is used {keys[source.key]} times; set `key` on one of them"
        if source.url in urls:
            yield at, f"{where}: url: {urls[source.url]} has the same URL; keep one"
        urls.setdefault(source.url, where)
        yield from ((at, f"{where}: {said}") for said in _source_problems(entry, source, owners))


def _source_problems(entry: InstitutionEntry, source: SourceEntry, owners: Owners) -> Iterator[str]:
    host = urlsplit(source.url).netloc
    if not on_official_host(source.url, entry.hosts):
        yield (
            f"url: {host} is none of the official hosts ({', '.join(entry.hosts)}); "
            "add it to `hosts` if it is"
        )
    elif (closest := owners.of(source.url)) != entry.key:
        yield f"url: is {closest}'s by its hosts; declare it there"
    if source.kind is SourceKind.LISTING and source.follow is None:
        yield "follow: is missing; a listing needs the CSS selector of the links to follow"


def _parent_problem(entry: InstitutionEntry, parents: Mapping[str, str | None]) -> str | None:
    if entry.parent is None:
        return None
    if entry.parent not in parents:
        return f'there is no institution "{entry.parent}"{did_you_mean(entry.parent, parents)}'
    if entry.key in _above(entry.key, parents):
        return "leads back to itself; break the circle"
    return None


def _above(key: str, parents: Mapping[str, str | None]) -> list[str]:
    """The institutions that one belongs to, nearest first; a circle is gone round once."""
    above: list[str] = []
    while (up := parents.get(key)) and up not in above:
        above.append(up)
        key = up
    return above


def _host_problems(
    entry: InstitutionEntry, owners: Owners, parents: Mapping[str, str | None]
) -> Iterator[str]:
    """A host is one institution's; what stands on another's host names that one as its parent."""
    above = _above(entry.key, parents)
    for host in entry.hosts:
        naming = owners.by_closeness(f"http://{host}")
        own = next(close for close, key in naming if key == entry.key)
        for close, other in naming:
            if other != entry.key and close == own:
                yield f"{host} is {other}'s too; give one of them a path, as in {host}/unit"
            elif close < own and other not in {*above, entry.key}:
                yield f"{host} stands on a host of {other}; set `parent: {other}`"
