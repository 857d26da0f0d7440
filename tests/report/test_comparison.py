"""What a comparison of two files says on one screen."""

from __future__ import annotations

import io

import msgspec

from noxlock.report.comparison import write_comparison
from support.reports import difference, drift


def test_a_long_histogram_is_told_by_its_ends() -> None:
    found = difference(histogram=(100, *range(1, 16)))
    stream = io.StringIO()
    output = msgspec.structs.replace(drift(), difference=found)
    write_comparison([output], stream, {})
    (line,) = [each for each in stream.getvalue().splitlines() if "ULP of" in each]
    assert line.split()[3::3] == [
        "0",
        "1",
        "2-3",
        "4-7",
        "8-15",
        "...",
        "16,384-32,767",
    ]
    # All 220 values are counted.
    assert sum(int(count) for count in line.split()[5::3]) == sum(found.histogram)
