"""The screens in a real browser: they draw, stay on this machine, and can be read by everybody."""

import csv
import json
import re
import urllib.error
import urllib.request
from datetime import timedelta
from pathlib import Path

import feedparser
import pytest
from axe_playwright_python.sync_playwright import Axe
from browsing import ARGUMENTS, CHROMIUM, READY, open_at, play_demo, serving
from builders import NOON, read_page
from playwright.sync_api import sync_playwright
from pypdfium2 import PdfDocument

from tracker.store import Store

pytestmark = pytest.mark.browser

PAGES = {
    "/": "Overview",
    "/statements": "Statements",
    "/compare?cell=dogwood-lab:R3": "Compare",
    "/compare?institution=hazel-university&institution=juniper-university": "Compare",
    "/changes": "Changes",
    "/change?id={change}": "Ivywood University",
    "/institution": "Institutions",
    "/institution?inst=dogwood-lab": "Dogwood Lab",
    "/document?id={document}&a=1&b=3": "Research partnerships policy",
    "/search?q=surveillance": "Search",
    "/alerts": "Alerts",
    "/sources": "Sources",
    "/method": "Method & data",
    "/review": "Review",
}
#: Page → what answers its question, which nobody should have to scroll for.
ANSWERS = {
    "/": ".t-squares",
    "/statements": ".t-squares",
    "/compare?cell=dogwood-lab:R3": "section.t-card blockquote",
    "/compare?institution=hazel-university&institution=juniper-university": ".t-badge",
    "/changes": ".t-class-material",
    "/change?id={change}": ".t-diff del",
    "/institution": ".t-badge",
    "/institution?inst=dogwood-lab": ".t-badge",
    "/document?id={document}&a=1&b=3": ".t-diff",
    "/search?q=surveillance": "figure mark",
    "/alerts": "[role=status]",
    "/sources": ".t-table",
    "/method": ".t-badge",
    "/review": "input",
}
NARROW = {"width": 390, "height": 844}


@pytest.fixture(scope="module")
def demo(tmp_path_factory):
    folder = tmp_path_factory.mktemp("app")
    play_demo(folder)
    with serving(folder) as (base, _):
        yield base


@pytest.fixture(scope="module")
def browser():
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def contexts(browser):
    """One browser profile a theme, kept warm."""
    made = {
        scheme: browser.new_context(color_scheme=scheme, reduced_motion="reduce", locale="en-GB")
        for scheme in ("light", "dark")
    }
    yield made
    for context in made.values():
        context.close()


@pytest.fixture(scope="module")
def named(demo):
    """The ids, by what they name, of a change and a document that the demonstration always has."""
    changes = rows(demo, "changes", "ivywood-university")
    documents = rows(demo, "documents", "hazel-university")
    return {
        "change": next(row["id"] for row in changes if row["kind"] == "text_changed"),
        "document": next(row["id"] for row in documents if row["versions"] == 3),
    }


def rows(base: str, table: str, institution: str) -> list[dict]:
    address = f"{base}/data/{table}.json?institution={institution}"
    return json.load(urllib.request.urlopen(address))["rows"]


@pytest.fixture
def visit(contexts, demo, named):
    """Open a page of the demonstration; at the end nothing may have gone wrong on the way."""
    pages, wrong = [], []

    def go(path, scheme="light"):
        path = path.format(**named)
        page = contexts[scheme].new_page()
        page.set_viewport_size({"width": 1280, "height": 900})
        watch(page, demo, wrong)
        open_at(page, demo + path)
        pages.append(page)
        return page

    yield go
    for page in pages:
        if page.locator('[data-testid="stException"]').count():
            wrong.append(f"an exception is shown at {page.url}")
        page.close()
    assert wrong == []


def watch(page, base: str, wrong: list[str]) -> None:
    """Note every error, and every request that leaves this machine."""
    probed = re.compile(r"/_stcore/(health|host-config)$")
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on(
        "console",
        lambda m: (
            m.type == "error"
            and not probed.search(m.location.get("url", ""))
            and wrong.append(m.text)
        ),
    )
    page.on(
        "request",
        lambda r: r.url.startswith("http") and not r.url.startswith(base) and wrong.append(r.url),
    )


