"""The page of a report in a real browser: phone and desktop, light and dark."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from noxlock.report import FORMS, Shown
from support.reports import SAME, evidence, full_report, report

if TYPE_CHECKING:
    from pathlib import Path

    from selenium.webdriver import Chrome

pytestmark = [pytest.mark.browser, pytest.mark.slow]

LONG = "a_long_name_without_any_place_to_break_it_" * 4
SIZES = [(360, 800), (1280, 900)]


@pytest.fixture(name="address", scope="module")
def _address(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Write a page that has everything; return its address."""
    path: Path = tmp_path_factory.mktemp("page") / "report.html"
    everything = full_report(
        check=LONG,
        outputs=(
            *full_report().outputs,
            *full_report(outputs=(report(SAME).outputs[0],)).outputs,
        ),
        next=(f"noxlock report {LONG}",),
    )
    with path.open("w", encoding="utf-8") as stream:
        shown = [
            Shown(report=everything, evidence=evidence()),
            Shown(report=report(SAME)),
        ]
        FORMS["html"].write(shown, stream, {})
    return path.as_uri()


def show(chrome: Chrome, address: str, size: tuple[int, int], mode: str) -> None:
    """Open the page in a window of *size*, as one who likes *mode* has it."""
    chrome.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {
            "width": size[0],
            "height": size[1],
            "deviceScaleFactor": 1,
            "mobile": size[0] < 500,
        },
    )
    feature = {"name": "prefers-color-scheme", "value": mode}
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"features": [feature]})
    chrome.get(address)


def logged(chrome: Chrome, kind: str) -> list[dict[str, Any]]:
    """Return what the browser has logged since it was last asked."""
    entries: list[dict[str, Any]] = chrome.get_log(kind)  # type: ignore[no-untyped-call] # selenium has no type for it
    return entries


def open_all(chrome: Chrome) -> None:
    """Open every part of the page that is folded."""
    chrome.execute_script(
        "document.querySelectorAll('details').forEach(one => one.open = true)"
    )


def asked(chrome: Chrome, script: str) -> Any:  # noqa: ANN401 - whatever it returns
    return chrome.execute_script(f"return {script}")


@pytest.mark.parametrize("mode", ["light", "dark"])
@pytest.mark.parametrize("size", SIZES, ids=["phone", "desktop"])
def test_nothing_is_requested_and_nothing_complains(
    chrome: Chrome, address: str, size: tuple[int, int], mode: str
) -> None:
    chrome.get("about:blank")
    logged(chrome, "performance")
    logged(chrome, "browser")
    show(chrome, address, size, mode)
    assert logged(chrome, "browser") == []
    messages = [
        json.loads(entry["message"])["message"]
        for entry in logged(chrome, "performance")
    ]
    requested = [
        message["params"]["request"]["url"]
        for message in messages
        if message["method"] == "Network.requestWillBeSent"
    ]
    assert [url for url in requested if not url.startswith("data:")] == [address]


@pytest.mark.parametrize("size", SIZES, ids=["phone", "desktop"])
def test_nothing_has_to_be_scrolled_sideways(
    chrome: Chrome, address: str, size: tuple[int, int]
) -> None:
    show(chrome, address, size, "light")
    open_all(chrome)
    assert asked(chrome, "document.documentElement.scrollWidth") <= size[0]
    outside = asked(
        chrome,
        """[...document.querySelectorAll('main *')].filter(one =>
            !one.closest('.scroll, pre, .diff, .hidden') &&
            one.getBoundingClientRect().right > innerWidth + 1
        ).map(one => one.outerHTML.slice(0, 100))""",
    )
    assert outside == []


