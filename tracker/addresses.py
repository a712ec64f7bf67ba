"""Which addresses are one, official, or forbidden. Knows no network and no database."""

import ipaddress
import re
import socket
from collections.abc import Iterable, Mapping
from urllib.parse import quote, unquote, urlsplit, urlunsplit

DEFAULT_PORTS = {"http": 80, "https": 443}
LONGEST_URL = 2_000  # as sitemaps.org has it, nearly; an index of PostgreSQL holds 2,700 bytes
#: Parameters that say who sent the reader or which session it is, never which document it is.
TRACKING = re.compile(
    r"(utm_\w+|pk_\w+|piwik_\w+|mtm_\w+|matomo_\w+|hsa_\w+|at_(medium|campaign|custom\d)|_hs(enc|mi)|hsctatracking"
    r"|(fb|g|d|ms|y|tw|tt|ir)clid|gclsrc|[gw]braid|li_fat_id|mc_[ce]id|mkt_tok|_g[al]|igshid|igsh|wt_mc|s_cid|cmpid|ref_src|vero_id"
    r"|jsessionid|phpsessid|aspsessionid\w*|cfid|cftoken)",
    re.IGNORECASE,
)
SESSION = re.compile(r";jsessionid=[^/?#]*", re.IGNORECASE)
ESCAPED = re.compile(r"%[0-9A-Fa-f]{2}")
UNRESERVED = re.compile(r"[A-Za-z0-9._~-]")
INDEX_FILE = re.compile(r"/(index|default)\.(html?|php\d?|aspx?|jsp|cfm|shtml)$", re.IGNORECASE)
SAFE_IN_PATH = "/:@!$&'()*+,;=~%-._"
NAT64 = ipaddress.ip_network("64:ff9b::/96")
#: All that is handed out of IPv6 so far; the rest is old mappings, local or nobody's (RFC 4291 §2.4).
UNICAST = ipaddress.ip_network("2000::/3")
ASSIGNMENTS = ipaddress.ip_network("192.0.0.0/24")  # a cloud's metadata stand there (RFC 6890)


def canonical_url(url: str) -> str:
    """Return the one spelling of an http(s) URL under which a document is known (RFC 3986 §6.2).

    Raises ValueError where it is no http or https URL with a host, or longer than any that is used.
    """
    parts = urlsplit(url.strip())
    scheme = parts.scheme.lower()
    if scheme not in DEFAULT_PORTS or not parts.hostname:
        raise ValueError(f"not an http or https URL: {url!r}")
    host = _host(parts.hostname)
    port = parts.port
    netloc = host if port in (None, DEFAULT_PORTS[scheme]) else f"{host}:{port}"
    path = SESSION.sub("", _unescaped(parts.path))
    path = quote(_without_dots(path) or "/", safe=SAFE_IN_PATH)
    canonical = urlunsplit((scheme, netloc, path, _query(parts.query), ""))
    if len(canonical.encode()) > LONGEST_URL:
        raise ValueError(f"an address of more than {LONGEST_URL} characters: {url[:60]!r}…")
    return canonical


def identity(url: str) -> str:
    """Return what the spellings of one document's canonical URL have in common.

    Scheme, `www.`, a default index file, a final slash and the order of parameters tell no
    documents apart. It is a key, not an address: never ask for it.
    """
    parts = urlsplit(url)
    path = INDEX_FILE.sub("/", parts.path).rstrip("/")
    query = "&".join(sorted(parts.query.split("&"))) if parts.query else ""
    host = parts.netloc.removeprefix("www.").removesuffix(":80").removesuffix(":443")
    return f"{host}{path}" + (f"?{query}" if query else "")


def is_home(url: str) -> bool:
    """Tell whether a URL is a site's front page."""
    return "/" not in identity(url) and "?" not in url


def _unescaped(path: str) -> str:
    """Escapes in one spelling: capital digits, and none where none is needed (RFC 3986 §6.2.2)."""
    return ESCAPED.sub(_escape, path) if "%" in path else path


def _escape(found: re.Match[str]) -> str:
    character = chr(int(found[0][1:], 16))
    return character if UNRESERVED.match(character) else found[0].upper()


def _host(name: str) -> str:
    if ":" in name:
        return f"[{name.lower()}]"
    try:
        return name.rstrip(".").encode("idna").decode().lower()
    except UnicodeError as error:
        raise ValueError(f"not a host name: {name!r}") from error


def _without_dots(path: str) -> str:
    kept: list[str] = []
    segments = path.split("/")
    for segment in segments:
        if unquote(segment) == "..":
            if len(kept) > 1:
                kept.pop()
        elif unquote(segment) != ".":
            kept.append(segment)
    if unquote(segments[-1]) in {".", ".."}:
        kept.append("")
    return "/".join(kept)