def violations(page) -> list[str]:
    found = Axe().run(page, options={"runOnly": ["wcag2a", "wcag2aa", "wcag21aa", "wcag22aa"]})
    return [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in found.response["violations"]]


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("path", PAGES)
def test_every_screen_draws_stays_here_is_accessible_and_fits_a_phone(visit, path, scheme):
    page = visit(path, scheme)

    assert violations(page) == []
    assert page.title().startswith(PAGES[path])
    assert page.locator("h1").count() == 1
    assert "not a risk rating, sanctions check or clearance" in page.inner_text("body")
    answer = page.locator(f"[data-testid=stMain] {ANSWERS[path]}").first.bounding_box()
    assert answer["y"] + min(answer["height"], 60) <= page.viewport_size["height"]
    page.set_viewport_size(NARROW)
    page.wait_for_function(READY)
    wide = page.evaluate("document.querySelector('[data-testid=stMain]').scrollWidth")
    assert wide <= NARROW["width"]


def test_a_phone_is_told_that_the_matrix_goes_on_to_the_right_and_a_desk_is_not(visit):
    page = visit("/compare")
    hint = "getComputedStyle(document.querySelector('.t-wide'), '::before').content"
    wide = page.evaluate(hint)
    page.set_viewport_size(NARROW)
    cut_off = "(e => e.scrollWidth > e.clientWidth + 50)(document.querySelector('.t-wide'))"

    assert wide == "none"
    assert "Scroll sideways" in page.evaluate(hint)
    assert page.evaluate(cut_off)


@pytest.mark.parametrize("path", ["/p/", "/p/institution/dogwood-lab", "/p/change/{change}", "/p/document/{document}", "/data/"])  # fmt: skip
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_pages_without_script_are_accessible_and_fit_a_phone(contexts, demo, named, path, scheme):
    page, wrong = contexts[scheme].new_page(), []
    page.set_viewport_size(NARROW)
    watch(page, demo, wrong)
    page.goto(demo + path.format(**named))

    assert violations(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]
    assert wrong == []
    page.close()


def test_a_newcomer_sees_who_spoke_of_how_many_and_what_is_only_reported(visit):
    text = visit("/").inner_text("body")

    assert "3 of 10 institutions checked spoke out on abuses by the Chinese state" in text
    assert "7 of the 17 in scope are not checked or unreachable" in text
    assert re.search(r"18 Jun 2024\s+first confirmed statement", text)
    assert re.search(r"5\s+material changes in the week to 10 Mar 2026", text)
    assert re.search(r"40 of 41\s+known documents read, last on 10 Mar 2026", text)
    assert "Dogwood Lab on Responsible Research, 30 Sep 2025" in text
    assert "1 institution possibly did too" in text
    assert "every institution that was read here, and every word of it, is invented" in text
    for name, when in (("Ada Lovelace Institute", "June 2022"), ("Stanford HAI", "August 2023"), ("AI Now Institute", "2019")):  # fmt: skip
        assert re.search(
            rf"{name}\s+reported by the report: {when}\s+not among the institutions", text
        )


def test_an_officer_prints_the_file_of_one_institution(visit, tmp_path):
    page = visit("/institution")
    page.get_by_label("Name").fill("larch")
    page.get_by_label("Name").press("Enter")
    page.wait_for_url("**q=larch*")
    page.get_by_role("link", name="Larch University").click()
    page.get_by_role("link", name="Print this file").click()
    page.wait_for_url("**/p/institution/larch-university")

    page.pdf(path=tmp_path / "larch.pdf", format="A4", print_background=True)
    text = read_pdf(tmp_path / "larch.pdf")
    assert "Larch University" in text
    assert "Data as of 10 Mar 2026" in text
    assert "http://larch-university.example/" in text
    assert "sha256" in page.content()


def test_a_researcher_filters_opens_the_evidence_and_takes_the_view_away(visit, tmp_path):
    page = visit("/statements")
    page.get_by_role("combobox", name="Result").click()
    page.get_by_role("option", name="criticised", exact=True).click()
    page.wait_for_url("**result=criticised*")
    page.wait_for_function(READY)
    page.get_by_text("2 of 17 institutions match").wait_for()
    page.get_by_text("Evidence and coding").first.click()
    assert "text sha256" in page.inner_text("body")
    with page.expect_download() as started:
        page.get_by_role("link", name="CSV of this view").click()
    taken = list(csv.DictReader(Path(started.value.path()).read_text("utf-8").splitlines()))

    assert [row["institution"] for row in taken] == ["cedar-institut", "dogwood-lab"]
    assert {row["view_filter"] for row in taken} == {"result: criticised"}


