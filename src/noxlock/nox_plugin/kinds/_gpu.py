"""What becomes of a session that needs a GPU where there is none."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, TypeVar

from noxlock.errors import EnvError
from noxlock.nox_plugin.kinds._nox import install_only
from noxlock.nox_plugin.options import is_on

if TYPE_CHECKING:
    from collections.abc import Callable

    import nox

    from noxlock.model import Check, Session
    from noxlock.workflows.project import Project

Built = TypeVar("Built")

__all__ = ["is_skipped", "with_gpu"]


def with_gpu(
    session: nox.Session,
    project: Project,
    declared: Session | Check,
    build: Callable[[], Built],
) -> Built:
    """Return the session's environment, made, where its commands may run.

    Where they need a GPU and none can be used, the session is skipped, or fails. With
    nox's --install-only its environment is made all the same, and the session ends as
    skipped: it has not run, and does not say so.

    Raises:
        EnvError: A GPU is required.
    """
    why = _why_not(project, declared)
    if why is not None:
        if install_only(session):
            build()
            session.skip(f"its environment is made, and nothing was run: no GPU, {why}")
        if declared.gpu is None:
            session.warn(f"a CUDA environment, and no GPU: {why}; `gpu: skip` skips it")
        elif _required(declared):
            from noxlock.model import Gpu  # noqa: PLC0415 - not for `nox -l`

            in_ci = " in CI" if declared.gpu is Gpu.REQUIRE_IN_CI else ""
            raise EnvError(
                f"{session.name} requires a GPU{in_ci}: {why}",
                hint="run it where there is one, or declare `gpu: skip`",
            )
        else:
            session.skip(f"no GPU: {why}")
    return build()


def is_skipped(declared: Session | Check) -> bool:
    """Return whether it is skipped on this machine, for want of a GPU."""
    from noxlock.envs.gpu import why_no_gpu  # noqa: PLC0415 - as above

    needs = declared.gpu is not None and not _required(declared)
    return needs and why_no_gpu({**os.environ, **declared.env}) is not None


def _why_not(project: Project, declared: Session | Check) -> str | None:
    environment = project.environment(declared.environment)
    # Without conda packages `auto` is no variant: see `on_this_machine`.
    plain = environment.conda is None and environment.target == "auto"
    if declared.gpu is None and plain:
        return None
    from noxlock.envs.gpu import why_no_gpu  # noqa: PLC0415 - as above
    from noxlock.workflows.targets import (  # noqa: PLC0415 - as above
        needs_cuda,
        on_this_machine,
    )

    here = on_this_machine(project, environment)
    if declared.gpu is None and not needs_cuda(here.target):
        return None
    return why_no_gpu({**os.environ, **declared.env})


def _required(declared: Session | Check) -> bool:
    from noxlock.model import Gpu  # noqa: PLC0415 - as above

    match declared.gpu:
        case Gpu.REQUIRE:
            return True
        case Gpu.REQUIRE_IN_CI:
            return is_on(os.environ.get("CI", ""))
        case _:
            return False
