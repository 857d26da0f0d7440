"""Baselines of a small project whose lock is a real one."""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import msgspec

from noxlock.locks import parse_lock
from noxlock.model import PackageRecord, Record, Tolerance, Tolerances
from noxlock.plan import parse_target, plan
from noxlock.workflows.baselines import Accepted, Baseline
from noxlock.workflows.history import make_entry
from noxlock.workflows.records import digest, output_digests

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from noxlock.model import BaselineStore, OutputReport

__all__ = ["LOCK", "Golden", "lock_text", "tree"]

_PACKAGE = """\
[[package]]
name = "{name}"
version = "{version}"
optional = false
python-versions = "*"
groups = ["main"]
files = [{{file = "{name}-{version}-py3-none-any.whl", hash = "sha256:{digest}"}}]

"""
LOCK = "poetry.lock"


def lock_text(**versions: str) -> str:
    """Return a poetry.lock of these packages."""
    tables = [
        _PACKAGE.format(
            name=name,
            version=version,
            digest=hashlib.sha256(f"{name} {version}".encode()).hexdigest(),
        )
        for name, version in sorted(versions.items())
    ]
    metadata = '[metadata]\nlock-version = "2.1"\npython-versions = "*"\n'
    return "".join([*tables, metadata])


def tree(folder: Path) -> dict[str, bytes]:
    """Return every file beneath *folder*, hidden ones and those behind links too."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in sorted(folder.rglob("*"))
        if path.is_file()
    }


@dataclass
class Golden:
    """A project on disk, and what its check `digits` would have written."""

    root: Path
    environ: Mapping[str, str]
    store: BaselineStore | None = None
    folder: str = "repro/digits"
    outputs: dict[str, Path] = field(default_factory=dict)
    dirty: bytes | None = None

    def __post_init__(self) -> None:
        """Write the lock and the outputs."""
        self.root.mkdir(parents=True, exist_ok=True)
        self.lock(scipy="1.14.1", numpy="2.0.0")
        self.output("weights.npy", b"weights")
        self.output("model/a.txt", b"first")
        self.output("model/deep/b.txt", b"second")

    @property
    def baseline(self) -> Baseline:
        """Its baseline."""
        return Baseline(
            root=self.root, folder=self.folder, store=self.store, environ=self.environ
        )

    def lock(self, **versions: str) -> None:
        """Write the lock, with LF on every system."""
        (self.root / LOCK).write_bytes(lock_text(**versions).encode())

    def output(self, name: str, data: bytes) -> Path:
        """Let the check have written *data*; `NAME/FILE` is a file of a folder."""
        path = self.root / ".nox" / "outputs" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)
        first = name.partition("/")[0]
        self.outputs[first] = self.root / ".nox" / "outputs" / first
        return path

    def record(self, **changes: Any) -> Record:  # noqa: ANN401 - fields of a record
        """Return the record of what is there now."""
        data = (self.root / LOCK).read_bytes()
        target = parse_target("linux-64", python="3.11.7")
        planned = plan(
            parse_lock(LOCK, data, beside=lambda _: None),
            groups=("main",),
            target=target,
        )
        made = Record(
            check="digits",
            command=("python -m digits {outputs}",),
            created="2026-01-02T03:04:05Z",
            finished="2026-01-02T03:04:15Z",
            noxlock="0.1.0",
            locks={LOCK: digest(self.root / LOCK)},
            plan=planned.key,
            target=target.name,
            selection={"groups": planned.groups, "extras": planned.extras},
            packages=tuple(
                PackageRecord(
                    name=package.name,
                    version=package.version,
                    kind=str(package.kind),
                    artifact=package.artifact,
                    sha256=package.sha256,
                )
                for package in planned.packages
            ),
            interpreter={"version": "3.11.7", "cache-tag": "cpython-311"},
            machine={"cpu": "a small one", "libc": "glibc 2.39"},
            profile={"PYTHONHASHSEED": "0"},
            commit="0123456789012345678901234567890123456789",
            dirty=hashlib.sha256(self.dirty).hexdigest() if self.dirty else None,
            outputs=output_digests(self.outputs),
            tolerances=Tolerances(outputs={"weights.npy": Tolerance(rtol=1e-6)}),
        )
        return msgspec.structs.replace(made, **changes)

    def accepted(
        self,
        record: Record,
        *reports: OutputReport,
        **changes: Any,  # noqa: ANN401 - fields of it
    ) -> Accepted:
        """Return *record* as what is to be accepted."""
        given: dict[str, Any] = {
            "record": record,
            "outputs": self.outputs,
            "locks": {LOCK: self.root / LOCK},
            "dirty": self.dirty,
        }
        if "entry" not in changes:
            given["entry"] = make_entry(self.baseline.read(), record, reports)
        return Accepted(**(given | changes))

    def accept(self, *reports: OutputReport, **changes: Any) -> Record:  # noqa: ANN401 - fields of a record
        """Record what is there now."""
        record = self.record(**changes)
        self.baseline.write(self.accepted(record, *reports))
        return record

    @property
    def path(self) -> Path:
        """Where the baseline lies."""
        return self.baseline.path

    def edit(self, name: str, **changes: Any) -> None:  # noqa: ANN401 - any JSON
        """Change the JSON file *name* of the baseline by hand."""
        path = self.path / name
        document = json.loads(path.read_bytes())
        path.write_text(json.dumps(document | changes))
