"""Times in PDUs (SMPP 3.4, section 7.1.1)."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sms_operator.dev.smsc.times import absolute, moment

NOW = datetime(2026, 11, 23, 12, 0, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("", None),
        ("000000001530000R", NOW + timedelta(minutes=15, seconds=30)),
        ("000107000000000R", NOW + timedelta(days=37)),
        ("261123120000000+", NOW),
        ("261123130000004+", NOW),
        ("261123110000004-", NOW),
        ("261123120000900+", NOW + timedelta(seconds=0.9)),
    ],
)
def test_what_a_time_means(text: str, meant: datetime | None) -> None:
    """Relative to now, or absolute with quarters of an hour from UTC."""
    assert moment(text, NOW) == meant


@pytest.mark.parametrize("text", ["now", "261123120000000", "261123120000049+", "261123120000000Z", "261323120000000+"])
def test_no_time(text: str) -> None:
    """Too short, too far from UTC, without a sign, no month."""
    with pytest.raises(ValueError, match=r".+"):
        moment(text, NOW)


@given(st.timedeltas(timedelta(days=-9000), timedelta(days=26_000)))
def test_round_trip(distance: timedelta) -> None:
    """To a tenth of a second, in the years of which two digits are enough."""
    at = NOW + distance
    read = moment(absolute(at), NOW)
    assert read is not None
    assert timedelta(0) <= at - read < timedelta(seconds=0.1)
