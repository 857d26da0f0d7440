"""Determinism profiles: what is held still before the interpreter starts."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from noxlock.envs.cpu import BASELINE, is_x86, level_variables
from noxlock.errors import DefinitionError, nearest

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from noxlock.model import ProfileDefinition

__all__ = ["BUILTIN", "EPOCH", "THREADS", "Profile", "resolve_profile"]

# zip cannot hold an earlier date: 1980-01-01T00:00:00Z.
EPOCH: Final = "315532800"

THREADS: Final = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "NUMEXPR_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
    "BLIS_NUM_THREADS",
    "NUMBA_NUM_THREADS",
)

# Of its kernels every x86-64-v2 processor runs Nehalem's, whose blocking does not
# depend on the size of a cache (kernel/setparam-ref.c), as Prescott's and Core2's does.
_PORTABLE_X86: Final = {"MKL_CBWR": "COMPATIBLE", "OPENBLAS_CORETYPE": "Nehalem"}
_PORTABLE_ARM: Final = {"OPENBLAS_CORETYPE": "ARMV8"}
_GPU: Final = {
    # cuBLAS, "Results reproducibility".
    "CUBLAS_WORKSPACE_CONFIG": ":4096:8",
    # PyTorch has no variable for it: the probe sees to it.
    "NOXLOCK_TORCH_DETERMINISTIC": "1",
    "NVIDIA_TF32_OVERRIDE": "0",
    "TF_CUDNN_DETERMINISTIC": "1",
    "TF_DETERMINISTIC_OPS": "1",
    "XLA_FLAGS": "--xla_gpu_deterministic_ops=true",
}
BUILTIN: Final = ("default", "portable", "gpu")
IN_PLACE: Final = "custom"
"""The name of a profile that a check declares in place."""


@dataclass(frozen=True, kw_only=True, slots=True)
class Profile:
    """What is held still, resolved down to its builtin base."""

    name: str
    hash_seed: int = 0
    threads: int = 1
    env: Mapping[str, str] = field(default_factory=dict)
    """More variables; "": it is not set, whoever else sets it."""
    cpu_level: str = ""
    """The highest processor features that libraries may use; "": the machine's."""

    def variables(
        self, environ: Mapping[str, str], dispatch: Collection[str] = ()
    ) -> dict[str, str]:
        """Return what is set before python starts.

        Args:
            environ: Where a SOURCE_DATE_EPOCH of the user is honoured.
            dispatch: `numpy_dispatch` of the environment, where `cpu_level` is set.
        """
        changes = self.changes(environ, dispatch)
        return {name: value for name, value in changes.items() if value is not None}

    def changes(
        self, environ: Mapping[str, str], dispatch: Collection[str] = ()
    ) -> dict[str, str | None]:
        """Return the same for `apply_variables`; None: it must not be set."""
        own = {
            "LC_ALL": "C.UTF-8",
            "PYTHONHASHSEED": str(self.hash_seed),
            "PYTHONNOUSERSITE": "1",
            "SOURCE_DATE_EPOCH": environ.get("SOURCE_DATE_EPOCH") or EPOCH,
            "TZ": "UTC",
        } | dict.fromkeys(THREADS, str(self.threads))
        if self.cpu_level:
            own |= level_variables(self.cpu_level, dispatch)
        return own | {name: value or None for name, value in self.env.items()}


def resolve_profile(
    spec: str | ProfileDefinition,
    profiles: Mapping[str, ProfileDefinition],
    machine: str | None = None,
) -> Profile:
    """Return the profile that *spec* means.

    Args:
        spec: The name of a builtin or of one of *profiles*, or one in place.
        profiles: The project's own.
        machine: Which processors it is for, as platform.machine() says; None: these.

    Raises:
        DefinitionError: There is no such profile, or its bases go round in a circle.
    """
    if isinstance(spec, str):
        return _named(spec, profiles, machine, ())
    return _over(_named(spec.base, profiles, machine, ()), IN_PLACE, spec)


def _named(
    name: str,
    profiles: Mapping[str, ProfileDefinition],
    machine: str | None,
    inside: tuple[str, ...],
) -> Profile:
    if name in inside:
        circle = " -> ".join((*inside[inside.index(name) :], name))
        raise DefinitionError(
            f"the bases of profiles go round in a circle: {circle}",
            key=f"profiles.{name}.base",
        )
    found = profiles.get(name)
    if found is not None:
        if name in BUILTIN:
            raise DefinitionError(
                f"`{name}` is noxlock's own profile",
                key=f"profiles.{name}",
                hint="give yours another name, and name it in its checks",
            )
        base = _named(found.base, profiles, machine, (*inside, name))
        return _over(base, name, found)
    if name not in BUILTIN:
        known = (*BUILTIN, *profiles)
        raise DefinitionError(
            f"there is no profile `{name}`",
            key=f"profiles.{inside[-1]}.base" if inside else "",
            hint=nearest(name, known) or f"there are: {', '.join(known)}",
        )
    return _builtin(name, machine)


def _builtin(name: str, machine: str | None) -> Profile:
    if name == "portable":
        core = _PORTABLE_X86 if is_x86(machine) else _PORTABLE_ARM
        return Profile(name=name, env=core, cpu_level=BASELINE)
    return Profile(name=name, env=_GPU if name == "gpu" else {})


def _over(base: Profile, name: str, definition: ProfileDefinition) -> Profile:
    seed, threads = definition.hash_seed, definition.threads
    return Profile(
        name=name,
        hash_seed=base.hash_seed if seed is None else seed,
        threads=base.threads if threads is None else threads,
        env={**base.env, **definition.env},
        cpu_level=base.cpu_level,
    )
