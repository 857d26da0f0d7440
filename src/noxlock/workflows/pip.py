"""pip, for build requirements that no lock pins: virtualenv's copy, never installed."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Final

from noxlock.envs import hermetic_variables
from noxlock.errors import BuildError
from noxlock.process import run

if TYPE_CHECKING:
    from collections.abc import Mapping

    from noxlock.model import Interpreter

__all__ = ["pip_variables", "pip_wheel"]

# Where a user's pip installs, and what: those would miss the build environment.
MISPLACING: Final = (
    *("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_PYTHON", "PIP_DRY_RUN"),
    *("PIP_NO_DEPS", "PIP_REQUIRE_HASHES", "PIP_REQUIREMENT", "PIP_EDITABLE"),
)
# uv's variables that name indexes, by pip's.
FROM_UV: Final = {
    "PIP_INDEX_URL": ("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
    "PIP_EXTRA_INDEX_URL": ("UV_INDEX", "UV_EXTRA_INDEX_URL"),
    "PIP_FIND_LINKS": ("UV_FIND_LINKS",),
}
BUNDLED: Final = (
    "import ensurepip, pathlib;"
    "found = pathlib.Path(ensurepip.__file__).parent.glob('_bundled/pip-*.whl');"
    "print(next(found))"
)


def pip_wheel(interpreter: Interpreter) -> Path:
    """Return a wheel of pip that *interpreter* can run; nothing is installed.

    Raises:
        BuildError: There is none.
    """
    from virtualenv.seed.wheels.embed import get_embed_wheel  # noqa: PLC0415 - slow

    embedded = get_embed_wheel("pip", interpreter.target.python_minor)
    if embedded is not None:
        return Path(embedded.path)
    # virtualenv has dropped this version; the interpreter brings a pip of its time.
    result = run([str(interpreter.executable), "-I", "-c", BUNDLED])
    if not result.succeeded:
        raise BuildError(
            f"there is no pip for CPython {interpreter.version}, so build requirements"
            " cannot be installed",
            hint="lock them, or install the interpreter with its ensurepip module",
        )
    return Path(result.stdout.strip())


def pip_variables(prefix: Path, environ: Mapping[str, str]) -> dict[str, str | None]:
    """Return the variables of a pip that installs into *prefix*.

    The user's own configuration of indexes holds, in pip's files and variables or in
    uv's variables; none of it that puts the files elsewhere.
    """
    changes = hermetic_variables(prefix, environ)
    kept = {
        name for name in environ if name.startswith("PIP_") and name not in MISPLACING
    }
    for name in {*kept, "PIP_CONFIG_FILE"}:
        changes.pop(name, None)
    for name, sources in FROM_UV.items():
        meant = [environ[source] for source in sources if environ.get(source)]
        if meant and name not in environ:
            changes[name] = meant[0]
    return changes | {"PIP_USER": "0", "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
