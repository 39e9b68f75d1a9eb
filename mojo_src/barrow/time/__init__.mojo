"""Instants as nanoseconds UTC since 1970: calendar, text forms, patterns, zones."""

from barrow.time.calendar import (
    NANOSECONDS_PER_DAY,
    NANOSECONDS_PER_SECOND,
    Civil,
    civil_from_days,
    days_from_civil,
    days_in_month,
    format_instant,
)
from barrow.time.forms import (
    Instant,
    join_date_and_time,
    parse_date,
    parse_instant,
    parse_time_of_day,
)
from barrow.time.pattern import is_pattern, parse_with_pattern
from barrow.time.zone import Fold, Zone