def test_a_journalist_follows_a_link_to_before_and_after(visit):
    page = visit("/change?id={change}")  # as messages link

    assert page.locator(".t-diff del").count() > 0
    assert "[removed: The review must" in page.locator(".t-diff").first.inner_text()
    page.get_by_role("tab", name="Side by side").click()
    page.locator(".t-sides").wait_for()
    page.get_by_role("link", name="International engagement policy").first.click()
    page.wait_for_url("**/document?id=*")
    page.get_by_text("Compare two versions").wait_for()
    page.go_back()
    page.wait_for_function(READY)
    assert "Ivywood University" in page.title()


def test_without_a_mouse_all_is_reached_in_order_seen_and_opened(visit):
    page, reached = visit("/compare"), []
    focused = """() => { const e = document.activeElement, s = getComputedStyle(e);
      return [e.getAttribute('aria-label') || e.innerText.trim(), s.outlineStyle + s.boxShadow] }"""
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate(focused))
        if reached[-1][0].startswith("Alder Institute for Technology and Society, R1"):
            break
    names = [name for name, _ in reached]
    order = ["Skip to main content", "Overview", "Review", "Result", "CSV of this view", "Alder Institute for Technology and Society"]  # fmt: skip

    assert [name for name in names if name in order] == order
    links = [look for name, look in reached if name in {"Overview", "CSV of this view", order[-1]}]
    assert all(look.startswith(("solid", "auto")) for look in links)
    page.keyboard.press("Enter")
    page.wait_for_url("**cell=alder-institute*")
    page.get_by_role("region", name="One cell and what it rests on").wait_for()


@pytest.mark.parametrize(
    ("path", "paper"), [("/p/institution/dogwood-lab", "body"), ("/compare", ".stApp")]
)
def test_a_dark_screen_prints_on_white_and_whole(contexts, demo, path, paper):
    page = contexts["dark"].new_page()
    page.set_viewport_size({"width": 700, "height": 990})  # A4 within its margins
    page.goto(demo + path)
    page.locator(".t-table").first.wait_for()
    white = f"getComputedStyle(document.querySelector('{paper}')).backgroundColor"
    dark = page.evaluate(white)
    page.emulate_media(media="print", color_scheme="dark")

    assert dark != page.evaluate(white) == "rgb(255, 255, 255)"
    assert page.evaluate(
        "(e => e.scrollWidth <= e.clientWidth)(document.querySelector('.t-scroll'))"
    )
    page.close()


def test_policies_stand_beside_each_other_with_what_each_element_asks_and_nothing_overlaps(visit):
    page = visit("/compare?institution=hazel-university&institution=dogwood-lab&institution=juniper-university")  # fmt: skip
    table = page.get_by_role("region", name="R1 Human-rights due diligence, element by element")
    heads = table.locator("thead th").all_inner_texts()

    assert heads == ["Element", "Dogwood Lab on Responsible Research", "Hazel University", "Juniper University"]  # fmt: skip
    assert "says who is asked in doubt" in table.inner_text()
    page.set_viewport_size(NARROW)
    page.wait_for_function(READY)
    wide = "[...document.querySelectorAll('.t-even td > div > *')].filter(e => e.scrollWidth > e.clientWidth + 1 && getComputedStyle(e).display != 'inline').map(e => e.outerHTML)"
    assert page.evaluate(wide) == []


def test_more_than_four_policies_stand_beside_each_other_in_words(visit):
    five = ("hazel-university", "dogwood-lab", "juniper-university", "kestrel-university", "larch-university")  # fmt: skip
    page = visit("/compare?" + "&".join(f"institution={key}" for key in five))
    table = page.get_by_role("region", name="R1 Human-rights due diligence, element by element")
    row = table.locator("tbody tr").nth(1).locator("td").all_inner_texts()

    assert table.locator("thead th").count() == 6
    assert row[0] == "● yes (may)"  # of Dogwood Lab, confirmed by people
    assert "possible: yes (must)" in row[1]
    assert "none found" in row[3]
    assert "unreachable" in row[4]


def test_the_matrix_is_sorted_by_name_or_kind_and_links_keep_the_order(visit):
    page = visit("/compare?sort=kind&cell=dogwood-lab:R3")
    rows = page.get_by_role("region", name="Institutions and recommendations").locator("tbody th")
    names = rows.all_inner_texts()[1:]

    assert names.index("Institut Fir pour l'éthique numérique") < names.index("Hazel University")
    assert "sort=kind" in page.get_by_role("link", name="Close this cell").get_attribute("href")


