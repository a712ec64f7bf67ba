#!/usr/bin/env python3
"""Deterministic synthetic policy site for monitor benchmarks.

python3 gensite.py --out site --pages 500 --seed 7

Writes site/r0 .. site/r3 (one HTML file per page and round), site/urls.txt,
site/robots.txt, site/sitemap.xml, site/feed.xml, site/truth.json.

Rounds
  r0  baseline
  r1  QUIET   2 % of pages get one substantive edit; every other file is byte-identical to r0
  r2  NOISY   no substantive edit at all; EVERY page differs in boilerplate
              (CSRF token, build hash, "generated at" comment, rotating related links,
               view counter, cookie banner text, carousel order, asset fingerprints)
  r3  NOISY   2 % other pages get a substantive edit, another 2 % a cosmetic edit inside the article
              (span wrappers / class renames / curly quotes / utm parameters / whitespace)
              and every page has r3 boilerplate noise
Edits stay in place in later rounds.  truth.json holds, per round: substantive {page: {kind, removed, added}},
cosmetic {page: kind}.
All text is invented by the generator from a word list; it quotes nobody.
"""

import argparse, hashlib, html, json, os, random

ORGS = [
    "Alder Institute",
    "Birchwood Centre",
    "Calder University",
    "Dunmore College",
    "Eastmere Lab",
    "Fenwick Forum",
    "Garrow Trust",
    "Hollin University",
    "Ibsley Institute",
    "Juniper Centre",
    "Kestrel College",
    "Lindale Observatory",
    "Marlow University",
    "Norrland Institute",
    "Oakhurst Centre",
    "Penrose Council",
    "Quarry Bank University",
    "Rosedale Lab",
    "Stanmore Institute",
    "Tarn Policy School",
    "Ulverton University",
    "Vale Ethics Board",
    "Westray Centre",
    "Yarrow College",
    "Zeal Institute",
]
TOPICS = [
    "research partnership safeguards",
    "facial recognition procurement",
    "overseas collaboration review",
    "surveillance technology exports",
    "data sharing with third countries",
    "responsible AI principles",
    "due diligence for joint laboratories",
    "visiting scholar screening",
    "dual-use research governance",
    "human rights impact assessment",
    "procurement of camera systems",
    "export control compliance",
    "funding transparency",
    "biometric data retention",
    "academic freedom on joint campuses",
]
SUBJ = [
    "The institute",
    "Every principal investigator",
    "The ethics committee",
    "A partner organisation",
    "The university",
    "The research office",
    "An external reviewer",
    "The governing board",
    "Each department",
    "The compliance officer",
    "A project lead",
    "The data steward",
    "Any visiting researcher",
    "The joint laboratory",
    "The funding body",
    "Our advisory panel",
]
VERB = [
    "must document",
    "should review",
    "will publish",
    "is expected to disclose",
    "may not approve",
    "must assess",
    "is required to report",
    "will suspend",
    "should record",
    "must refuse",
    "agrees to audit",
    "has committed to monitor",
    "reserves the right to terminate",
    "shall notify the board about",
]
OBJ = [
    "any collaboration involving biometric identification",
    "funding received from state-linked entities in China",
    "the transfer of training data across borders",
    "agreements with vendors of surveillance equipment",
    "joint publications on emotion recognition",
    "the use of predictive policing tools",
    "risk ratings for overseas partners",
    "end-use statements for dual-use software",
    "contracts that limit academic freedom",
    "access to high-performance computing",
    "student placements at defence-affiliated universities",
    "the retention of location records",
    "dataset licences that permit mass monitoring",
    "the appointment of honorary professors",
    "export licences for sensor hardware",
    "requests for information from foreign authorities",
]
TAIL = [
    "within thirty days of signature",
    "before any equipment is shipped",
    "at least once a year",
    "unless the committee records a written exception",
    "as set out in section four of this statement",
    "and keep the decision on file for seven years",
    "in consultation with affected communities",
    "where there is a credible risk of human rights abuse",
    "following the published due diligence checklist",
    "with reasons given in plain language",
    "and inform the partner of the outcome",
    "except where the law requires otherwise",
    "using the register held by the research office",
    "and refer unresolved cases to the board",
]
CONN = [
    "In addition, ",
    "For clarity, ",
    "Since the last review, ",
    "Where practicable, ",
    "As a consequence, ",
    "",
    "",
    "",
    "",
]
HEADS = [
    "Purpose and scope",
    "Definitions",
    "Principles",
    "Partnership due diligence",
    "Surveillance and biometrics",
    "Collaboration with institutions in China",
    "Data transfers",
    "Dual-use and export control",
    "Transparency and reporting",
    "Complaints and review",
    "Governance",
    "Implementation timetable",
]


