#!/usr/bin/env python3
"""Loopback-only in-memory HTTP/1.1 server for the bench site (asyncio, keep-alive, ETag + Last-Modified + 304).

python3 serve.py --site site --port 8765 [--no-validators]
Control: GET /__round/N  switch round;  GET /__stats  counters as JSON;  GET /__reset  zero the counters.
"""

import argparse, asyncio, hashlib, json, os, collections
from email.utils import formatdate

ap = argparse.ArgumentParser()
ap.add_argument("--site", default="site")
ap.add_argument("--port", type=int, default=8765)
ap.add_argument("--no-validators", action="store_true")
A = ap.parse_args()
ROUNDS = {}
lm_prev = {}
for r in range(4):
    d = {}
    root = f"{A.site}/r{r}"
    for dp, _, fs in os.walk(root):
        for f in fs:
            p = os.path.join(dp, f)
            b = open(p, "rb").read()
            key = p[len(root) :]
            h = hashlib.sha256(b).hexdigest()[:20]
            old = lm_prev.get(key)
            lm = old[1] if old and old[0] == h else 1767225600 + r * 86400
            lm_prev[key] = (h, lm)
            d[key] = (b, f'"{h}"', formatdate(lm, usegmt=True))
    ROUNDS[r] = d
STATIC = {n: open(f"{A.site}/{n}", "rb").read() for n in ("robots.txt", "sitemap.xml", "feed.xml")}
CT = {"txt": "text/plain", "xml": "application/xml", "html": "text/html; charset=utf-8"}
state = {"round": 0}
S = collections.Counter()
UA = collections.Counter()
PATHS = collections.Counter()


def resp(status, ct, body, extra="", head=False):
    return (
        f"HTTP/1.1 {status}\r\nContent-Type: {ct}\r\nContent-Length: {len(body)}\r\n{extra}Connection: keep-alive\r\n\r\n"
    ).encode() + (b"" if head else body)


def handle(method, target, hdr):
    p = target.split("?")[0]
    if p.startswith("/__round/"):
        state["round"] = int(p[9:])
        return resp("200 OK", "text/plain", b"ok")
    if p == "/__reset":
        S.clear()
        UA.clear()
        PATHS.clear()
        return resp("200 OK", "text/plain", b"ok")
    if p == "/__stats":
        return resp(
            "200 OK",
            "application/json",
            json.dumps(
                {
                    "round": state["round"],
                    **S,
                    "distinct_pages": len(PATHS),
                    "max_per_page": max(PATHS.values(), default=0),
                    "ua": dict(UA.most_common(5)),
                }
            ).encode(),
        )
    S["requests"] += 1
    UA[hdr.get("user-agent", "")[:80]] += 1
    head = method == "HEAD"
    n = p.lstrip("/")
    if n in STATIC:
        S["req_" + n] += 1
        b = STATIC[n]
        S["bytes"] += len(b)
        return resp("200 OK", CT[n.rsplit(".", 1)[1]], b, head=head)
    e = ROUNDS[state["round"]].get(p)
    if not e:
        S["404"] += 1
        return resp("404 Not Found", "text/html", b"<h1>Not found</h1>", head=head)
    b, etag, lm = e
    PATHS[p] += 1
    val = "" if A.no_validators else f"ETag: {etag}\r\nLast-Modified: {lm}\r\n"
    if val and (
        hdr.get("if-none-match") == etag
        or ("if-none-match" not in hdr and hdr.get("if-modified-since") == lm)
    ):
        S["304"] += 1
        return f"HTTP/1.1 304 Not Modified\r\n{val}Connection: keep-alive\r\n\r\n".encode()
    S["200"] += 1
    S["bytes"] += len(b)
    return resp("200 OK", CT["html"], b, val, head)


async def client(r, w):
    try:
        while True:
            raw = await r.readuntil(b"\r\n\r\n")
            lines = raw.decode("latin1").split("\r\n")
            m, t, _ = lines[0].split(" ", 2)
            if t.startswith("http://"):
                t = "/" + t.split("/", 3)[3]
            h = {
                k.strip().lower(): v.strip()
                for k, v in (l.split(":", 1) for l in lines[1:] if ":" in l)
            }
            w.write(handle(m, t, h))
            await w.drain()
            if h.get("connection", "").lower() == "close":
                break
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        try:
            w.close()
        except Exception:
            pass


async def main():
    s = await asyncio.start_server(client, "127.0.0.1", A.port, limit=1 << 20)
    print(f"serving on 127.0.0.1:{A.port} pid {os.getpid()}", flush=True)
    async with s:
        await s.serve_forever()


asyncio.run(main())
