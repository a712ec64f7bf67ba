"""Whatever a person gets wrong is one message with the place, the cause and the remedy; exit 2."""

import os
import subprocess
import sys

import pytest
from builders import a_sources_file, an_institution

from tracker.model import Fact
from tracker.store import StoreError
from tracker.store.crawling import DEMONSTRATION, sync_sources


def tracker(folder, *arguments, **environment):
    return subprocess.run(
        [sys.executable, "-c", "from tracker.cli import main; main()", *arguments],
        env={**os.environ, "TRACKER_DATA_DIR": str(folder), **environment},
        capture_output=True,
        text=True,
        check=False,
    )


@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"TRACKER_PUBLIC_URL": "foo"}, "TRACKER_PUBLIC_URL: not of the form https://host/path ("),
        ({"TRACKER_CONTACT": "abc"}, "TRACKER_CONTACT: not of the form https://host/path, or a mail address ("),
        ({"TRACKER_DOWNLOAD_DELAY": "soon"}, "TRACKER_DOWNLOAD_DELAY: input should be a valid number"),
        ({"TRACKER_TIMEOUT": "-1", "TRACKER_MAX_BYTES": "0"}, "TRACKER_MAX_BYTES"),
        ({"TRACKER_DATABASE_URL": "tracker.db"}, "TRACKER_DATABASE_URL: not a database that this program knows"),
        ({"TRACKER_DATABASE_URL": "mysql://user:hunter2@127.0.0.1/x"}, "write postgresql://user:password@host:5432/name"),
        ({"TRACKER_DATABASE_URL": "postgres://127.0.0.1/x"}, "write postgresql://"),
        ({"TRACKER_WITHOLD_UNTIL_REPLY": "true"}, 'no such setting; did you mean "TRACKER_WITHHOLD_UNTIL_REPLY"?'),
        ({"TRACKER_QQQQ": "1"}, "TRACKER_QQQQ: no such setting"),
        ({"TRACKER_ALLOW_HOSTS": "127.0.0.1:8000"}, "leave out http:// and port"),
        ({"TRACKER_ALLOW_HOSTS": "http://intranet/"}, "leave out http:// and port"),
        ({"TRACKER_DATABASE_URL": "postgresql://127.0.0.1:9/x"}, "look at TRACKER_DATABASE_URL"),
        ({"TRACKER_DATA_DIR": "/proc/nowhere"}, "TRACKER_DATA_DIR"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(tmp_path, environment, said):
    done = tracker(tmp_path, "spoken", **environment)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr
    assert "hunter2" not in done.stderr


def test_the_crawler_names_wrong_settings_too(tmp_path):
    done = tracker(tmp_path, "crawl", TRACKER_TIMEOUT="-1")

    assert (done.returncode, "TRACKER_TIMEOUT" in done.stderr) == (2, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["spokn"], "Did you mean 'spoken'"),
        (["spoken", "--instituton", "x"], "--institution"),
        (["spoken", "--institution", "x"], "no institution has the key"),
        (["institution", "x"], "no institution has the key"),
        (["spoken", "--country", "UK"], "not a country: UK"),
        (["diff", "http://alder.example/nowhere"], "no document is known as"),
        (["extract", "nowhere.html"], "does not exist"),
        (["code", "nowhere.jsonl"], "cannot be read: No such file or directory\n"),
        (["evaluate", "/"], "cannot be read: Is a directory\n"),
        (["export", "out", "--release", "2026.1.1"], "there is no release"),
        (["release"], "nothing has been read yet"),
    ],
)
def test_what_is_not_there_is_named(tmp_path, arguments, said):
    done = tracker(tmp_path, *arguments)

    assert done.returncode == 2
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.parametrize(
    "given",
    [
        ["backup", "/nowhere/at/all.backup"],
        ["export", __file__],
        ["export", "/proc/nothing"],
        ["serve", "--port", "99999"],
    ],
)
def test_a_place_that_cannot_be_written_is_named(tmp_path, given):
    done = tracker(tmp_path, *given)

    assert done.returncode == 2
    assert done.stderr.strip()
    assert "Traceback" not in done.stderr


def test_a_folder_with_a_release_takes_no_other(tmp_path):
    package = tmp_path / "datapackage.json"
    package.write_text('{"version": "2026.11.1"}', encoding="utf-8")
    done = tracker(tmp_path / "data", "export", str(tmp_path))

    assert done.returncode == 2
    assert "holds release 2026.11.1; choose another folder" in done.stderr


def test_the_store_of_the_demonstration_takes_no_real_institutions(sqlite_store):
    with sqlite_store.transaction() as session:
        session.add(Fact(key=DEMONSTRATION, value="3"))
        sync_sources(session, a_sources_file())
    real = a_sources_file(an_institution(key="somebody-else"))
    with (
        pytest.raises(StoreError, match="set TRACKER_DATA_DIR to another folder"),
        sqlite_store.transaction() as session,
    ):
        sync_sources(session, real)
