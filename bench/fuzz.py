"""Look, for some seconds a target, for bytes that a reader does not take as it should.

    make fuzz SECONDS=120 TARGETS="html feed" ATHERIS=1

With ATHERIS=1 that is installed, and half of the time goes to it: it sees which lines an input reaches. What breaks a promise is made as small as can be and written to tests/corpus/TARGET,
where the tests ask it again; exit 1.
"""

import argparse
import contextlib
import hashlib
import subprocess
import sys
import tempfile
import time
from importlib.util import find_spec
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE.parent / "tests"))

from fuzzing import CORPUS, TARGETS, about  # noqa: E402
from told import tell  # noqa: E402
from hypothesis import HealthCheck, Phase, given, seed, settings  # noqa: E402

ROUND = 200  # inputs between two looks at the clock


def keep(target: str, found: bytes) -> Path:
    path = CORPUS / target / hashlib.sha256(found).hexdigest()[:16]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(found)
    return path


def by_hypothesis(name: str, seconds: float) -> tuple[int, list[Path]]:
    target, counted, kept = TARGETS[name], 0, {}
    until, rounds = time.monotonic() + seconds, 0
    while time.monotonic() < until:
        rounds += 1
        last = [b""]

        @seed(rounds * 7919 + int(time.time()))
        @settings(
            max_examples=ROUND,
            deadline=None,
            database=None,
            suppress_health_check=list(HealthCheck),
            phases=[Phase.generate, Phase.shrink],
            print_blob=False,
            report_multiple_bugs=False,
        )
        @given(target.inputs)
        def once(body: bytes) -> None:
            nonlocal counted
            counted += 1
            last[0] = body
            target.check(body)

        try:
            once()
        except Exception as error:  # noqa: BLE001  (whatever it is, it is what we look for)
            where = type(error).__name__, str(error)[:60]
            if where not in kept:
                kept[where] = keep(name, last[0])
                print(f"{name}: {where[0]}: {where[1]} for {about(last[0])}", flush=True)
    return counted, list(kept.values())


def by_atheris(name: str, seconds: float) -> tuple[int, list[Path]]:
    with tempfile.TemporaryDirectory() as folder:
        start, out = Path(folder, "start"), Path(folder, "out")
        start.mkdir()
        out.mkdir()
        for at, body in enumerate(
            [*TARGETS[name].seeds, *(word.encode() for word in TARGETS[name].words)]
        ):
            Path(start, str(at)).write_bytes(body)
        words = Path(folder, "words")
        words.write_text("".join(f'"{_quoted(word)}"\n' for word in TARGETS[name].words))
        command = [
            sys.executable,
            str(HERE / "fuzz.py"),
            "--inside",
            name,
            f"-max_total_time={int(seconds)}",
            f"-artifact_prefix={out}/",
            f"-dict={words}",
            "-max_len=4096",
            "-timeout=20",
            "-rss_limit_mb=3000",
            "-print_final_stats=1",
            str(start),
        ]
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False
        )
        counted = [line for line in done.stderr.splitlines() if "number_of_executed_units" in line]
        if not counted and not list(out.iterdir()):
            print(done.stderr[-2000:], file=sys.stderr)
        found = [keep(name, path.read_bytes()) for path in out.iterdir()]
        for path in found:
            print(
                f"{name}: {done.stderr.strip().splitlines()[-30:]} for {about(path.read_bytes())}",
                flush=True,
            )
        return int(counted[-1].split()[-1]) if counted else 0, found


def _quoted(word: str) -> str:
    return "".join(
        chr(byte) if 32 <= byte < 127 and chr(byte) not in '"\\' else f"\\x{byte:02x}"
        for byte in word.encode()
    )


def inside(name: str, arguments: list[str]) -> None:
    """Be the process that Atheris drives."""
    import atheris

    target = TARGETS[name]
    for module in [
        m
        for n, m in sys.modules.items()
        if n.startswith(
            (
                "tracker.extraction",
                "tracker.changes",
                "tracker.anchors",
                "tracker.sources",
                "crawler.discovery",
                "crawler.links",
                "feedparser",
                "yaml",
            )
        )
    ]:
        for thing in vars(module).values():
            if (
                callable(thing)
                and hasattr(thing, "__code__")
                and thing.__module__ == module.__name__
            ):
                with contextlib.suppress(Exception):
                    atheris.instrument_func(thing)
    atheris.Setup([sys.argv[0], *arguments], lambda body: target.check(bytes(body)))
    atheris.Fuzz()


def main() -> int:
    asked = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    asked.add_argument("targets", nargs="*", help=", ".join(TARGETS))
    asked.add_argument("--seconds", type=float, default=60)
    asked.add_argument("--json", type=Path, help="where to keep the figures")
    given_ = asked.parse_args()
    if unknown := set(given_.targets) - set(TARGETS):
        asked.error(f"no such target: {', '.join(sorted(unknown))}; there are {', '.join(TARGETS)}")
    both = find_spec("atheris") is not None
    figures, failed = {}, False
    for name in given_.targets or TARGETS:
        before = time.monotonic()
        counted, kept = by_hypothesis(name, given_.seconds / (1 + both))
        driven, more = by_atheris(name, given_.seconds / 2) if both else (0, [])
        figures[name] = {
            "hypothesis": counted,
            "atheris": driven,
            "seconds": round(time.monotonic() - before),
            "kept": len(kept) + len(more),
        }
        failed = failed or bool(kept or more)
        print(
            f"{name:10} {counted:>8} inputs of Hypothesis, {driven:>8} of Atheris, {figures[name]['seconds']:>4} s, {figures[name]['kept']} kept",
            flush=True,
        )
    if given_.json:
        tell({"targets": figures}, given_.json)
    return 1 if failed else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["--inside"]:
        inside(sys.argv[2], sys.argv[3:])
    sys.exit(main())