def sent(r):
    s = r.choice(CONN) + r.choice(SUBJ)
    s = f"{s} {r.choice(VERB)} {r.choice(OBJ)} {r.choice(TAIL)}"
    if r.random() < 0.35:
        s += f", and {r.choice(SUBJ).lower()} {r.choice(VERB)} {r.choice(OBJ)}"
    return s[0].upper() + s[1:] + "."


def para(r, lo=3, hi=7):
    return [sent(r) for _ in range(r.randint(lo, hi))]


def make_doc(i, seed):
    r = random.Random(f"{seed}-doc-{i}")
    org = ORGS[i % len(ORGS)]
    topic = TOPICS[r.randrange(len(TOPICS))]
    secs = []
    heads = HEADS[:]
    r.shuffle(heads)
    for h in heads[: r.randint(5, 9)]:
        blocks = [("p", para(r)) for _ in range(r.randint(2, 5))]
        if r.random() < 0.5:
            blocks.append(("ul", [sent(r) for _ in range(r.randint(3, 6))]))
        if r.random() < 0.25:
            blocks.append(
                (
                    "table",
                    [
                        [r.choice(OBJ), r.choice(["Low", "Medium", "High"]), r.choice(TAIL)]
                        for _ in range(r.randint(3, 6))
                    ],
                )
            )
        secs.append([h, blocks])
    return {
        "i": i,
        "org": org,
        "title": f"{topic.capitalize()} statement no. {i + 1}",
        "date": f"2025-{r.randint(1, 12):02d}-{r.randint(1, 28):02d}",
        "secs": secs,
        "author": f"Office of {r.choice(['Research Integrity', 'Public Policy', 'the Provost', 'Compliance'])}",
    }


def substantive(doc, seed, rnd):
    """one meaningful edit; returns (kind, removed_texts, added_texts)"""
    r = random.Random(f"{seed}-sub-{rnd}-{doc['i']}")
    kind = ["edit_sentence", "add_paragraph", "remove_paragraph", "modal_flip", "add_bullet"][
        r.randrange(5)
    ]
    secs = doc["secs"]
    sec = secs[r.randrange(len(secs))]
    ps = [b for b in sec[1] if b[0] == "p"]
    b = ps[r.randrange(len(ps))]
    k = r.randrange(len(b[1]))
    if kind == "modal_flip":
        cand = [
            (s, bb, j)
            for s in secs
            for bb in s[1]
            if bb[0] == "p"
            for j, t in enumerate(bb[1])
            if " must " in t
        ]
        if not cand:
            kind = "edit_sentence"
        else:
            s, b, k = cand[r.randrange(len(cand))]
            old = b[1][k]
            b[1][k] = old.replace(" must ", " may ", 1)
            return kind, [old], [b[1][k]]
    if kind == "edit_sentence":
        old, new = b[1][k], sent(r)
        b[1][k] = new
        return kind, [old], [new]
    if kind == "add_paragraph":
        new = para(r)
        sec[1].insert(r.randrange(len(sec[1]) + 1), ("p", new))
        return kind, [], new
    if kind == "remove_paragraph":
        sec[1].remove(b)
        return kind, b[1], []
    new = sent(r)
    for s in secs:
        for bb in s[1]:
            if bb[0] == "ul":
                bb[1].insert(r.randrange(len(bb[1]) + 1), new)
                return kind, [], [new]
    sec[1].append(("ul", [new]))
    return kind, [], [new]


