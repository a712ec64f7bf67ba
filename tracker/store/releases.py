"""Releases as rows: what was frozen is never written again."""

import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlmodel import Session, col, select

from tracker.archive import pack_text, unpack_text
from tracker.model import Release


@dataclass(frozen=True, slots=True)
class ReleaseRow:
    """A release, without its data."""

    id: str
    at: datetime
    note: str
    sha256: str


def releases(session: Session) -> list[ReleaseRow]:
    """Return every release, oldest first."""
    columns = select(Release.id, Release.at, Release.note, Release.sha256)
    return [ReleaseRow(*row) for row in session.exec(columns.order_by(col(Release.at)))]


def record_release(
    session: Session, frozen: Mapping[str, Any], *, sha256: str, note: str, at: datetime
) -> ReleaseRow:
    """Freeze the data under the next id of the month, such as 2026.11.2, and return the release."""
    month = f"{at.year}.{at.month}"
    earlier = sum(row.id.startswith(f"{month}.") for row in releases(session))
    body = pack_text(json.dumps(frozen, ensure_ascii=False))
    row = Release(id=f"{month}.{earlier + 1}", at=at, note=note, sha256=sha256, body=body)
    session.add(row)
    session.flush()
    return ReleaseRow(row.id, at, note, sha256)


def frozen_data(session: Session, release_id: str) -> dict[str, Any]:
    """Return what a release froze; raises sqlalchemy.exc.NoResultFound for an unknown id."""
    found: dict[str, Any] = json.loads(unpack_text(session.get_one(Release, release_id).body))
    return found
