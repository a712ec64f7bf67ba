"""`tracker people`: who may sign in to review."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from tracker.commands.shared import Json, WrongInputError, open_store, print_rows
from tracker.model import Role
from tracker.settings import load_settings
from tracker.store.people import end_role, people, set_role

app = typer.Typer(help="Who may sign in to review.", no_args_is_help=True)

WELL_KNOWN = "/.well-known/openid-configuration"
Email = Annotated[str, typer.Argument(help="As the provider knows it.")]
Issuer = Annotated[
    str,
    typer.Option("--issuer", help="Of the identity; that of TRACKER_OIDC_METADATA_URL if unset."),
]


@app.command("add")
def people_add(
    email: Email,
    role: Annotated[
        Role, typer.Option("--role", help="An admin also decides on replies.")
    ] = Role.REVIEWER,
    issuer: Issuer = "",
) -> None:
    """Give a person a role, or another one."""
    if "@" not in email:
        raise WrongInputError(f"{email} is no e-mail address")
    given = _issuer(issuer)
    with open_store().transaction() as session:
        set_role(session, email=email, issuer=given, role=role, at=datetime.now(UTC))
    print(f"{email} may sign in through {given} as {role}")


@app.command("remove")
def people_remove(email: Email, issuer: Issuer = "") -> None:
    """Take a person's role; what they reviewed stays."""
    with open_store().transaction() as session:
        if not end_role(session, email=email, issuer=_issuer(issuer)):
            raise WrongInputError(f"{email} has no role; `tracker people list` names who has")
    print(f"{email} may no longer sign in")


@app.command("list")
def people_list(as_json: Json = False) -> None:
    """List who may sign in."""
    with open_store().transaction() as session:
        rows = [
            {
                "email": p.email,
                "role": str(p.role),
                "issuer": p.issuer,
                "since": p.added_at.isoformat(),
            }
            for p in people(session)
        ]
    columns = ["email", "role", "issuer", "since"]
    print_rows(
        rows,
        columns,
        as_json=as_json,
        as_csv=False,
        title="People with a role",
        none="nobody yet; `tracker people add` gives somebody one",
    )


def _issuer(given: str) -> str:
    issuer = given or load_settings().oidc_metadata_url.removesuffix(WELL_KNOWN)
    if not issuer:
        raise WrongInputError("--issuer: say whose sign-in it is, or set TRACKER_OIDC_METADATA_URL")
    return issuer
