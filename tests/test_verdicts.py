"""What stands once people were heard on a coding."""

import pytest

from tracker.model import Reviewed, Stance
from tracker.verdicts import Judged, after_review

CODED = frozenset({"china", "human_rights", "condemns"})  # a coding lists its stance, too


@pytest.mark.parametrize(
    ("labels", "stance", "amended"),
    [
        ({"china", "human_rights"}, Stance.CONDEMNS, False),
        ({"china", "human_rights"}, Stance.CRITICAL, True),
        ({"china"}, Stance.CONDEMNS, True),
    ],
)
def test_who_confirms_a_coding_with_its_stance_amends_nothing(labels, stance, amended):
    said = Judged(Reviewed.ONE, rejected=False, labels=frozenset(labels), stance=stance)

    assert after_review(CODED, Stance.CONDEMNS, said, on_page=True).amended is amended
