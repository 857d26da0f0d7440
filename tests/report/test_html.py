"""The report as one page: complete, small, and safe whatever the files hold."""

from __future__ import annotations

import html
import io
import math
from html.parser import HTMLParser
from typing import TYPE_CHECKING

import msgspec
import pytest

from noxlock.model import (
    Cause,
    CauseKind,
    HistoryEntry,
    OutputChange,
    OutputReport,
    PackageChange,
    Part,
    Verdict,
    Warned,
)
from noxlock.model.preview import Curve, Evidence, ImagePair, Preview
from noxlock.report import FORMS, Shown
from support.reports import (
    GONE,
    PNG,
    SAME,
    difference,
    drift,
    evidence,
    full_record,
    full_report,
    package,
    record,
    report,
)

if TYPE_CHECKING:
    from noxlock.model import CheckReport

EMPTY = {"meta", "link", "img", "path", "rect", "br"}
EVIL = "\"'><script>alert(1)</script><img src=x onerror=alert(1)>&lt;{{ 7*7 }}\x1b"


class Page(HTMLParser):
    """Collects the tags of a page, and checks that they fit together."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag."""
        self.tags.append(tag)
        self.attributes += attrs
        if tag not in EMPTY:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag that closes itself."""
        self.tags.append(tag)
        self.attributes += attrs

    def handle_endtag(self, tag: str) -> None:
        """Check that it closes the last one."""
        assert self.open.pop() == tag

    def values(self, name: str) -> list[str | None]:
        """Return every value of an attribute."""
        return [value for key, value in self.attributes if key == name]


def page(*shown: Shown) -> tuple[str, Page]:
    stream = io.StringIO()
    FORMS["html"].write(shown, stream, {})
    parsed = Page()
    parsed.feed(stream.getvalue())
    parsed.close()
    assert parsed.open == []
    ids = parsed.values("id")
    assert len(set(ids)) == len(ids)
    assert set(parsed.values("aria-labelledby")) <= set(ids)
    return stream.getvalue(), parsed


def one(found: CheckReport, beside: Evidence | None = None) -> str:
    return page(Shown(report=found, evidence=beside or Evidence()))[0]


def test_the_page_holds_everything_and_loads_nothing() -> None:
    text, parsed = page(Shown(report=full_report(), evidence=evidence()))

    for section in (
        "causes",
        "warnings",
        "log",
        "next",
        "outputs",
        "variations",
        "history",
        "record",
    ):
        assert f'<section class="{section}"' in text
    assert "script" not in parsed.tags
    assert {"img", "svg", "details", "table", "figure"} <= set(parsed.tags)
    assert "default-src 'none'" in text
    for name in ("src", "href"):
        assert all(
            (value or "").startswith(("data:", "#")) for value in parsed.values(name)
        )
    assert "url(" not in text
    assert "@import" not in text
    assert len(text) < 200_000


def test_headings_go_down_one_by_one() -> None:
    for shown in (
        [Shown(report=full_report(), evidence=evidence())],
        [Shown(report=full_report()), Shown(report=report(SAME))],
    ):
        _, parsed = page(*shown)
        levels = [int(tag[1]) for tag in parsed.tags if tag in {"h1", "h2", "h3", "h4"}]
        assert levels[0] == 1
        assert levels.count(1) == 1


def test_every_image_and_plot_says_what_it_shows() -> None:
    _, parsed = page(Shown(report=full_report(), evidence=evidence()))
    assert len(parsed.values("alt")) == parsed.tags.count("img") == 3
    assert all(parsed.values("alt"))
    assert parsed.values("role").count("img") == 3


def test_several_checks_are_one_page_with_those_that_fail_first() -> None:
    text, parsed = page(
        Shown(report=report(SAME)), Shown(report=full_report()), Shown(report=report())
    )
    assert parsed.values("href").count("#check-1") == 1
    assert "<h1>3 checks</h1>" in text
    assert text.index("≠") < text.index('id="check-3"')
    assert page()[0].count("<h1>0 checks</h1>") == 1


def test_a_check_without_a_baseline_shows_one_record() -> None:
    text = one(report(reason="there is no baseline", actual=full_record()))
    assert "there is no baseline" in text
    assert '<th scope="col">baseline</th>' not in text
    assert '<th scope="col">value</th>' in text


def test_a_drift_without_any_change_says_so() -> None:
    same = record()
    text = one(report(drift(), baseline=same, actual=same))
    assert "machine fact that is recorded has changed" in text


@pytest.mark.parametrize("verdict", list(Verdict))
def test_a_verdict_is_never_told_by_colour_alone(verdict: Verdict) -> None:
    text = one(report(msgspec.structs.replace(SAME, verdict=verdict)))
    words = verdict.replace("-", " ")
    assert f"</span> {words}</span>" in text


def test_flaky_is_told() -> None:
    assert '<span aria-hidden="true">~</span> flaky</span>' in one(
        report(SAME, flaky=True)
    )


def test_markup_in_names_and_texts_is_text() -> None:
    part = Part(
        key=EVIL,
        verdict=Verdict.DRIFTED,
        dtype=EVIL,
        reason=EVIL,
        difference=difference(EVIL),
    )
    unread = Part(key=EVIL, verdict=Verdict.NOT_COMPARABLE, reason=EVIL)
    place = msgspec.structs.replace(
        difference().worst, where=EVIL, baseline=EVIL, actual=EVIL
    )
    output = OutputReport(
        output=EVIL,
        verdict=Verdict.DRIFTED,
        format=EVIL,
        reason=EVIL,
        difference=difference(EVIL, worst=place, first=place, ulp=None),
        parts=(part, unread),
        diff=(f"- {EVIL}", f"+ {EVIL}x", f"  {EVIL}", EVIL),
    )
    entry = HistoryEntry(
        created=EVIL,
        commit=EVIL,
        outputs=(OutputChange(output=EVIL, verdict=None, summary=EVIL, sha256=None),),
        packages=(PackageChange(name=EVIL, old=EVIL, new=None),),
        facts=(EVIL,),
        record=EVIL,
    )
    evil_record = full_record(
        package(EVIL, EVIL),
        command=(EVIL,),
        created=EVIL,
        commit=EVIL,
        machine={EVIL: EVIL},
        unmet=(EVIL,),
        warnings=(Warned(category=EVIL, message=EVIL),),
        profile_name=EVIL,
    )
    variation = msgspec.structs.replace(
        full_report().variations[1], axis=EVIL, value=EVIL, outputs=(output,)
    )
    found = full_report(
        check=EVIL,
        outputs=(output,),
        baseline=full_record(package(EVIL, "1")),
        actual=evil_record,
        causes=(Cause(kind=CauseKind.INPUT, name=EVIL, old=EVIL, new=EVIL, why=EVIL),),
        variations=(variation, msgspec.structs.replace(variation, reason=EVIL)),
        new_warnings=evil_record.warnings,
        gone_warnings=evil_record.warnings,
        history=(entry,),
        next=(EVIL,),
    )
    curve = msgspec.structs.replace(evidence().previews[0].curves[0], key=EVIL)
    image = ImagePair(key=EVIL, width=1, height=1, baseline=PNG, actual=PNG)
    beside = Evidence(
        previews=(Preview(output=EVIL, curves=(curve,), images=(image,)),), log=(EVIL,)
    )
    text, parsed = page(Shown(report=found, evidence=beside))

    assert "script" not in parsed.tags
    assert parsed.tags.count("img") == 2
    assert not any(name.startswith("on") for name, _ in parsed.attributes)
    assert "\x1b" not in text
    assert "{{ 7*7 }}" in text
    assert "49" not in text.partition("</title>")[0]


def test_the_page_stays_small_whatever_the_files_hold() -> None:
    long = "x" * 1_000_000
    output = OutputReport(
        output=long[:5000],
        verdict=Verdict.DRIFTED,
        reason=long,
        difference=difference(long),
        parts=tuple(
            Part(key=f"part {number}", verdict=Verdict.IDENTICAL)
            for number in range(5000)
        ),
        diff=tuple(f"+ line {number} {long[:9000]}" for number in range(1000)),
    )
    text = one(
        report(output, actual=full_record(command=(long,))), Evidence(log=(long,))
    )
    assert "and 4800 parts more, in report.json" in text
    assert "and 600 lines more, in report.json" in text
    assert len(text) < 2_000_000


def test_only_the_first_outputs_that_fail_are_open() -> None:
    text = one(report(*(drift(f"{number}.npy") for number in range(9)), SAME))
    assert text.count('<details class="output drifted" open>') == 5
    assert text.count('<details class="output drifted">') == 4
    assert text.count('<details class="output identical">') == 1


def test_values_that_cannot_be_drawn_are_left_out() -> None:
    def curve(*values: float, **changed: object) -> Curve:
        made = Curve(
            key="k",
            dtype="float64",
            total=len(values),
            places=tuple(range(len(values))),
            baseline=values,
            actual=tuple(-value for value in values),
            worst=0,
        )
        return msgspec.structs.replace(made, **changed)

    for drawn in (
        curve(math.nan, math.nan),
        curve(math.inf, -math.inf, math.nan),
        curve(1.0),
        curve(0.0, 0.0),
        curve(5e-324, 5e-324),
        curve(1.7e308, -1.7e308),
        curve(1.0, math.nan, 2.0, allowed=(0.1, math.nan, math.inf)),
        curve(1.0, 2.0, worst=None),
        curve(1.0, 2.0, worst=17),
    ):
        beside = Evidence(previews=(Preview(output="weights.npy", curves=(drawn,)),))
        text = one(report(drift()), beside)
        assert "nan " not in text.partition("<svg")[2].partition("</svg>")[0]


def test_a_missing_output_has_no_figures() -> None:
    text = one(report(GONE))
    assert "log.txt: the output is missing" in text
    assert "<dl" not in text


def test_warnings_that_the_baseline_has_too_are_shown_where_the_check_fails() -> None:
    heading = "warning, as in the baseline:</b> sklearn.exceptions.ConvergenceWarning"
    old = full_record()
    assert heading in one(report(drift(), baseline=old, actual=old))
    assert heading not in one(report(SAME, baseline=old, actual=old))


def test_a_drift_that_no_fact_explains_counts_no_changed_fact() -> None:
    old = full_record()
    new = full_record(created="2026-11-21T02:00:00Z", outputs={"weights.npy": "d" * 64})
    text = one(report(drift(), baseline=old, actual=new))
    assert "No input, package, interpreter" in text
    assert 'surroundings <span class="count">0 changed</span>' in text


def test_the_page_says_what_p_is() -> None:
    note = "p = 0.0002 &lt; alpha 0.01"
    at = difference().worst
    noisy = difference(worst=msgspec.structs.replace(at, note=html.unescape(note)))
    found = msgspec.structs.replace(drift(), difference=noisy)
    assert f"(relative 4e-5, 336 ULP), {note}</td>" in one(report(found))


def test_a_histogram_of_equal_values_alone_is_not_drawn() -> None:
    title = "Values by distance in ULP"
    for histogram, unsized, drawn in (
        ((9,), 0, False),
        ((9,), 1, True),
        ((1, 1), 0, True),
    ):
        found = difference(histogram=histogram, unsized=unsized)
        output = msgspec.structs.replace(drift(), difference=found)
        assert (title in one(report(output))) is drawn
