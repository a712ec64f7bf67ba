"""Who is watched."""

from dataclasses import dataclass

from sqlmodel import Session, col, select

from tracker.model import Institution


@dataclass(frozen=True, slots=True)
class InstitutionRow:
    """An institution as it is listed."""

    key: str
    name: str
    kind: str
    country: str
    homepage: str
    parent: str | None
    why_in_scope: str
    group: str
    hosts: tuple[str, ...]


def institution_rows(session: Session) -> list[InstitutionRow]:
    """Return every listed institution, by name."""
    rows = session.exec(
        select(Institution).where(col(Institution.listed)).order_by(Institution.name)
    )
    return [
        InstitutionRow(
            key=row.key,
            name=row.name,
            kind=str(row.kind),
            country=row.country,
            homepage=row.homepage,
            parent=row.parent_key,
            why_in_scope=row.why_in_scope,
            group=row.group,
            hosts=tuple(row.hosts),
        )
        for row in rows
    ]
