"""The hours of the day in which `tracker watch` and workers read, such as `22-6 Europe/Berlin`. Pure."""

import re
from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

FORM = re.compile(r"([01]?\d|2[0-3])-([01]?\d|2[0-3])(?: +(\S+))?")


def parse_hours(text: str) -> tuple[int, int, tzinfo]:
    """Return when reading begins, when it ends, and by which clock; UTC where none is named.

    Raises ValueError where it is not of that form, or nobody knows the time zone.
    """
    found = FORM.fullmatch(text)
    if not found:
        raise ValueError("not hours; write 22-6 (in UTC), or 22-6 Europe/Berlin")
    try:
        zone = ZoneInfo(found[3]) if found[3] else UTC
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(
            "names no time zone that this machine knows; write one such as Europe/Berlin"
        ) from None
    return int(found[1]), int(found[2]), zone


def opens(hours: str, at: datetime) -> datetime:
    """Return from when on reading is allowed: now within the hours, or where there are none, else when they begin."""
    if not hours:
        return at
    first, last, zone = parse_hours(hours)
    here = at.astimezone(zone)
    within = first <= here.hour < last if first < last else here.hour >= first or here.hour < last
    if within:
        return at
    begins = here.replace(hour=first, minute=0, second=0, microsecond=0)
    return (begins + timedelta(days=begins <= here)).astimezone(UTC)  # by the clock on the wall
