"""The record of a run: where its outputs come from, to be understood years later."""

from __future__ import annotations

from msgspec import field

from noxlock.model.tolerance import Tolerances
from noxlock.model.verdict import OutputReport, Value, Verdict

__all__ = [
    "ArraySummary",
    "HistoryEntry",
    "Noise",
    "OutputChange",
    "PackageChange",
    "PackageRecord",
    "Record",
    "Resources",
    "Warned",
]


class PackageRecord(Value, frozen=True, kw_only=True):
    """One artifact that was installed when the record was made."""

    name: str
    version: str | None
    kind: str
    artifact: str | None
    sha256: str | None
    built: bool = False
    """Built on this machine from source: its bytes are not pinned by the lock."""
    note: str = ""
    """How it was built, where the lock does not say all of that either."""


class Warned(Value, frozen=True, kw_only=True):
    """A warning that the reference raised."""

    category: str
    """`sklearn.exceptions.ConvergenceWarning`."""
    message: str
    """Its first lines; no path of this machine."""
    count: int = 1


class Resources(Value, frozen=True, kw_only=True):
    """What one run took."""

    seconds: float
    """Wall time."""
    peak_memory: int | None = None
    """Bytes: largest resident set of any of its processes."""


class Noise(Value, frozen=True, kw_only=True):
    """How far runs in the same surroundings lie apart."""

    runs: int
    verdict: Verdict
    """The worst between the first run and another one."""
    outputs: tuple[OutputReport, ...]
    """Of each output the worst comparison of the first run with another one."""


class Record(Value, frozen=True, kw_only=True):
    """Where a baseline, or a rerun, comes from."""

    check: str
    command: tuple[str, ...]
    created: str
    """When it started; UTC, ISO 8601."""
    finished: str = ""
    noxlock: str = ""
    """Its version."""
    locks: dict[str, str]
    """File to its sha256."""
    plan: str
    """The plan's key."""
    target: str
    selection: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What was asked of the locks: `groups`, `extras`."""
    packages: tuple[PackageRecord, ...]
    interpreter: dict[str, str]
    machine: dict[str, str]
    profile_name: str = "default"
    profile: dict[str, str]
    """The variables of the determinism profile, as they were set."""
    effective: dict[str, str] = field(default_factory=dict)
    """What the libraries themselves say in the run: BLAS, threads, dispatch level."""
    unmet: tuple[str, ...] = ()
    """What the profile asked for and did not take effect, a sentence each."""
    loaded: tuple[str, ...] = ()
    """The distributions whose modules the run had imported."""
    warnings: tuple[Warned, ...] = ()
    inputs: dict[str, str] = field(default_factory=dict)
    """Input file to its sha256."""
    commit: str | None = None
    """The project's git commit, with `+dirty` where the tree was changed."""
    dirty: str | None = None
    """The sha256 of the diff of the changed tree, which the baseline keeps."""
    outputs: dict[str, str] = field(default_factory=dict)
    """Output to its sha256; of a folder: `NAME/FILE` for each file in it."""
    resources: Resources | None = None
    noise: Noise | None = None
    tolerances: Tolerances = field(default_factory=Tolerances)


class PackageChange(Value, frozen=True, kw_only=True):
    """A package that is not what it was; None: not there."""

    name: str
    old: str | None
    new: str | None


class OutputChange(Value, frozen=True, kw_only=True):
    """What became of one output when a new baseline was accepted."""

    output: str
    verdict: Verdict | None
    """Of the new one against the old one; None: it is new, or gone."""
    summary: str
    """`coef[3, 0] differs by 0.001 (relative 4e-05)`."""
    sha256: str | None
    """Of the new one; None: it is gone."""


class HistoryEntry(Value, frozen=True, kw_only=True):
    """One accepted baseline."""

    created: str
    commit: str | None
    outputs: tuple[OutputChange, ...]
    """Those that changed; of the first baseline, all."""
    packages: tuple[PackageChange, ...]
    facts: tuple[str, ...] = ()
    """What else changed: `interpreter version: 3.11.7 -> 3.12.1`."""
    record: str
    """The sha256 of the record that was accepted."""


class ArraySummary(Value, frozen=True, kw_only=True):
    """What an array or a column holds, in figures; of finite values but for counts."""

    key: str = ""
    """Its name in an archive, or in a table; "" where the file is one array."""
    dtype: str
    """NumPy's or Arrow's name; of columns of text: int64, float64, text, mixed."""
    shape: tuple[int, ...]
    count: int
    """Elements."""
    nan: int = 0
    infinite: int = 0
    null: int | None = None
    """Of a column: values that are not there. None: they always are."""
    distinct: int | None = None
    """Of text: how many different ones. None: too many to be counted, or no text."""
    min: float | int | None = None
    """None where there are none, or no real numbers."""
    max: float | int | None = None
    mean: float | None = None
    std: float | None = None
    """Of all the values, no sample's: divided by their number."""
