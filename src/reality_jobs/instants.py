"""Date-times as exact counts of 100 ns ticks: text to ticks and back.

`datetime` holds microseconds and truncates; the services emit seven fraction digits. So nothing here passes through
it but the calendar check.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime

SECOND = 10_000_000
DAY = 86_400 * SECOND
MIN_TICKS = (date.min.toordinal() - date(1970, 1, 1).toordinal()) * DAY
MAX_TICKS = (date.max.toordinal() + 1 - date(1970, 1, 1).toordinal()) * DAY - 1

# OData ABNF dateTimeOffsetValue: seconds optional, 1 to 12 fraction digits, "T" and "Z" in either case.
SHAPE = re.compile(
    r"([0-9]{4})-([0-9]{2})-([0-9]{2})[Tt]([0-9]{2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,12}))?)?"
    r"(?:([Zz])|([+-])([0-9]{2}):([0-9]{2}))"
)
_EPOCH = date(1970, 1, 1).toordinal()


def read_ticks(text: str) -> int:
    """The moment that a date-time text names; digits past the seventh are dropped.

    Raises ValueError with the reason, in English, ready to be shown.
    """
    shape = SHAPE.fullmatch(text)
    if shape is None:
        raise ValueError("not a date-time like 2024-06-24T13:00:00Z")
    year, month, day, hour, minute, second, fraction, zulu, sign, hours, minutes = shape.groups()
    if second == "60":
        raise ValueError("a leap second (:60) is not supported; write :59 or the next minute")
    if year == "0000":
        raise ValueError("the year must be between 0001 and 9999")
    if not 1 <= int(month) <= 12:
        raise ValueError(f"there is no month {month}")
    try:
        days = date(int(year), int(month), int(day)).toordinal() - _EPOCH
    except ValueError:
        raise ValueError(f"there is no day {day} in {year}-{month}") from None
    for what, digits, limit in (("hour", hour, 23), ("minute", minute, 59), ("second", second or "00", 59)):
        if int(digits) > limit:
            raise ValueError(f"there is no {what} {digits}")
    ticks = days * DAY + (int(hour) * 3600 + int(minute) * 60 + int(second or 0)) * SECOND
    if fraction:
        ticks += int(fraction[:7].ljust(7, "0"))
    if not zulu:
        if int(hours) > 23 or int(minutes) > 59:
            raise ValueError(f"there is no offset {sign}{hours}:{minutes}; the widest is 23:59")
        offset = (int(hours) * 60 + int(minutes)) * 60 * SECOND
        ticks += -offset if sign == "+" else offset
    if not MIN_TICKS <= ticks <= MAX_TICKS:
        raise ValueError("the year in UTC must be between 0001 and 9999")
    return ticks


def format_ticks(ticks: int) -> str:
    """UTC with `Z` and just the fraction digits it needs: `2024-06-24T13:00:00Z`."""
    days, rest = divmod(ticks, DAY)
    seconds, fraction = divmod(rest, SECOND)
    day = date.fromordinal(days + _EPOCH)
    text = f"{day.isoformat()}T{seconds // 3600:02}:{seconds // 60 % 60:02}:{seconds % 60:02}"
    return f"{text}.{fraction:07}".rstrip("0") + "Z" if fraction else f"{text}Z"


def ticks_of(moment: datetime) -> int:
    """The ticks of an aware datetime, exact to its microsecond."""
    delta = moment.astimezone(UTC) - datetime(1970, 1, 1, tzinfo=UTC)
    return (delta.days * 86_400 + delta.seconds) * SECOND + delta.microseconds * 10
