"""Who may sign in, and as what."""

from dataclasses import dataclass
from datetime import datetime

from sqlmodel import Session, col, select

from tracker.model import Person, Role


@dataclass(frozen=True, slots=True)
class PersonRow:
    """A person with a role."""

    email: str
    issuer: str
    role: Role
    added_at: datetime


def set_role(session: Session, *, email: str, issuer: str, role: Role, at: datetime) -> None:
    """Give a person a role, in place of any other."""
    row = _find(session, email, issuer) or Person(
        email=email.lower(), issuer=issuer, role=role, added_at=at
    )
    row.role = role
    session.add(row)


def end_role(session: Session, *, email: str, issuer: str) -> bool:
    """Take a person's role; return whether there was one. What they reviewed stays."""
    row = _find(session, email, issuer)
    if row is not None:
        session.delete(row)
    return row is not None


def role_of(session: Session, *, email: str, issuer: str) -> Role | None:
    """Return what the person with that verified address, from that provider, may do."""
    row = _find(session, email, issuer)
    return None if row is None else row.role


def permitted(session: Session, name: str, *roles: Role) -> bool:
    """Tell whether somebody of that name may do what these roles may.

    Where nobody has a role, whoever sits at the machine may do everything.
    """
    known = people(session)
    return not known or any(p.email == name.lower() and p.role in roles for p in known)


def people(session: Session) -> list[PersonRow]:
    """Return everybody with a role, by address."""
    rows = session.exec(select(Person).order_by(col(Person.email)))
    return [PersonRow(row.email, row.issuer, row.role, row.added_at) for row in rows]


def _find(session: Session, email: str, issuer: str) -> Person | None:
    return session.exec(
        select(Person).where(Person.email == email.lower(), Person.issuer == issuer)
    ).one_or_none()