def _query(query: str) -> str:
    if "=" not in query:
        return query
    kept = [pair for pair in query.split("&") if not TRACKING.fullmatch(pair.partition("=")[0])]
    return "&".join(kept)


def on_official_host(url: str, hosts: Iterable[str]) -> bool:
    """Tell whether a URL stands on one of these hosts or a subdomain of one.

    A host may carry a port, which must then be the URL's, and a path under which the URL must stand.
    """
    return closeness(url, hosts) is not None


def is_official_mail(address: str, hosts: Iterable[str]) -> bool:
    """Tell whether a mail address is at one of these hosts, or below one.

    Mail knows no paths, ports or `www.`: whoever writes from a shared host is told apart by a person.
    """
    host = address.rpartition("@")[2]
    names = {entry.partition("/")[0].partition(":")[0].removeprefix("www.") for entry in hosts}
    return "@" in address and on_official_host(f"http://{host}/", names)


def closeness(url: str, hosts: Iterable[str]) -> tuple[int, int] | None:
    """Return how closely these hosts name a URL, as (length of the host, length of the path)."""
    found = Owners({"": hosts}).by_closeness(url)
    return found[0][0] if found else None


class Owners:
    """Whose hosts name an address most specifically: by host, then by path.

    Source: codebook, "Who is speaking".
    """

    def __init__(self, hosts_of: Mapping[str, Iterable[str]]) -> None:
        self._under: dict[str, list[tuple[str, str, str]]] = {}
        for key, hosts in hosts_of.items():
            for entry in hosts:
                host, _, path = entry.partition("/")
                bare, _, port = host.lower().partition(":")
                prefix = f"/{path.strip('/')}/" if path.strip("/") else "/"
                self._under.setdefault(bare, []).append((port, prefix, key))

    def of(self, url: str) -> str | None:
        """Return whose a URL is, or None where nobody's hosts name it."""
        found = self.by_closeness(url)
        return found[0][1] if found else None

    def by_closeness(self, url: str) -> list[tuple[tuple[int, int], str]]:
        """Return everybody whose hosts name a URL, with how closely, the closest first."""
        try:
            parts = urlsplit(url)
            name, port = (parts.hostname or "").rstrip("."), str(parts.port)
        except ValueError:
            return []
        path = unquote(_without_dots(parts.path)).rstrip("/") + "/"
        found = [
            ((len(bare), len(prefix)), key)
            for bare in suffixes(name)
            for wanted, prefix, key in self._under.get(bare, ())
            if wanted in {"", port} and path.startswith(prefix)
        ]
        return sorted(found, key=lambda pair: pair[0], reverse=True)


def bare_host(entry: str) -> str:
    """Return the host's name of an entry such as host:port/path."""
    return entry.partition("/")[0].partition(":")[0].lower()


def suffixes(name: str) -> list[str]:
    """A host and the domains it stands under, the nearest first."""
    labels = name.split(".")
    return [".".join(labels[at:]) for at in range(len(labels))]


def literal(host: str) -> str | None:
    """Return the IP address that a URL's host is, in its usual spelling; None for a name.

    Also `0x7f.1`, `0177.0.0.1` and `2130706433`, which resolvers read as addresses (URL, §3.5).
    """
    bare = host.strip("[]").rstrip(".")
    try:
        return str(ipaddress.ip_address(bare))
    except ValueError:
        pass
    if not _NUMERIC.fullmatch(bare.rpartition(".")[2]):
        return None
    try:
        return socket.inet_ntoa(socket.inet_aton(bare))
    except (OSError, UnicodeError):
        return None


_NUMERIC = re.compile(r"0x[0-9a-f]*|[0-9]+", re.IGNORECASE)


#: What helps where an address was refused as private, for whoever knows that it is theirs to read.
ALLOWING = "if it may be reached, name its host, without port, in TRACKER_ALLOW_HOSTS"


def refusal(address: str) -> str | None:
    """Return why an IP address may not be contacted, or None where it is public."""
    found = ipaddress.ip_address(address.strip("[]").partition("%")[0])
    if isinstance(found, ipaddress.IPv6Address):
        found = _inside(found)
    if found.is_loopback:
        return "a loopback address"
    if found.is_multicast:
        return "a multicast address"
    unicast = isinstance(found, ipaddress.IPv4Address) or found in UNICAST
    if not (found.is_global and unicast) or found in ASSIGNMENTS:
        return "not a public address"
    return None


def _inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | ipaddress.IPv6Address:
    """The IPv4 address that an IPv6 one stands for, else itself."""
    if address.ipv4_mapped:
        return address.ipv4_mapped
    if address.sixtofour:
        return address.sixtofour
    if address in NAT64:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address


def web_archive(url: str) -> str:
    """Return where the Internet Archive keeps its copies of an address."""
    return f"https://web.archive.org/web/*/{url}"
