"""One frozen Settings from the environment. Read by entry points only, then passed in."""

import os
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import Field, ValidationError, ValidationInfo, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tracker.hours import parse_hours
from tracker.nearness import did_you_mean
from tracker.standing import Gate

#: Holds a password: it stands in no text that names the settings, nor in one that says they are wrong.
Secret = Annotated[str, Field(repr=False)]
PREFIX = "TRACKER_"
DATABASES = frozenset({"sqlite", "postgresql"})
SMTP = frozenset({"smtp", "smtps"})


class Settings(BaseSettings):
    """Every setting, from variables named TRACKER_…; see README, "Settings"."""

    model_config = SettingsConfigDict(
        env_prefix=PREFIX, frozen=True, extra="ignore", hide_input_in_errors=True
    )

    database_url: Annotated[str | None, Field(repr=False)] = None
    data_dir: Path = Path("data")
    sources: Path = Path("sources.yaml")
    contact: str = ""
    download_delay: Annotated[float, Field(ge=0)] = 1.0
    allow_hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    max_bytes: Annotated[int, Field(gt=0)] = 30_000_000
    timeout: Annotated[float, Field(gt=0)] = 30.0
    web_archive: str = "https://web.archive.org/cdx/search/cdx"
    watch_hours: str = ""  # such as 22-6 Europe/Berlin
    public_url: str = "http://127.0.0.1:8501"
    chromium: str = ""
    ocr: bool = False
    calibration: Path | None = None  # a file of `tracker train` that rates codings
    smtp_url: Secret = ""
    mail_from: str = ""
    unsubscribe_mail: Annotated[str, Field(pattern=r"^$|^[^@\s<>?,]+@[^@\s<>?,]+$")] = ""
    secret: Secret = ""
    operator: str = ""
    oidc_metadata_url: str = ""  # of the provider that reviewers sign in with
    oidc_client_id: str = ""
    oidc_client_secret: Secret = ""
    confirm_after_hours: Annotated[float, Field(ge=0)] = 1.0
    meaning_after_review: bool = True
    reply_days: Annotated[int, Field(gt=0)] = 14  # that an institution has to answer a notice
    withhold_until_reply: bool = False

    @field_validator("allow_hosts", mode="before")
    @classmethod
    def _split_on_commas(cls, value: object) -> object:
        if isinstance(value, str):
            return frozenset(host.strip().lower() for host in value.split(",") if host.strip())
        return value

    @field_validator("allow_hosts")
    @classmethod
    def _are_hosts(cls, value: frozenset[str]) -> frozenset[str]:
        for host in sorted(value):
            name = host.strip("[]")
            if "/" in host or (":" in name and name.count(":") < 2):
                raise ValueError(
                    f'"{host}" is no host; leave out http:// and port, with commas between'
                )
        return value

    @field_validator("watch_hours")
    @classmethod
    def _are_hours(cls, value: str) -> str:
        if value:
            parse_hours(value)
        return value

    @field_validator("public_url", "contact")
    @classmethod
    def _leads_somewhere(cls, value: str, about: ValidationInfo) -> str:
        """Links begin with the one; the other tells owners of websites, and institutions, whom to ask."""
        parts = urlsplit(value)
        if parts.scheme in {"http", "https"} and parts.hostname:
            return value
        if about.field_name == "contact" and (not value or "@" in value):
            return value
        mail = ", or a mail address" if about.field_name == "contact" else ""
        raise ValueError(f"not of the form https://host/path{mail}")

    @field_validator("database_url", "smtp_url")
    @classmethod
    def _is_an_address(cls, value: str | None, about: ValidationInfo) -> str | None:
        """A password that is not escaped would be cut in two, and half of it taken for a host."""
        if value and about.field_name == "database_url" and _backend(value) not in DATABASES:
            raise ValueError(
                "not a database that this program knows; write postgresql://user:password@host:5432/name, or leave it out"
            )
        if value and value.startswith("sqlite:"):
            return value
        try:
            parts = urlsplit(value or "")
            cut = parts.netloc.count("@") > 1 or "@" in f"{parts.path}{parts.fragment}"
            _ = parts.port
        except ValueError:
            cut = True
        if cut:
            raise ValueError("not an address; in a password write @ / : ? # as %40 %2F %3A %3F %23")
        if value and about.field_name == "smtp_url" and parts.scheme not in SMTP:
            raise ValueError("not of the form smtp://user:password@host:port, or smtps:// so")
        return value

    @property
    def store_url(self) -> str:
        """Address of the database: the one set, else the embedded SQLite file in data_dir."""
        return self.database_url or f"sqlite:///{self.data_dir / 'tracker.db'}"

    @property
    def gate(self) -> Gate:
        """How long institutions have to answer, and whether the public waits for it."""
        return Gate(self.reply_days, withhold=self.withhold_until_reply)

    @property
    def outbox(self) -> Path:
        """Folder where deliveries of the local channel are written."""
        return self.data_dir / "outbox"


def _backend(url: str) -> str:
    """What comes before the driver, if one is named (postgresql+psycopg://…)."""
    return url.partition(":")[0].partition("+")[0]


class SettingsError(Exception):
    """Variables of the environment cannot be used; the message lists each with its remedy."""


def load_settings() -> Settings:
    """Return the settings; raises SettingsError that lists everything wrong at once."""
    lines, settings = [*_unknown(os.environ)], None
    try:
        settings = Settings()
    except ValidationError as error:
        lines += [
            _said(str(found["loc"][0]), found["msg"], found["input"]) for found in error.errors()
        ]
    if settings is None or lines:
        raise SettingsError("\n".join(["the settings cannot be used:", *lines]))
    return settings


def _unknown(environment: Iterable[str]) -> Iterator[str]:
    """Name what looks like a setting and is none: a misspelt one would be left out unsaid."""
    known = [f"{PREFIX}{name.upper()}" for name in Settings.model_fields]
    for name in sorted(environment):
        if name.startswith(PREFIX) and name.upper() not in known:
            yield f"  {name}: no such setting{did_you_mean(name, known) or '; unset it'}"


def _said(name: str, problem: str, given: object) -> str:
    shown = f' ("{given}")' if Settings.model_fields[name].repr else ""
    said = problem.removeprefix("Value error, ")
    return f"  {PREFIX}{name.upper()}: {said[:1].lower()}{said[1:]}{shown}"
