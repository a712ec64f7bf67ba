"""SECURITY.md keeps its word, and so do the checks it names."""

import json
import re
import sys
from pathlib import Path

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator

ROOT = Path(__file__).parent.parent
sys.path.insert(0, str(ROOT / "bench"))
import audit  # noqa: E402
import sbom  # noqa: E402

TABLE = (ROOT / "SECURITY.md").read_text(encoding="utf-8")


def test_every_test_that_the_table_names_exists():
    written = {
        name
        for path in Path(__file__).parent.glob("test_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    named = set(re.findall(r"`(test_\w+)`", TABLE))

    assert len(named) > 50
    assert named - written == set()


def test_every_hostile_test_stands_in_the_table():
    hostile = {
        name
        for path in Path(__file__).parent.glob("test_hostile_*.py")
        for name in re.findall(r"^def (test_\w+)\(", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    about_the_tests = {"test_a_pattern_that_is_slow_would_be_found", "test_a_name_that_looks_like_an_address_is_a_name", "test_a_signature_is_by_a_key_that_no_message_holds"}  # fmt: skip

    assert hostile - about_the_tests - set(re.findall(r"`(test_\w+)`", TABLE)) == set()


def test_every_make_target_it_names_exists():
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE))

    assert set(re.findall(r"`make ([a-z-]+)", TABLE)) <= targets


def test_each_security_rule_that_is_off_says_why():
    off = [
        line
        for package in ("tracker", "crawler")
        for path in (ROOT / package).rglob("*.py")
        for line in path.read_text(encoding="utf-8").splitlines()
        if re.search(r"# noqa:[^(]*\bS\d{3}", line)
    ]

    assert off
    assert [line for line in off if not re.search(r"noqa:.*\(\w[^)]{5,}\)", line)] == []


LOCK = (ROOT / "requirements.lock").read_text()


def test_the_bill_of_materials_is_valid_repeats_and_is_the_locks():
    made = sbom.written(LOCK)
    bill = json.loads(made)

    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(made) is None
    assert made == sbom.written(LOCK)
    assert "timestamp" not in bill["metadata"]
    lines = re.findall(r"^([\w.-]+)==([^\s;\\]+)", LOCK, re.MULTILINE)
    assert {(c["name"], c["version"]) for c in bill["components"]} == {(n.lower(), v) for n, v in lines}  # fmt: skip
    assert sum(len(c["hashes"]) for c in bill["components"]) == LOCK.count("--hash=sha256:")
    licensed = [c for c in bill["components"] if c.get("licenses")]
    assert len(licensed) > 0.9 * len(bill["components"])


def test_another_lock_has_another_number():
    assert sbom.bill(LOCK).serial_number != sbom.bill(LOCK + "\n").serial_number


def test_an_audit_without_an_answer_says_why():
    assert audit.verdict([], "no route to the index\n") == (2, ["pip-audit gave no answer, so nothing is known: no route to the index"])  # fmt: skip


@pytest.mark.parametrize(
    ("found", "code", "said"),
    [
        ([{"name": "a", "version": "1", "vulns": []}], 0, "1 packages, none"),
        ([{"name": "a", "version": "1", "vulns": [{"id": "PYSEC-1", "fix_versions": ["2"]}]}], 1, "PYSEC-1, mended in 2"),
        ([{"name": "a", "skip_reason": "not found"}, {"name": "b", "version": "1", "vulns": []}], 2, "not asked about 1 of 2"),
        ([], 2, "nothing is known"),
    ],
)  # fmt: skip
def test_an_audit_that_could_not_ask_is_no_clean_one(found, code, said):
    answered, lines = audit.verdict(found)

    assert answered == code
    assert said in "\n".join(lines)