COSMETIC = ["span_wrap", "class_rename", "curly_quotes", "utm_links", "whitespace"]


def render_article(doc, cosmetic, npages):
    r = random.Random(f"links-{doc['i']}")
    cls = "rich-text" if cosmetic != "class_rename" else "richtext--v2 prose prose-lg"
    o = [
        f'<article id="statement-{doc["i"]}" class="{cls}" itemscope itemtype="https://schema.org/Article">',
        f'<header class="article-header"><h1 itemprop="headline">{html.escape(doc["title"])}</h1>',
        f'<p class="byline">By <span itemprop="author">{html.escape(doc["author"])}</span>, {html.escape(doc["org"])} · '
        f'<time datetime="{doc["date"]}" itemprop="datePublished">{doc["date"]}</time></p></header>',
    ]
    for n, (h, blocks) in enumerate(doc["secs"], 1):
        o.append(f'<section id="s{n}"><h2>{n}. {html.escape(h)}</h2>')
        for kind, data in blocks:
            if kind == "p":
                sents = [html.escape(s, quote=False) for s in data]
                if cosmetic == "span_wrap":
                    sents = [f'<span data-sent="{j}">{s}</span>' for j, s in enumerate(sents)]
                t = " ".join(sents)
                if r.random() < 0.4:
                    utm = (
                        "?utm_source=newsletter&amp;utm_campaign=spring"
                        if cosmetic == "utm_links"
                        else ""
                    )
                    t += (
                        f' See <a href="/org-{r.randrange(25):02d}/page-{r.randrange(npages):03d}.html{utm}">“related guidance”</a>.'
                        if cosmetic == "curly_quotes"
                        else f' See <a href="/org-{r.randrange(25):02d}/page-{r.randrange(npages):03d}.html{utm}">"related guidance"</a>.'
                    )
                if cosmetic == "whitespace":
                    t = t.replace(". ", ".\n      ")
                o.append(f'<p class="paragraph paragraph--type--text">{t}</p>')
            elif kind == "ul":
                o.append(
                    "<ul>"
                    + "".join(f"<li>{html.escape(x, quote=False)}</li>" for x in data)
                    + "</ul>"
                )
            else:
                o.append(
                    '<table class="table table-striped"><thead><tr><th>Activity</th><th>Risk</th><th>Condition</th></tr></thead><tbody>'
                    + "".join(
                        "<tr>" + "".join(f"<td>{html.escape(c)}</td>" for c in row) + "</tr>"
                        for row in data
                    )
                    + "</tbody></table>"
                )
        o.append("</section>")
    o.append("</article>")
    return "\n".join(o)


