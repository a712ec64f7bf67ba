"""The pages without script, over real HTTP: safe whatever was crawled, and exact in what they export."""

import csv
import io
import json
import re
import urllib.error
import urllib.request
import zipfile
from datetime import timedelta

import pytest
from builders import NOON, a_source, a_sources_file, an_institution, read_page
from lxml import etree
from routing import routes_served
from sqlmodel import select

from tracker.model import Document
from tracker.settings import Settings
from tracker.store import Store
from tracker.store.releases import record_release
from tracker.views.data import as_xlsx

EVIL = "&lt;script&gt;alert(1)&lt;/script&gt; ![](http://elsewhere.example/y.png) $x$ شينجيانغ 新疆"
BODY = f"""<html><head><title>Policy {EVIL}</title></head><body><main><h1>Policy on partners {EVIL}</h1>
<p>We condemn the mass surveillance of Uyghurs in Xinjiang by the Chinese government, an abuse of human rights. {EVIL}
No researcher of ours may take part in it, whatever the contract or the money says about it.</p></main></body></html>"""


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    """The routes on a loopback port, over a store whose only page is hostile and changed once."""
    folder = tmp_path_factory.mktemp("printed")
    store = Store.open(f"sqlite:///{folder / 'tracker.db'}")
    named = an_institution(a_source(), name='Alder <b>"&', why_in_scope="</script><script>alert(2)")
    for days, body in (
        (0, BODY),
        (1, BODY.replace("whatever the contract", "<i>even if the contract")),
    ):
        read_page(store, body, at=NOON + timedelta(days=days), file=a_sources_file(named))
    with store.transaction() as session:
        record_release(session, {"spoken": ["frozen"]}, sha256="0" * 64, note="<b>first", at=NOON)
    store.close()
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TRACKER_DATA_DIR", str(folder))
        with routes_served() as port:
            yield f"http://127.0.0.1:{port}"


def get(address):
    with urllib.request.urlopen(address) as answer:
        return answer.read().decode(), answer.headers


PAGES = (
    "/p/",
    "/p/institution/alder",
    "/p/document/1",
    "/p/document/1?a=1&b=2",
    "/p/change/1",
    "/data/",
)


@pytest.mark.parametrize("path", PAGES)
def test_every_page_is_whole_and_no_crawled_text_is_markup(site, path):
    text, headers = get(site + path)
    page = etree.fromstring(text, etree.HTMLParser())

    assert not page.xpath("//img | //i | //b[contains(., 'Alder')]/b | //@onerror")
    scripts = page.xpath("//script")
    assert [script.get("type") for script in scripts] == ["application/ld+json"] * len(scripts)
    assert all(json.loads(script.text)["@context"] for script in scripts)
    assert "default-src 'none'" in headers["Content-Security-Policy"]
    assert "unsafe" not in headers["Content-Security-Policy"]
    assert not page.xpath("//*[@style]")  # the policy would drop it
    assert len(page.xpath("//h1")) == 1
    assert "not a risk rating, sanctions check or clearance" in text
    assert "Data as of 3 Mar 2026" in text


def test_a_page_asks_no_other_host_for_anything(site):
    text, _ = get(f"{site}/p/institution/alder")
    sheet, _ = get(f"{site}/p/tracker.css")

    fetched = re.findall(r'(?:src|rel="stylesheet" href|rel="icon" href)="([^"]+)"', text)
    assert fetched == ["/p/tracker.css", "/p/favicon.png"]
    assert "url(" not in sheet
    assert "@import" not in sheet


def test_the_file_of_an_institution_has_quote_date_hash_and_state(site):
    text, _ = get(f"{site}/p/institution/alder")

    assert re.search(r'<mark title="[^"]+">[^<]+</mark>', text)  # the words that led to the coding
    assert "possible: condemned" in text
    assert re.search(r"text sha256 <code>[0-9a-f]{64}</code>", text)
    assert "新疆" in text


def test_the_file_of_an_institution_explains_each_element_that_it_names(site):
    text, _ = get(f"{site}/p/institution/alder")

    meanings = text.split("What the elements mean")[1].split("<h2>")[0]
    assert "names an abuse and the state behind it" in meanings
    assert "must, should, may" in meanings
    assert "says who is asked in doubt" not in meanings  # of a recommendation without a quote


def test_a_change_shows_before_and_after_in_words(site):
    text, _ = get(f"{site}/p/change/1")

    assert "[removed: </span>whatever" in text
    assert "[added: </span>even if" in text
    assert "between 2 and 3 Mar 2026" in text


@pytest.mark.parametrize(
    "path",
    ["/p/institution/nope", "/p/change/99", "/p/change/x", f"/p/change/{'9' * 40}", "/p/document/0",
     "/p/document/1?a=1&b=9", "/p/nothing", "/data/nothing.csv", "/data/release/2026.3.9.json", "/data/spoken.exe"],
)  # fmt: skip
def test_what_is_not_there_is_said_and_nothing_else_is_shown(site, path):
    with pytest.raises(urllib.error.HTTPError, match="404") as refused:
        get(site + path)

    assert "No such" in refused.value.read().decode()


