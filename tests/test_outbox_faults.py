"""Update and send are killed three times; `make faults` does it twenty times with a thousand messages."""

import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent / "bench"))
from outbox_faults import killed_often


def test_every_subscriber_gets_every_message_however_often_senders_are_killed(tmp_path):
    found = killed_often(tmp_path, kills=3, seed=5, subscribers=12, changes=8)

    assert found["messages_owed"] == 12 * 8
    assert not found["wrong"], found
    assert found["kills"] >= 1
