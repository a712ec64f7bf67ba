"""Whatever a person gets wrong is one message with the place, the cause and the remedy; exit 2."""

import os
import subprocess
import sys

import pytest


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
        ({"TRACKER_DOWNLOAD_DELAY": "soon"}, "TRACKER_DOWNLOAD_DELAY: input should be a valid number"),
        ({"TRACKER_TIMEOUT": "-1", "TRACKER_MAX_BYTES": "0"}, "TRACKER_MAX_BYTES"),
        ({"TRACKER_DATABASE_URL": "tracker.db"}, "look at TRACKER_DATABASE_URL"),
        ({"TRACKER_DATABASE_URL": "postgresql://127.0.0.1:9/x"}, "look at TRACKER_DATABASE_URL"),
        ({"TRACKER_DATA_DIR": "/proc/nowhere"}, "TRACKER_DATA_DIR"),
    ],
)  # fmt: skip
def test_a_wrong_setting_is_named(tmp_path, environment, said):
    done = tracker(tmp_path, "spoken", **environment)

    assert done.returncode == 2
    assert said in done.stderr
    assert "Traceback" not in done.stderr


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
        (["diff", "http://alder.example/nowhere"], "no document is known as"),
        (["extract", "nowhere.html"], "does not exist"),
        (["code", "nowhere.jsonl"], "cannot be read"),
        (["export", "out", "--release", "2026.1.1"], "there is no release"),
        (["release"], "nothing has been read yet"),
    ],
)
def test_what_is_not_there_is_named(tmp_path, arguments, said):
    done = tracker(tmp_path, *arguments)

    assert done.returncode == 2
    assert said in done.stdout + done.stderr
    assert "Traceback" not in done.stderr
