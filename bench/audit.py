"""Ask the Python Packaging Advisory Database about every locked dependency, by pip-audit.

    make audit

pip-audit passes over what it could not ask about and then finds "no known vulnerabilities": here that is a
failure (2), as is a service that cannot be reached. 1: something is vulnerable. 0: everything was asked about, nothing is.
"""

import json
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def verdict(found: list[dict], why: str = "") -> tuple[int, list[str]]:
    """Return the exit code and what to say about pip-audit's answer; `why` is what it said of a failure."""
    bad = [
        f"{one['name']} {one['version']}: {flaw['id']}, mended in {', '.join(flaw['fix_versions']) or 'no version yet'}"
        for one in found
        for flaw in one.get("vulns", [])
    ]
    skipped = [one for one in found if "skip_reason" in one]
    unknown = (
        [
            f"the advisory service was not asked about {len(skipped)} of {len(found)} packages, so nothing is known of them ({skipped[0]['skip_reason']})"
            if found
            else f"pip-audit gave no answer, so nothing is known: {why.strip() or 'it said nothing'}"
        ]
        if skipped or not found
        else []
    )
    return (1 if bad else 2 if unknown else 0), [*bad, *unknown] or [
        f"{len(found)} packages, none with a known vulnerability"
    ]


def main() -> int:
    with tempfile.TemporaryDirectory() as folder:
        answer = Path(folder) / "answer.json"
        command = [
            "uvx",
            "-q",
            "pip-audit",
            "--disable-pip",
            "--require-hashes",
            "-r",
            str(ROOT / "requirements.lock"),
            "-f",
            "json",
            "-o",
            str(answer),
        ]
        done = subprocess.run(command, check=False, capture_output=True, text=True)
        found = json.loads(answer.read_text())["dependencies"] if answer.exists() else []
    code, said = verdict(found, done.stderr)
    print("\n".join(said))
    return code


if __name__ == "__main__":
    sys.exit(main())
