"""Conda packages that the store has, put at a prefix where nothing is."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING

from msgspec import json, structs

from noxlock.envs.conda import CondaLayer, conda_interpreter, link_packages
from noxlock.envs.probing import interpreter_from
from noxlock.model import Sha256
from noxlock.report.counts import counted
from noxlock.store import LinkMode
from noxlock.store.memo import Memo, memo_key

if TYPE_CHECKING:
    from noxlock.model import Interpreter, Plan
    from noxlock.store.conda import CondaStore
    from noxlock.workflows.requests import BuildRequest
    from noxlock.workflows.supply import Supplies

__all__ = ["CondaLayers"]


@dataclass(frozen=True, kw_only=True, slots=True)
class CondaLayers:
    """What rattler links, and the bytecode beside it."""

    store: CondaStore
    supplies: Supplies
    request: BuildRequest

    def link(self, planned: Plan) -> None:
        """Have rattler link the packages, checked beside it.

        Raises:
            EnvError: The disk refuses, or a link script fails.
            StoreError: A package is damaged.
        """
        store, prefix = self.store, self.request.prefix
        # Told to try clones where there are none, rattler tries with every file: ten
        # times as long.
        mode = store.mode_to(planned.conda, prefix.parent)
        packages = tuple(
            structs.replace(p, sha256=Sha256(store.sha256(p))) for p in planned.conda
        )
        layer = CondaLayer(
            prefix=prefix,
            subdir=planned.target.subdir,
            folders={p.name: store.folder(p) for p in planned.conda},
            packages=packages,
            link_scripts=self.request.environment.link_scripts,
            clones=mode is LinkMode.CLONE,
            hard_links=mode is LinkMode.HARDLINK,
        )
        # Links alone, which may lie anywhere: the store itself may be read only.
        with (
            TemporaryDirectory(prefix="noxlock-") as scratch,
            ThreadPoolExecutor(1) as pool,
        ):
            checking = pool.submit(store.check, planned.conda)
            if layer.link_scripts:  # they are run: what they are has to be known first
                checking.result()
            # rattler works outside of Python; what turns out damaged ends with the
            # prefix.
            link_packages(layer, Path(scratch).resolve())
            checking.result()

    def compile(self, planned: Plan, interpreter: Interpreter) -> None:
        """Put bytecode beside the modules, compiled first where it is new.

        Raises:
            StoreError: It is damaged, or the interpreter failed.
        """
        store, progress = self.store, self.supplies.progress
        if lacking := len(store.uncompiled(planned.conda, interpreter)):
            title = f"compile {counted(lacking, 'conda package')}"
            with progress.task(title, total=lacking, unit="packages") as step:
                store.compile(planned.conda, interpreter)
                step.advance(lacking)
        store.place_bytecode(planned.conda, self.request.prefix, interpreter)

    def python(self, planned: Plan) -> tuple[Interpreter, dict[str, str]] | None:
        """Return the python that was just linked, and the facts of it.

        It is asked once: the same packages on the same machine give the same answer.
        """
        prefix, memo = self.request.prefix, Memo(self.supplies.store.root)
        target = planned.target
        key = memo_key("conda-python", planned.key, target.glibc, target.macos)
        top = os.path.realpath(prefix)
        if (kept := memo.get(key)) is not None:
            facts = json.decode(kept, type=dict[str, str])
            facts["executable"] = os.path.join(top, facts["executable"])  # noqa: PTH118
            if os.path.exists(facts["executable"]):  # noqa: PTH110
                return interpreter_from(facts), facts
        found = conda_interpreter(prefix, self.supplies.environ)
        if found is not None:
            inside = os.path.relpath(found[1]["executable"], top)
            memo.put(key, json.encode({**found[1], "executable": inside}))
        return found
