"""One frozen Settings from the environment. Read by entry points only, then passed in."""

from pathlib import Path
from typing import Annotated

from pydantic import Field, ValidationError, field_validator
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from tracker.standing import Gate


class Settings(BaseSettings):
    """Every setting, from variables named TRACKER_…; see README, "Settings"."""

    model_config = SettingsConfigDict(env_prefix="TRACKER_", frozen=True, extra="ignore")

    database_url: str | None = None
    data_dir: Path = Path("data")
    sources: Path = Path("sources.yaml")
    contact: str = ""
    download_delay: Annotated[float, Field(ge=0)] = 1.0
    allow_hosts: Annotated[frozenset[str], NoDecode] = frozenset()
    max_bytes: Annotated[int, Field(gt=0)] = 30_000_000
    timeout: Annotated[float, Field(gt=0)] = 30.0
    web_archive: str = "https://web.archive.org/cdx/search/cdx"
    public_url: str = "http://127.0.0.1:8501"
    chromium: str = ""
    ocr: bool = False
    calibration: Path | None = None  # a file of `tracker train` that rates codings
    smtp_url: str = ""
    mail_from: str = ""
    unsubscribe_mail: Annotated[str, Field(pattern=r"^$|^[^@\s<>?,]+@[^@\s<>?,]+$")] = ""
    secret: str = ""
    operator: str = ""
    oidc_metadata_url: str = ""  # of the provider that reviewers sign in with
    oidc_client_id: str = ""
    oidc_client_secret: Annotated[str, Field(repr=False)] = ""
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


class SettingsError(Exception):
    """Variables of the environment cannot be used; the message lists each with its remedy."""


def load_settings() -> Settings:
    """Return the settings; raises SettingsError that lists everything wrong at once."""
    try:
        return Settings()
    except ValidationError as error:
        lines = [
            f"  TRACKER_{str(problem['loc'][0]).upper()}: {problem['msg'].lower()} "
            f'("{problem["input"]}")'
            for problem in error.errors()
        ]
        raise SettingsError("\n".join(["the settings cannot be used:", *lines])) from None