def test_a_drawer_says_what_elements_mean_what_was_read_and_how_to_cite(visit):
    page = visit("/compare?cell=dogwood-lab:R3")
    for more in ("What the elements mean", "What was read", "Copy a citation"):
        page.get_by_text(more).click()
    page.locator("[data-testid=stCode]").first.wait_for()
    text = page.inner_text("body")

    assert "surveillance, military, security services or a list set it off" in text
    assert re.search(r"Read\s+\d of \d known documents", text)
    assert re.search(r"“Guidance on research partners in high-risk countries”, 30 Sep 2025, http.*sha256", text)  # fmt: skip
    assert violations(page) == []


def test_any_two_versions_can_be_compared_and_the_address_names_them(visit):
    page = visit("/document?id={document}&a=1&b=3")

    assert "Version 1 (2 Mar 2026) to version 3 (10 Mar 2026)" in page.inner_text("body")
    assert "a=1" in page.url
    assert "b=3" in page.url


def test_two_tabs_keep_two_filters(visit):
    one, two = visit("/statements?kind=university"), visit("/statements?kind=funder")

    assert "7 of 17 institutions match" in one.inner_text("body")
    assert "1 of 17 institutions match" in two.inner_text("body")


def test_back_leads_to_the_same_filters(visit):
    page = visit("/statements?kind=university")
    page.get_by_role("link", name="Hazel University").first.click()
    page.wait_for_url("**/institution?institution=hazel-university")
    page.wait_for_function(READY)
    page.go_back()
    page.get_by_text("7 of 17 institutions match").wait_for()

    assert "kind=university" in page.url


def test_no_result_is_no_finding(visit):
    assert "This is not a finding that nothing was said" in visit("/statements?country=SE&result=condemned").inner_text("body")  # fmt: skip
    assert "This is not a finding that nothing was said" in visit("/search?q=zzzz").inner_text(
        "body"
    )


def test_a_filter_that_is_not_applied_is_said_until_it_is_removed(visit):
    page = visit("/statements?result=guilty&kind=funder&label=R1")
    said = page.get_by_role("alert").inner_text()

    assert "result=guilty, there is no such value (remove it)" in said
    assert "label=R1, this screen has no filter on label (remove it)" in said
    assert "1 of 17 institutions match" in page.inner_text("body")

    for left in (1, 0):
        page.get_by_role("alert").get_by_role("link", name="remove it").first.click()
        page.wait_for_function(
            f"() => document.querySelectorAll('[role=alert] a').length === {left}"
        )
        page.wait_for_function(READY)
    assert page.url.endswith("/statements?kind=funder")


def test_one_address_shows_a_change_and_an_old_one_leads_there(visit, named):
    page = visit("/changes?id={change}")

    page.wait_for_url(f"**/change?id={named['change']}")


@pytest.mark.parametrize(
    "path",
    ["/institution?inst=nope", "/change?id=999999", "/change?id=x", "/document?id=0",
     "/compare?cell=nope:R1"],
)  # fmt: skip
def test_an_unknown_id_is_said_and_shows_nobody_else(visit, path):
    page = visit(path)

    assert "No such" in page.inner_text("body")
    assert violations(page) == []


def test_a_rule_is_tried_on_the_past_before_it_is_taken(visit):
    text = visit("/alerts?institution=hazel-university").inner_text("body")
    narrowed = {
        visit(f"/alerts?{name}=R6").inner_text("main") for name in ("rec", "recommendation")
    }

    assert len(narrowed) == 1
    assert '"recommendations": ["R6"]' in narrowed.pop()
    assert "This rule would have sent 1 message in the 90 days" in text
    assert '"institutions": ["hazel-university"]' in text
    assert "/feeds/rule.atom?institutions=hazel-university" in text


def test_the_feed_is_atom_and_leaving_takes_a_post(demo):
    feed = feedparser.parse(urllib.request.urlopen(f"{demo}/feeds/all.atom").read())
    assert (feed.version, bool(feed.bozo)) == ("atom10", False)
    assert any("Larch University" in entry.title for entry in feed.entries)

    for body in (None, b""):
        with pytest.raises(urllib.error.HTTPError, match="404") as refused:
            urllib.request.urlopen(f"{demo}/u/no-such-token", data=body)
        assert b"There is no such subscription" in refused.value.read()
        assert "default-src 'none'" in refused.value.headers["Content-Security-Policy"]


