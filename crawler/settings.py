"""How the crawler behaves on other people's servers: polite, verified, no open consoles."""

from importlib.metadata import version
from typing import Any
from urllib.parse import urlsplit

from tracker.settings import Settings

NAME = "PolicyEthicsTracker"


def user_agent(settings: Settings) -> str:
    """Return who we say we are, with where to read about us and whom to write to, where set."""
    host = urlsplit(settings.public_url).hostname or ""
    known = [] if host in {"127.0.0.1", "localhost", "::1"} else [settings.public_url]
    said = "; ".join(f"+{address}" for address in (*known, settings.contact) if address)
    return f"{NAME}/{version('policy-ethics-tracker')}" + (f" ({said})" if said else "")


def scrapy_settings(settings: Settings) -> dict[str, Any]:
    """Return Scrapy's settings for one run."""
    unhurried = settings.download_delay > 0
    return {
        "USER_AGENT": user_agent(settings),
        "ROBOTSTXT_OBEY": True,
        "ROBOTSTXT_USER_AGENT": NAME,
        "DOWNLOAD_DELAY": settings.download_delay,
        "DOWNLOAD_DELAY_JITTER": 0.0,  # the delay is a promise, not a mean
        "CONCURRENT_REQUESTS": 32,
        "CONCURRENT_REQUESTS_PER_DOMAIN": 1 if unhurried else 16,
        # Each answer gives one item and the pipeline does not wait: a hundred workers for it,
        # Scrapy's default, cost more than all the rest of a "not modified".
        "CONCURRENT_ITEMS": 1,
        "DOWNLOAD_TIMEOUT": settings.timeout,
        "DOWNLOAD_MAXSIZE": settings.max_bytes,
        "DOWNLOAD_WARNSIZE": 0,
        "DOWNLOAD_VERIFY_CERTIFICATES": True,
        "RETRY_TIMES": 1,
        "RETRY_HTTP_CODES": [408, 500, 502, 503, 504],  # 429 means: not now
        "SCHEDULER_MEMORY_QUEUE": "scrapy.squeues.FifoMemoryQueue",  # of equals, the first named
        "REDIRECT_MAX_TIMES": 8,
        "DOWNLOAD_HANDLERS": {
            **dict.fromkeys(("file", "ftp", "s3", "data")),
            **dict.fromkeys(("http", "https"), "crawler.download.Handler"),
        },
        "COOKIES_ENABLED": False,
        "TELNETCONSOLE_ENABLED": False,
        "REMOTE_CONTROL_ENABLED": False,
        "HTTPCACHE_ENABLED": False,
        "METAREFRESH_ENABLED": False,
        "TWISTED_DNS_RESOLVER": "crawler.resolver.PublicResolver",
        "ALLOW_HOSTS": sorted(settings.allow_hosts),
        "CHROMIUM": settings.chromium,
        "LOG_LEVEL": "ERROR",
        "STATS_DUMP": False,
        "EXTENSIONS": {
            **dict.fromkeys(_UNUSED_EXTENSIONS),
            "crawler.middlewares.pace.FirstWait": 0,
        },
        "DOWNLOADER_MIDDLEWARES": {
            **dict.fromkeys(_UNUSED_MIDDLEWARES),
            "crawler.middlewares.guard.Guard": 40,
            "crawler.middlewares.politeness.Robots": 100,
            "crawler.middlewares.revalidate.Revalidate": 520,
            "crawler.middlewares.backoff.Backoff": 560,  # before Retry sees the answer
            "crawler.middlewares.render.Render": 50,  # last to see the answer, redirects done
        },
        "SPIDER_MIDDLEWARES": dict.fromkeys(_UNUSED_SPIDER_MIDDLEWARES),
        "ITEM_PIPELINES": {"crawler.pipelines.Record": 100},
    }


_UNUSED_EXTENSIONS = (
    "scrapy.extensions.telnet.TelnetConsole",
    "scrapy.extensions.memdebug.MemoryDebugger",
    "scrapy.extensions.feedexport.FeedExporter",
    "scrapy.extensions.logstats.LogStats",
    "scrapy.extensions.spiderstate.SpiderState",
    "scrapy.extensions.throttle.AutoThrottle",
    "scrapy.extensions.remote_control.RemoteControl",
    "scrapy.extensions.memusage.MemoryUsage",
)
_UNUSED_MIDDLEWARES = (
    "scrapy.downloadermiddlewares.offsite.OffsiteMiddleware",  # Guard knows the official hosts
    "scrapy.downloadermiddlewares.robotstxt.RobotsTxtMiddleware",  # ours derives from it
    "scrapy.downloadermiddlewares.httpauth.HttpAuthMiddleware",
    "scrapy.downloadermiddlewares.redirect.MetaRefreshMiddleware",
    "scrapy.downloadermiddlewares.cookies.CookiesMiddleware",
    "scrapy.downloadermiddlewares.stats.DownloaderStats",
    "scrapy.downloadermiddlewares.httpcache.HttpCacheMiddleware",
)
_UNUSED_SPIDER_MIDDLEWARES = (
    "scrapy.spidermiddlewares.referer.RefererMiddleware",
    "scrapy.spidermiddlewares.depth.DepthMiddleware",
    "scrapy.spidermiddlewares.urllength.UrlLengthMiddleware",
)
