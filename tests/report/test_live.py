"""Progress: bars on a terminal, plain lines in a log."""

from __future__ import annotations

import io
import threading
from itertools import count

import pytest

from noxlock.report import Quiet, Task, make_progress
from noxlock.report.live import LiveProgress, PlainProgress


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


@pytest.mark.parametrize(
    ("stream", "environ", "kind"),
    [
        (io.StringIO(), {}, PlainProgress),
        (Terminal(), {}, LiveProgress),
        (Terminal(), {"CI": "false"}, LiveProgress),
        (Terminal(), {"CI": "true"}, PlainProgress),
        (Terminal(), {"TERM": "dumb"}, PlainProgress),
        (io.StringIO(), {"FORCE_COLOR": "1"}, PlainProgress),
    ],
)
def test_bars_are_for_terminals_only(
    stream: io.StringIO, environ: dict[str, str], kind: type
) -> None:
    assert type(make_progress(stream, environ)) is kind


def plain(stream: io.StringIO) -> PlainProgress:
    ticks = count(step=2)
    return PlainProgress(stream, {}, clock=lambda: float(next(ticks)))


def test_a_log_has_a_line_where_a_step_begins_and_one_where_it_ends() -> None:
    stream = io.StringIO()
    shown = plain(stream)

    with shown.task("Downloading", total=3_000_000, unit="bytes") as task:
        task.advance(1_000_000)
        task.advance(2_000_000)
    with shown.task("Linking", total=4) as task:
        task.advance()
    with shown.task("Waiting", unit="bytes"), shown.task("Counting"):
        pass

    assert stream.getvalue().splitlines() == [
        "Downloading ...",
        "Downloading: done, 3.0 MB of 3.0 MB, 2.0 s",
        "Linking ...",
        "Linking: done, 1 of 4 items, 2.0 s",
        "Waiting ...",
        "Counting ...",
        "Counting: done, 0 items, 2.0 s",
        "Waiting: done, 0 bytes, 6.0 s",
    ]


def test_a_step_that_fails_says_how_far_it_came() -> None:
    stream = io.StringIO()

    def fail() -> None:
        with plain(stream).task("Linking", total=4) as task:
            task.advance(3)
            raise OSError

    with pytest.raises(OSError, match=r"^$"):
        fail()
    assert stream.getvalue().endswith("Linking: stopped at 3 of 4 items, 2.0 s\n")


def test_lines_are_said_as_they_are() -> None:
    stream = io.StringIO()
    shown = plain(stream)
    shown.say("[bold]x[/bold] " + "long " * 60)
    shown.warn("careful :warning:")
    assert stream.getvalue() == (
        "[bold]x[/bold] " + "long " * 60 + "\nwarning: careful :warning:\n"
    )


def advance(task: Task) -> None:
    for _ in range(500):
        task.advance()


def test_counts_are_right_from_many_threads() -> None:
    stream = io.StringIO()
    with plain(stream).task("Linking") as task:
        threads = [threading.Thread(target=advance, args=(task,)) for _ in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert "done, 2000 items" in stream.getvalue()


def test_bars_of_several_steps_share_one_view_and_go_away() -> None:
    stream = Terminal()
    shown = LiveProgress(stream, {"TERM": "xterm", "COLUMNS": "120"})

    with (
        shown.task("Downloading [x]", total=2_000_000, unit="bytes") as one,
        shown.task("Linking") as other,
    ):
        one.advance(1_000_000)
        other.advance(3)
        shown.say("a line between")
    with shown.task("Again", total=1):
        pass

    text = stream.getvalue()
    assert "Downloading [x]" in text
    assert "a line between" in text
    assert "Again" in text


def test_the_parts_get_standard_error(capsys: pytest.CaptureFixture[str]) -> None:
    make_progress().say("hello")
    captured = capsys.readouterr()
    assert (captured.out, captured.err) == ("", "hello\n")


def test_quiet_says_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    quiet = Quiet()
    quiet.say("a")
    quiet.warn("b")
    with quiet.task("c", total=1) as task:
        task.advance()
    assert capsys.readouterr() == ("", "")


def test_a_long_line_is_broken_between_words_on_a_terminal() -> None:
    stream = Terminal()
    environ = {"TERM": "xterm", "COLUMNS": "20"}
    make_progress(stream, environ).say(
        "one two three four five six/seven/eight/nine/ten"
    )

    assert stream.getvalue().splitlines() == [
        "one two three four",
        "five",
        "six/seven/eight/nine/ten",
    ]


def test_a_log_is_not_a_window() -> None:
    stream = io.StringIO()
    make_progress(stream, {"COLUMNS": "20"}).say("one two three four five six")

    assert stream.getvalue() == "one two three four five six\n"
