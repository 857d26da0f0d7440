"""The bars of long steps, as rich draws them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from rich.progress import (
    BarColumn,
    Progress,
    ProgressColumn,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
)
from rich.text import Text

from noxlock.report.live import amount_of

if TYPE_CHECKING:
    from rich.console import Console
    from rich.progress import Task

__all__ = ["make_bars"]


class _Amount(ProgressColumn):
    def render(self, task: Task) -> Text:
        """Return what is done of a bar."""
        total = None if task.total is None else int(task.total)
        return Text(amount_of(int(task.completed), total, task.fields["unit"]))


def make_bars(console: Console) -> Progress:
    """Return bars that go away when they have ended."""
    return Progress(
        SpinnerColumn(),
        TextColumn("{task.description}", markup=False),
        BarColumn(bar_width=30),
        _Amount(),
        TimeElapsedColumn(),
        console=console,
        transient=True,
    )