def luminance(colour: str) -> float:
    """Return the relative luminance of `rgb(r, g, b)`, as WCAG 2 has it."""
    parts = colour.partition("(")[2].rstrip(")").split(",")[:3]
    linear = [
        value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4
        for value in (float(part) / 255 for part in parts)
    ]
    return sum(a * b for a, b in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


@pytest.mark.parametrize("mode", ["light", "dark"])
def test_texts_have_the_contrast_that_readers_need(
    chrome: Chrome, address: str, mode: str
) -> None:
    show(chrome, address, SIZES[1], mode)
    open_all(chrome)
    pairs = asked(
        chrome,
        """[...new Set([...document.querySelectorAll('body *')].filter(one =>
            [...one.childNodes].some(node => node.nodeType == 3 && node.data.trim())
        ).map(one => {
            let at = one, clear = 'rgba(0, 0, 0, 0)';
            while (at && getComputedStyle(at).backgroundColor == clear)
                at = at.parentElement;
            return JSON.stringify([getComputedStyle(one).color,
                getComputedStyle(at || document.body).backgroundColor]);
        }))].map(JSON.parse)""",
    )
    assert len(pairs) > 8
    for pair in pairs:
        darker, lighter = sorted(map(luminance, pair))
        # WCAG 2, 1.4.3: "a contrast ratio of at least 4.5:1".
        assert (lighter + 0.05) / (darker + 0.05) >= 4.5, pair


def test_dark_mode_is_dark(chrome: Chrome, address: str) -> None:
    background = "getComputedStyle(document.body).backgroundColor"
    show(chrome, address, SIZES[0], "light")
    light = luminance(asked(chrome, background))
    show(chrome, address, SIZES[0], "dark")
    dark = luminance(asked(chrome, background))
    assert light > 0.8
    assert dark < 0.05


def test_every_section_is_seen_and_has_a_heading(chrome: Chrome, address: str) -> None:
    show(chrome, address, SIZES[1], "light")
    found = asked(
        chrome,
        """Object.fromEntries([...document.querySelectorAll('#check-1 section')].map(
            one => [one.className, one.querySelector('h3').innerText]))""",
    )
    assert found == {
        "causes": "Changed since the baseline, most suspect first",
        "warnings": "Warnings",
        "log": "The end of its log",
        "next": "Next",
        "outputs": "Outputs",
        "variations": "Under other surroundings",
        "history": "Accepted baselines",
        "record": "The record",
    }
    assert asked(chrome, "document.title") == "2 checks - noxlock"
    assert "ValueError: <b>no</b>" in asked(chrome, "document.body.innerText")


def test_images_are_there_and_plots_are_drawn(chrome: Chrome, address: str) -> None:
    show(chrome, address, SIZES[0], "light")
    images = asked(
        chrome,
        "[...document.images].map(one => [one.complete, one.naturalWidth, one.alt])",
    )
    assert [each[:2] for each in images] == [[True, 48]] * 3
    assert all(each[2] for each in images)
    boxes = asked(
        chrome,
        """[...document.querySelectorAll('svg[role=img]')].map(one =>
            [one.getBoundingClientRect().width, one.querySelectorAll('path').length]
        )""",
    )
    assert len(boxes) == 3
    assert all(width > 250 and paths >= 2 for width, paths in boxes)
    bars = asked(
        chrome,
        "[...document.querySelectorAll('.bar rect')].map(one => one.getBBox().width)",
    )
    assert bars[0] > bars[1] > bars[2] > 0


def test_details_open_by_keyboard(chrome: Chrome, address: str) -> None:
    from selenium.webdriver.common.by import By  # noqa: PLC0415 - an import that skips
    from selenium.webdriver.common.keys import Keys  # noqa: PLC0415

    show(chrome, address, SIZES[0], "light")
    is_open = "document.querySelector('#check-1 .record details').open"
    assert asked(chrome, is_open) is False
    summary = chrome.find_element(By.CSS_SELECTOR, "#check-1 .record summary")
    summary.send_keys(Keys.ENTER)
    assert asked(chrome, is_open) is True
    table = chrome.find_element(By.CSS_SELECTOR, "#check-1 .record .facts")
    assert "1.14.1" in table.text
    opened = asked(
        chrome, "[...document.querySelectorAll('.output')].map(one => one.open)"
    )
    assert opened[:3] == [True, True, True]
    assert opened[-1] is False


def test_what_is_printed_is_opened(chrome: Chrome, address: str) -> None:
    from selenium.webdriver.support.wait import WebDriverWait  # noqa: PLC0415

    show(chrome, address, SIZES[1], "light")
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": "print"})
    facts = "document.querySelector('#check-1 .record .facts')"
    # The browser applies the medium with its next frame.
    WebDriverWait(chrome, 10).until(
        lambda _: asked(chrome, f"{facts}.checkVisibility()")
    )
    chrome.execute_cdp_cmd("Emulation.setEmulatedMedia", {"media": ""})