def test_an_export_repeats_its_filter_and_the_time_of_the_data(site):
    text, headers = get(f"{site}/data/spoken.csv?result=condemned&country=GB")
    (row,) = csv.DictReader(io.StringIO(text))
    whole = json.loads(get(f"{site}/data/spoken.json?result=condemned&country=GB")[0])

    assert row["view_filter"] == whole["view_filter"] == "result: condemned; country: GB"
    assert row["data_as_of"] == whole["data_as_of"] == "2026-03-03T12:00:00+00:00"
    assert row["institution"] == whole["rows"][0]["institution"] == "alder"
    assert row["sources_tried"] == "1"  # what was looked at goes along
    assert headers["Content-Disposition"] == 'attachment; filename="spoken.csv"'


def test_no_cell_of_a_csv_is_json_and_each_row_names_institution_country_and_quote(site):
    for table in ("spoken", "coverage", "evidence", "sources", "documents", "changes"):
        rows = list(csv.DictReader(io.StringIO(get(f"{site}/data/{table}.csv")[0])))
        assert {(row["name"], row["country"]) for row in rows} == {('Alder <b>"&', "GB")}, table
        for cell in (value for row in rows for value in row.values()):
            assert not cell.startswith(("[{", "{", '["', "[]")), (table, cell)
    (row,) = csv.DictReader(io.StringIO(get(f"{site}/data/spoken.csv")[0]))
    (shown,) = json.loads(get(f"{site}/data/spoken.json")[0])["rows"]
    first = shown["evidence"][0]
    assert (row["quote"], row["quote_url"]) == (first["quote"], first["url"])
    assert row["quote_sha256"] == first["text_sha256"]
    assert (row["quote_version"], row["quotes"]) == ("2", "1")
    assert "china: " in row["quote_cues"]


def test_an_empty_export_says_what_it_is(site):
    (row,) = csv.DictReader(io.StringIO(get(f"{site}/data/spoken.csv?country=FR")[0]))

    assert row["view_filter"] == "country: FR"
    assert {"institution", "result", "quote"} <= row.keys()  # its columns stay
    assert "not a finding that nothing was said" in row["note"]


def test_an_institution_or_a_country_that_is_none_is_refused_and_named(site):
    asked = f"{site}/data/changes.csv?institution=aldr"
    for address, said in (
        (asked, 'no institution has the key "aldr"; did you mean "alder"?'),
        (f"{site}/data/spoken.csv?country=ZZ", "not a country: ZZ"),
    ):
        with pytest.raises(urllib.error.HTTPError, match="400") as refused:
            get(address)
        assert said in refused.value.read().decode()


def test_a_workbook_repeats_its_filter_and_holds_texts_only(site):
    with urllib.request.urlopen(f"{site}/data/spoken.xlsx?country=FR", timeout=20) as answer:
        book = zipfile.ZipFile(io.BytesIO(answer.read()))
    sheet, words = (
        book.read(f"xl/{name}.xml").decode() for name in ("worksheets/sheet1", "sharedStrings")
    )

    assert "country: FR" in words
    assert "<f>" not in sheet


def test_no_text_of_a_workbook_is_a_formula_or_a_link():
    written = as_xlsx([{"quote": "=HYPERLINK(1)", "url": "https://alder.example/"}], {})
    sheet = zipfile.ZipFile(io.BytesIO(written)).read("xl/worksheets/sheet1.xml").decode()

    assert "<f>" not in sheet
    assert "hyperlink" not in sheet


def test_a_wrong_filter_is_refused_with_everything_that_is_wrong(site):
    with pytest.raises(urllib.error.HTTPError, match="400") as refused:
        get(f"{site}/data/spoken.csv?result=guilty&colour=red&kind=college")

    said = refused.value.read().decode()
    assert all(word in said for word in ("guilty", "colour", "college", "ethics_institute"))


@pytest.mark.parametrize("table", ["coverage", "changes", "sources", "documents"])
def test_every_table_can_be_taken_away(site, table):
    whole = json.loads(get(f"{site}/data/{table}.json?institution=alder")[0])

    assert whole["matching"] == len(whole["rows"]) > 0
    assert get(f"{site}/data/{table}.csv")[0].startswith(next(iter(whole["rows"][0])))


def test_monitors_and_search_engines_are_answered(site):
    metrics, _ = get(f"{site}/metrics")
    assert re.search(r"^tracker_institutions 1$", metrics, re.MULTILINE)
    tree = etree.fromstring(get(f"{site}/sitemap.xml")[0].encode())
    paths = [loc.text for loc in tree.iter("{*}loc")]
    assert any(path.endswith("/p/institution/alder") for path in paths)
    assert "Sitemap: " in get(f"{site}/robots.txt")[0]


def test_a_withheld_document_shows_no_text(site):
    store = Store.open(Settings().store_url)
    with store.transaction() as session:
        session.exec(select(Document)).one().withheld = True
    try:
        for path in ("/p/document/1", "/p/change/1"):
            text, _ = get(site + path)
            assert "withheld" in text
            assert "even if" not in text
    finally:
        with store.transaction() as session:
            session.exec(select(Document)).one().withheld = False
        store.close()


def test_a_release_is_listed_and_stays_what_it_was(site):
    text, _ = get(f"{site}/data/")
    whole = json.loads(get(f"{site}/data/release/2026.3.1.json")[0])

    assert "2026.3.1" in text
    assert "&lt;b&gt;first" in text
    assert (whole["release"], whole["spoken"], whole["sha256"]) == (
        "2026.3.1",
        ["frozen"],
        "0" * 64,
    )
