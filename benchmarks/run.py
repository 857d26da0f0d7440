"""Measure noxlock against its peers and against what the machine can do.

    python3 benchmarks/run.py [NAME...] [--runs N] [--json FILE] [--markdown FILE]

Any Python from 3.11 on will do: what is missing, it makes first under `.nox/`. What
each case measures stands in benchmarks/README.md, and in `--list`.
"""

from __future__ import annotations

import sys

if __name__ == "__main__":
    del sys.path[0]  # the folder of this script, whose bisect.py is not Python's

import argparse
import json
import os
from importlib.util import find_spec
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent


def at_home() -> bool:
    """Return whether this Python has nox, and noxlock of this very clone."""
    found = find_spec("noxlock")
    origin = found.origin if found else None
    own = origin is not None and Path(origin).is_relative_to(ROOT / "src")
    return own and find_spec("nox") is not None


def go_home() -> None:
    """Start again with the Python that bootstrap.py makes."""
    if sys.version_info < (3, 11):  # noqa: UP036 - this may be any Python
        sys.exit("error: the benchmarks need Python 3.11 or later")
    import bootstrap  # noqa: PLC0415 - found through sys.path alone

    python = str(bootstrap.environment())
    os.execv(python, [python, *sys.argv])  # noqa: S606


def parse(arguments: list[str] | None = None) -> argparse.Namespace:
    """Return what the command line says."""
    description = (__doc__ or "").partition("\n")[0]
    parser = argparse.ArgumentParser(description=description)
    add = parser.add_argument
    add("names", nargs="*", metavar="NAME", help="cases to measure; none: all")
    add("--runs", type=int, default=5, help="rounds that count (default: 5)")
    add("--json", type=Path, metavar="FILE", help="write every figure there")
    add("--markdown", type=Path, metavar="FILE", help="write the tables there too")
    add("--only", action="append", metavar="NAME", help="this contestant; repeatable")
    add("--folder", type=Path, default=ROOT / ".nox" / "benchmarks", metavar="DIR")
    add("--list", action="store_true", help="say which cases there are")
    return parser.parse_args(arguments)


def main() -> int:
    """Run what was asked for; 1 where something could not be measured."""
    # Imported here: they need an environment that `go_home` has made.
    from benchmarks.cases import CASES  # noqa: PLC0415
    from benchmarks.harness import run_case  # noqa: PLC0415
    from benchmarks.report import as_json, as_markdown, machine  # noqa: PLC0415
    from benchmarks.surroundings import Bench  # noqa: PLC0415

    options = parse()
    if options.list:
        for case in CASES.values():
            print(f"{case.name:10} {case.summary}")
        return 0
    if unknown := sorted(set(options.names) - set(CASES)):
        sys.exit(f"error: no such case: {', '.join(unknown)}; --list has them")
    options.folder.mkdir(parents=True, exist_ok=True)
    only = frozenset(options.only or ())
    bench = Bench(folder=options.folder.resolve(), runs=options.runs, only=only)
    start, results = machine(), []
    for name in options.names or CASES:
        bench.say(f"{name}: {CASES[name].summary}")
        results.append(run_case(CASES[name], bench))
        print(as_markdown(results[-1]), flush=True)
        # After each: what was measured is not lost where a later case breaks off.
        if options.json:
            text = json.dumps(as_json(results, start), indent=1)
            options.json.write_text(text + "\n", "utf-8")
        if options.markdown:
            texts = [as_markdown(result) for result in results]
            options.markdown.write_text("\n".join(texts), "utf-8")
    return int(any(result.error for result in results))


if __name__ == "__main__":
    sys.path[:0] = [str(ROOT), str(ROOT / "tests")]
    if not at_home():
        go_home()
    sys.exit(main())