def page(doc, noise, cosmetic, npages, target_r):
    """noise = integer; equal noise -> equal boilerplate"""
    i = doc["i"]
    n = random.Random(f"noise-{noise}-{i}")
    st = random.Random(f"static-{i}")
    build = hashlib.sha256(f"build{noise}".encode()).hexdigest()[:12]
    tok = hashlib.sha256(f"tok{noise}-{i}".encode()).hexdigest()
    art = render_article(doc, cosmetic, npages)
    nav = "".join(
        f'<li class="nav-item menu-{a}"><a href="/{a}/" class="nav-link" data-drupal-link-system-path="node/{k * 17}">{a.title()}</a><ul class="dropdown">'
        + "".join(
            f'<li><a class="dropdown-item" href="/org-{k % 25:02d}/page-{(k * 20 + j) % npages:03d}.html">{HEADS[j % 12]} at {ORGS[(k + j) % 25]}</a></li>'
            for j in range(9)
        )
        + "</ul></li>"
        for k, a in enumerate(
            [
                "about",
                "research",
                "policies",
                "partnerships",
                "people",
                "news",
                "events",
                "publications",
                "contact",
            ]
        )
    )
    related = "".join(
        f'<div class="card teaser"><a href="/org-{x % 25:02d}/page-{x:03d}.html"><img loading="lazy" alt="" src="/img/{x}-{build}.jpg"><h3>{ORGS[x % 25]}: {TOPICS[x % 15]}</h3></a>'
        f'<p class="summary">{sent(random.Random("teaser" + str(x)))}</p></div>'
        for x in n.sample(range(npages), 6)
    )
    share = "".join(
        f'<a class="share share-{s}" rel="nofollow" href="https://{s}.invalid/share?u=/org-{i % 25:02d}/page-{i:03d}.html&amp;t={tok[:8]}">Share on {s}</a>'
        for s in ["mastodon", "linkedin", "email"]
    )
    css = "\n".join(
        f".c-{k}{{margin:{k % 7}px;padding:{k % 5}px;color:#{(k * 7919) % 0xFFFFFF:06x};display:{'flex' if k % 2 else 'block'}}}"
        for k in range(110)
    )
    js = "window.__STATE__=" + json.dumps(
        {
            "build": build,
            "csrf": tok,
            "route": f"/org-{i % 25:02d}/page-{i:03d}.html",
            "flags": {f"flag_{k}": bool((k * 31 + noise) % 2) for k in range(60)},
            "menu": [{"id": k, "t": HEADS[k % 12], "u": f"/m/{k}"} for k in range(40)],
        }
    )
    ld = json.dumps(
        {
            "@context": "https://schema.org",
            "@type": "Article",
            "headline": doc["title"],
            "datePublished": doc["date"],
            "publisher": {"@type": "Organization", "name": doc["org"]},
        }
    )
    foot = "".join(
        f'<div class="footer-col"><h4>{a}</h4><ul>'
        + "".join(f'<li><a href="/f/{k}-{j}">{ORGS[(k * 5 + j) % 25]}</a></li>' for j in range(8))
        + "</ul></div>"
        for k, a in enumerate(["Study", "Research", "Policies", "Legal", "Connect"])
    )
    cookie = n.choice(
        [
            "We use cookies to improve this site.",
            "This site stores cookies. You can change your choice at any time.",
            "Cookies help us understand how this site is used.",
        ]
    )
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><title>{html.escape(doc["title"])} | {html.escape(doc["org"])}</title>
<meta name="viewport" content="width=device-width, initial-scale=1"><meta name="csrf-token" content="{tok}">
<meta name="description" content="{html.escape(doc["secs"][0][1][0][1][0] if doc["secs"][0][1][0][0] == "p" else doc["title"])}">
<meta property="og:title" content="{html.escape(doc["title"])}"><meta property="og:type" content="article">
<link rel="alternate" type="application/rss+xml" href="/feed.xml"><link rel="stylesheet" href="/assets/site.{build}.css">
<script type="application/ld+json">{ld}</script><style>{css}</style></head>
<body class="node node--type-policy path-node page-node-{i}">
<!-- generated by cms at noise-epoch {noise * 86400 + i} -->
<div id="cookie-banner" role="dialog" class="cookie cookie--{n.randrange(9)}"><p>{cookie}</p><button>Accept</button><button>Reject</button></div>
<a class="visually-hidden focusable" href="#main">Skip to main content</a>
<header role="banner" class="site-header"><div class="logo"><a href="/"><img src="/assets/logo.{build}.svg" alt="{doc["org"]}"></a></div>
<nav role="navigation" aria-label="Main"><ul class="navbar-nav">{nav}</ul></nav>
<form action="/search" method="get"><input type="hidden" name="form_build_id" value="form-{tok[8:40]}"><input type="search" name="q" placeholder="Search"></form></header>
<div class="breadcrumb"><ol><li><a href="/">Home</a></li><li><a href="/policies/">Policies</a></li><li>{html.escape(doc["title"])}</li></ol></div>
<div class="alert-ribbon">{sent(random.Random(f"ribbon{noise}"))}</div>
<main id="main" role="main"><div class="layout"><div class="layout-content">
{art}
<div class="article-tools">{share}<span class="views">{n.randrange(1000, 99999)} views</span></div></div>
<aside class="sidebar"><h2>Related</h2>{related}<div class="widget-clock">Page served {noise:04d}-{i:05d}</div></aside></div></main>
<footer role="contentinfo"><div class="footer-cols">{foot}</div><p>© {doc["org"]}. Build {build}.</p></footer>
<script>{js}</script><script src="/assets/app.{build}.js" defer></script>
</body></html>
"""


def main():
    ap = argparse.ArgumentParser()
    ap.add_argument("--out", default="site")
    ap.add_argument("--pages", type=int, default=500)
    ap.add_argument("--seed", default="7")
    ap.add_argument("--share", type=float, default=0.02)
    ap.add_argument("--base", default="http://127.0.0.1:8765")
    a = ap.parse_args()
    N = a.pages
    k = max(1, int(N * a.share))
    docs = [make_doc(i, a.seed) for i in range(N)]
    pick = random.Random(f"{a.seed}-pick").sample(range(N), 3 * k)
    groups = {1: pick[:k], 3: pick[k : 2 * k]}
    cosm = {p: COSMETIC[j % 5] for j, p in enumerate(pick[2 * k : 3 * k])}
    truth = {"pages": N, "rounds": {"0": {"substantive": {}, "cosmetic": {}}}}
    path = lambda i: f"/org-{i % 25:02d}/page-{i:03d}.html"
    noise = {0: 0, 1: 0, 2: 2, 3: 3}
    sizes = []
    for rnd in range(4):
        t = {"substantive": {}, "cosmetic": {}, "noise": noise[rnd]}
        for p in groups.get(rnd, []):
            kind, rem, add = substantive(docs[p], a.seed, rnd)
            t["substantive"][path(p)] = {"kind": kind, "removed": rem, "added": add}
        c = cosm if rnd >= 3 else {}
        if rnd == 3:
            t["cosmetic"] = {path(p): kd for p, kd in cosm.items()}
        truth["rounds"][str(rnd)] = t
        for d in docs:
            f = f"{a.out}/r{rnd}{path(d['i'])}"
            os.makedirs(os.path.dirname(f), exist_ok=True)
            b = page(d, noise[rnd], c.get(d["i"]), N, None).encode()
            if rnd == 0:
                sizes.append(len(b))
            open(f, "wb").write(b)
    urls = [a.base + path(i) for i in range(N)]
    open(f"{a.out}/urls.txt", "w").write("\n".join(urls) + "\n")
    open(f"{a.out}/robots.txt", "w").write(
        f"User-agent: *\nDisallow: /private/\nSitemap: {a.base}/sitemap.xml\n"
    )
    open(f"{a.out}/sitemap.xml", "w").write(
        '<?xml version="1.0" encoding="UTF-8"?>\n<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">'
        + "".join(f"<url><loc>{u}</loc></url>" for u in urls)
        + "</urlset>\n"
    )
    open(f"{a.out}/feed.xml", "w").write(
        '<?xml version="1.0"?><rss version="2.0"><channel><title>bench</title><link>'
        + a.base
        + "</link><description>bench</description>"
        + "".join(
            f"<item><title>{html.escape(docs[i]['title'])}</title><link>{urls[i]}</link><guid>{urls[i]}</guid></item>"
            for i in range(min(50, N))
        )
        + "</channel></rss>\n"
    )
    json.dump(truth, open(f"{a.out}/truth.json", "w"), indent=1)
    sizes.sort()
    print(
        json.dumps(
            {
                "pages": N,
                "bytes_total": sum(sizes),
                "min": sizes[0],
                "median": sizes[N // 2],
                "max": sizes[-1],
                "substantive_r1": k,
                "substantive_r3": k,
                "cosmetic_r3": len(cosm),
            }
        )
    )


main()
