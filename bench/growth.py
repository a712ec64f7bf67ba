"""How the cost of each stage grows with the number of pages: exponents of CPU seconds, 1 is in proportion.

python growth.py [--pages 100 1000 10000] [--out FILE]

A round of changed pages follows the first, so that comparing has something to do; then each screen's question is
asked of the store, and the commands are run that go over all of it.
"""

import argparse
import json
import math
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from run import HERE, ask, declare, free_port
from told import tell

STAGES = "read_snapshots code_passages index_coded settle compare_versions note_events confirm assess".split()
EXTRACTION, UPDATE = "read", "update"  # of all pages, alone; all stages together
SAMPLE = 200  # pages that trafilatura reads, to tell what it would cost for all
LEAST = 0.2  # CPU seconds below which a stage's growth is noise
LEAST_ANSWER = 0.003  # and an answer's, whose time is the least of so many
TRIES = 5
#: What goes over the whole store, and where it writes.
WHOLE = {"export": ["export", "{}/data"], "export --warc": ["export", "--warc", "{}/warc"], "verify": ["verify"], "backup": ["backup", "{}/whole.backup"]}  # fmt: skip


def stages(out: str) -> None:
    """One update in this process; the CPU seconds of its stages go to a file."""
    import tracker.cli as command
    import tracker.rederiving as reading
    import tracker.update as program

    spent = dict.fromkeys((*STAGES, EXTRACTION, UPDATE), 0.0)

    def timed(module, name: str):
        stage = getattr(module, name)

        def run(*given, **named):
            began = time.process_time()
            try:
                return stage(*given, **named)
            finally:
                spent[name] += time.process_time() - began

        return run

    for name in (*STAGES, UPDATE):
        setattr(program, name, timed(program, name))
    setattr(reading, EXTRACTION, timed(reading, EXTRACTION))
    command._collect_seldom()  # as the command itself does
    command.app(["update"], standalone_mode=False)
    Path(out).write_text(json.dumps(spent))


def answers(out: str) -> None:
    """Ask each screen's question in this process, and run what goes over the whole store; CPU seconds to a file."""
    import tracker.cli as command
    from app import asked
    from tracker.coding.codebook import load_codebook
    from tracker.commands.shared import open_store

    command._collect_seldom()
    spent = {}
    with open_store().transaction() as session:
        for name, ask in asked(session, load_codebook().coder_name).items():
            spent[name] = min(seconds_of(lambda ask=ask: (session.expire_all(), ask())) for _ in range(TRIES))  # fmt: skip
    for name, words in WHOLE.items():
        with tempfile.TemporaryDirectory() as folder:
            given = [word.format(folder) for word in words]
            spent[name] = seconds_of(lambda given=given: command.app(given, standalone_mode=False))
    Path(out).write_text(json.dumps(spent))


def seconds_of(do) -> float:
    began = time.process_time()
    do()
    return time.process_time() - began


def measured(pages: int) -> dict[str, dict[str, float]]:
    """CPU seconds of each stage at this many pages, by round."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        base = f"http://127.0.0.1:{free_port()}"
        site = folder / "site"
        made = [sys.executable, HERE / "gensite.py", "--out", site, "--pages", str(pages), "--base", base]  # fmt: skip
        subprocess.run(made, check=True, capture_output=True)
        served = [sys.executable, HERE / "serve.py", "--site", site, "--port", base.rsplit(":", 1)[1]]  # fmt: skip
        server = subprocess.Popen(served, stdout=subprocess.PIPE)
        try:
            server.stdout.readline()
            found = {f"round_{n}": one_round(folder, base, n, pages) for n in (0, 3)}
            found["round_0"]["trafilatura"] = trafilatura_alone(site, pages)
            found["answers"] = alone(folder, "--answers")
            return found
        finally:
            server.terminate()
            server.wait()


def one_round(folder: Path, base: str, number: int, pages: int) -> dict[str, float]:
    declare(folder, base, most=pages + 100)
    ask(base, f"/__round/{number}")
    crawl = alone(folder, "crawl", program="pages.py")
    return {"crawl": crawl, **alone(folder, "--stages")}


def alone(folder: Path, what: str, program: str = "growth.py"):
    """Have a bench measure in a process of its own over the store of a folder."""
    environment = {
        **{k: v for k, v in os.environ.items() if "proxy" not in k.lower()},
        "TRACKER_DATA_DIR": str(folder / "data"),
        "TRACKER_SOURCES": str(folder / "sources.yaml"),
        "TRACKER_ALLOW_HOSTS": "127.0.0.1",
        "TRACKER_DOWNLOAD_DELAY": "0",
    }
    out = folder / "spent.json"
    subprocess.run([sys.executable, str(HERE / program), what, str(out)], env=environment, check=True, stdout=subprocess.DEVNULL)  # fmt: skip
    return json.loads(out.read_text())


def trafilatura_alone(site: Path, pages: int) -> float:
    """CPU seconds in which trafilatura would read all pages of the site, by a sample of them."""
    import trafilatura

    bodies = [path.read_bytes() for path in sorted((site / "r0").rglob("*.html"))[:SAMPLE]]
    trafilatura.extract(bodies[0])
    began = time.process_time()
    for body in bodies:
        trafilatura.extract(body)
    return (time.process_time() - began) / len(bodies) * pages


def to_extraction(spent: dict[str, float]) -> dict[str, float]:
    """The whole update against reading the pages alone, with our extractor and with trafilatura."""
    return {
        "ours": round(spent[UPDATE] / spent[EXTRACTION], 2),
        "trafilatura": round(spent[UPDATE] / spent["trafilatura"], 2),
    }


def exponents(found: dict[int, dict[str, dict[str, float]]]) -> dict[str, dict[str, float]]:
    """The exponent of each stage between the two largest sizes, where it took long enough to tell."""
    *_, small, large = sorted(found)
    grown = math.log(large / small)
    return {
        name: {
            stage: round(math.log(seconds / found[small][name][stage]) / grown, 2)
            for stage, seconds in spent.items()
            if min(seconds, found[small][name][stage])
            > (LEAST_ANSWER if name == "answers" else LEAST)
        }
        for name, spent in found[large].items()
    }


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--pages", type=int, nargs="+", default=[100, 1000, 10_000])
    parser.add_argument("--out", type=Path)
    parser.add_argument("--stages", help="one update in this process, its stages to a file")
    parser.add_argument("--answers", help="what screens ask, in this process, to a file")
    asked = parser.parse_args()
    if asked.stages or asked.answers:
        stages(asked.stages) if asked.stages else answers(asked.answers)
        return
    found = {pages: measured(pages) for pages in asked.pages}
    rounded = {
        pages: {
            n: {k: round(v, 4 if n == "answers" else 2) for k, v in spent.items()}
            for n, spent in rounds.items()
        }
        for pages, rounds in found.items()
    }
    result = {
        "cpu_seconds": rounded,
        "first_update_to_extraction": {n: to_extraction(of["round_0"]) for n, of in found.items()},
        "exponents": exponents(found),
    }
    tell(result, asked.out)


if __name__ == "__main__":
    main()