@pytest.fixture(scope="module")
def others(tmp_path_factory):
    """Two more apps: one over nothing, one over a page that is hostile in every way."""
    empty, hostile = tmp_path_factory.mktemp("empty"), tmp_path_factory.mktemp("hostile")
    store = Store.open(f"sqlite:///{hostile / 'tracker.db'}")
    for days, body in enumerate((HOSTILE, HOSTILE.replace("whatever the contract", "though the contract"))):  # fmt: skip
        read_page(store, body, at=NOON + timedelta(days=days))
    store.close()
    with serving(empty) as (nothing, _), serving(hostile) as (evil, _):
        yield nothing, evil


EVIL = "&lt;script&gt;alert(1)&lt;/script&gt; &lt;img src=http://elsewhere.example/x.png onerror=alert(1)&gt; ![](http://elsewhere.example/y.png) $x$ :red[y] شينجيانغ 新疆"
HOSTILE = f"""<html><head><title>Policy {EVIL}</title></head><body><main><h1>Policy on partners {EVIL}</h1>
<p>We condemn the mass surveillance of Uyghurs in Xinjiang by the Chinese government, an abuse of human rights. {EVIL}
No researcher of ours may take part in it, whatever the contract or the money says about it.</p></main></body></html>"""
EVERYWHERE = ("/", "/statements", "/compare?cell=alder:R4", "/changes", "/change?id=1", "/institution?inst=alder", "/document?id=1", "/search?q=condemn", "/alerts", "/sources", "/method", "/review", "/p/", "/p/institution/alder", "/p/change/1", "/p/document/1", "/data/")  # fmt: skip


def test_no_crawled_text_is_anything_but_text_on_any_screen(browser, others):
    context, wrong = browser.new_context(), []
    page = context.new_page()
    watch(page, others[1], wrong)
    shown = ""
    for path in EVERYWHERE:
        if path.startswith(("/p/", "/data/")):
            page.goto(others[1] + path)
        else:
            open_at(page, others[1] + path)
        if path == "/review":
            page.get_by_label("Your name or initials").fill("ada")
            page.get_by_label("Your name or initials").press("Enter")
            page.get_by_text("wait for you").wait_for()
        assert page.locator("img[src*=elsewhere], .katex, [data-testid=stException]").count() == 0
        shown += page.inner_text("body")
    context.close()

    assert "![](http://elsewhere.example/y.png) $x$ :red[y]" in shown
    assert "新疆" in shown
    assert wrong == []


def test_an_empty_store_says_what_to_do_on_every_screen(browser, others):
    context, wrong = browser.new_context(), []
    page = context.new_page()
    watch(page, others[0], wrong)
    for path in ("/", "/statements", "/compare", "/changes", "/institution", "/search", "/alerts", "/sources"):  # fmt: skip
        open_at(page, others[0] + path)
        assert "make demo" in page.inner_text("body")
        assert violations(page) == []
    page.goto(others[0] + "/p/")
    assert "make demo" in page.inner_text("body")
    assert "Nothing read yet" in page.inner_text("header")
    context.close()
    assert wrong == []


def read_pdf(path: Path) -> str:
    return "\n".join(page.get_textpage().get_text_range() for page in PdfDocument(path))


def test_a_person_reviews_blind_and_the_verdict_is_kept(visit, demo):
    page = visit("/review")
    assert "Local mode: without sign-in" in page.inner_text("body")
    page.get_by_label("Your name or initials").fill("ada")
    page.get_by_label("Your name or initials").press("Enter")
    waiting = page.get_by_text(re.compile(r"\d+ wait for you"))
    before = int(waiting.inner_text().split()[0])
    page.get_by_role("button", name="Keep my verdict").click()
    page.get_by_text("Choose a verdict first").wait_for()
    page.get_by_text("Reject: none of its labels holds").click()
    page.get_by_role("button", name="Keep my verdict").click()
    page.get_by_text(f"{before - 1} wait for you").wait_for()
    page.wait_for_function(READY)  # what is being redrawn is pale

    assert violations(page) == []


def test_reviewing_is_closed_where_others_can_reach_the_app(browser, tmp_path):
    context = browser.new_context(extra_http_headers={"X-Forwarded-For": "203.0.113.7"})
    page = context.new_page()
    with serving(tmp_path) as (here, _), serving(tmp_path, TRACKER_PUBLIC_URL="https://tracker.example") as (there, _):  # fmt: skip
        for base in (here, there):
            open_at(page, f"{base}/review")
            text = page.inner_text("body")
            assert "Reviewing is closed here" in text
            assert "Your name" not in text
            context.set_extra_http_headers({})
    context.close()
