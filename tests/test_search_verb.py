"""`tracker search` finds passages by words and by bodies, with the filters of the screen."""

import json

import pytest
from builders import read_page
from typer.testing import CliRunner

from tracker.cli import app
from tracker.commands.shared import WrongInputError
from tracker.following import judged
from tracker.store import Store

BODY = """<main><h1>Partnerships policy</h1>
<h2>Position</h2><p>We condemn the mass surveillance of Uyghurs in Xinjiang by the Chinese government, an abuse of human
rights, with systems of the firm Zhejiang Lab.</p>
<h2>Names</h2><p>The laboratory SAIRI is a partner of the Chinese police and takes part in the surveillance of people.</p>
</main>"""


@pytest.fixture
def ask(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))
    store = Store.open(f"sqlite:///{tmp_path / 'tracker.db'}")
    read_page(store, BODY)
    store.close()

    def asked(*given):
        result = CliRunner().invoke(app, ["search", *given])
        if result.exception and not isinstance(result.exception, SystemExit):
            raise result.exception
        return result.stdout

    return asked


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (["uyghurs"], 1),
        (["--label", "china"], 2),
        (["--label", "R6"], 0),
        (["--naming", "zhejiang-lab"], 1),
        (["--naming", "Zhejiang Laboratory"], 1),
        (["--naming", "SAIRI"], 1),
        (["--naming", "shanghai-ai-laboratory"], 0),  # another body than SAIRI
        (["--naming", "SAIRI", "--naming", "zhejiang lab"], 2),
        (["uyghurs", "--naming", "SAIRI"], 0),
        (["uyghurs", "--label", "R6"], 0),
        (["surveillance", "--label", "china", "--language", "en"], 2),
        (["surveillance", "--language", "de"], 0),
        (["surveillance", "--kind", "funder"], 0),
    ],
)
def test_words_and_bodies_narrow_each_other(ask, given, expected):
    assert len(json.loads(ask(*given, "--json"))) == expected


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "nothing to search for"),
        (["--naming", "zhejiang-lap"], 'did you mean "zhejiang-lab"?'),
        (["--naming", "foo"], 'knows no body "foo"; the Alerts screen lists'),
        (["x", "--institution", "nobody"], "`tracker sources list` names them all"),
        (["x", "--label", "R7"], "no such label: R7"),
        (["x", "--institution", "aldr"], "no institution has the key"),
    ],
)
def test_wrong_input_is_named(ask, given, said):
    with pytest.raises(WrongInputError, match=said.replace("?", r"\?")):
        ask(*given)


def test_a_search_before_anything_was_read_says_so(tmp_path, monkeypatch):
    monkeypatch.setenv("TRACKER_DATA_DIR", str(tmp_path))

    said = " ".join(CliRunner().invoke(app, ["search", "absent"]).stdout.split())

    assert "nothing yet. `tracker run` reads your sources" in said


def test_nothing_found_is_no_finding_that_nothing_was_said(ask):
    assert "no finding that nothing was said" in " ".join(ask("absent").split())


def test_more_passages_than_sqlite_takes_parameters_can_be_asked_for_their_reviews(sqlite_store):
    with sqlite_store.transaction() as session:
        assert judged(session, range(40_000)) == {}  # it takes 32,766
