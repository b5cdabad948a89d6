"""Times that others wrote."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sms_operator.core.moment import END_OF_TIME, parse_stamp


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2016-12-31T23:59:59Z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2016-12-31t23:59:59z", datetime(2016, 12, 31, 23, 59, 59, tzinfo=UTC)),
        ("2016-12-31T23:59:59.5Z", datetime(2016, 12, 31, 23, 59, 59, 500000, tzinfo=UTC)),
        ("2016-12-31T23:59:59+05:30", datetime(2016, 12, 31, 23, 59, 59, tzinfo=timezone(timedelta(hours=5.5)))),
    ],
)
def test_times_of_rfc_3339(text: str, moment: datetime) -> None:
    """Read in every form that the API server stores."""
    assert parse_stamp(text) == moment


@pytest.mark.parametrize("text", ["", "soon", "0000-01-01T00:00:00Z", "2016-12-31T23:59:60Z", "2016-12-31T23:59:59"])
def test_times_that_cannot_be_read(text: str) -> None:
    """Never an exception: one odd status must not keep an object from being served."""
    assert parse_stamp(text) == END_OF_TIME
