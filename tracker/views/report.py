"""What the report behind the recommendations says of those who spoke: its claims, never our findings."""

from dataclasses import dataclass
from datetime import date

TITLE = "Shared Labs, Shared Harm"
PUBLISHED = date(2025, 12, 8)
SOURCE = f"“{TITLE}” (Strategy Risks with the Human Rights Foundation, 8 December 2025), as summarised in the press"


@dataclass(frozen=True, slots=True)
class Reported:
    """A statement the report names; where it gives only a year or month, the time is a span."""

    institution: str
    name: str
    when: str
    begin: date
    end: date


REPORTED = (
    Reported("ai-now-institute", "AI Now Institute", "2019", date(2019, 1, 1), date(2019, 12, 31)),
    Reported(
        "ada-lovelace-institute",
        "Ada Lovelace Institute",
        "June 2022",
        date(2022, 6, 1),
        date(2022, 6, 30),
    ),
    Reported("stanford-hai", "Stanford HAI", "August 2023", date(2023, 8, 1), date(2023, 8, 31)),
)
