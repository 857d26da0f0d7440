"""What a check says of its runs: profiles, variations, inputs, distributions."""

from __future__ import annotations

import pytest

from noxlock.definitions import load_definitions, parse_size
from noxlock.definitions.checks import least_runs
from noxlock.errors import DefinitionError
from noxlock.model import BaselineStore, Distribution, FileOrder, ProfileDefinition

HEAD = "environments: {cpu: {pypi: poetry.lock}}\n"
CHECK = """
profiles:
  own: {base: portable, threads: 2, env: {A: "1"}}
environments: {cpu: {pypi: poetry.lock}}
checks:
  c:
    environment: cpu
    run: 'x {outputs}'
    outputs:
      a.npy: {}
      runs: {keys: {"*.json": {keys: {loss: {distribution: {runs: 5}}}}}}
    profile: own
    inputs: ["data/**/*.csv", seeds.txt]
    vary: {threads: [2], hash-seed: [1], cwd: random, home: [random], tz: [UTC-3],
      locale: [tr_TR.UTF-8, C], file-order: [reversed], cpu-level: [x86-64-v2],
      blas-core: [Haswell]}
    repeat: 2
    jobs: 2
    timeout: 0.5
    retries: 1
    baseline-store: {url: "s3://bucket/a", above: 1 MiB}
    tolerance: {atol: 1e-9, dtypes: {bfloat16: {rtol: 1e-2}}}
"""


def load(text: str) -> None:
    load_definitions({"a.yml": text.encode()})


def test_a_check_says_all_of_its_runs() -> None:
    definitions = load_definitions({"a.yml": CHECK.encode()})

    check = definitions.checks["c"]
    assert definitions.profiles == {
        "own": ProfileDefinition(base="portable", threads=2, env={"A": "1"})
    }
    assert check.vary.file_order == (FileOrder.REVERSED,)
    assert (check.vary.cwd, check.vary.home) == ("random", ("random",))
    assert (check.repeat, check.jobs, check.timeout, check.retries) == (2, 2, 0.5, 1)
    assert check.baseline_store == BaselineStore(url="s3://bucket/a", above="1 MiB")
    loss = check.outputs["runs"].keys["*.json"].keys["loss"]
    assert loss.distribution == Distribution(runs=5, alpha=0.01)


@pytest.mark.parametrize(
    ("old", "new", "message", "hint"),
    [
        (
            "profile: own",
            "profile: owns",
            (
                "checks.c.profile: unknown profile `owns`; known: default, portable,"
                " gpu, own"
            ),
            "did you mean `own`?",
        ),
        (
            "profile: own",
            "profile: {base: potable}",
            (
                "checks.c.profile.base: unknown profile `potable`; known: default,"
                " portable, gpu, own"
            ),
            "did you mean `portable`?",
        ),
        (
            "profile: own",
            "profile: {env: {'A=B': x}}",
            'checks.c.profile.env."A=B": no valid name of a variable',
            None,
        ),
        (
            "base: portable",
            "base: own",
            "profiles.own.base: profiles build on each other: own -> own",
            None,
        ),
        (
            "base: portable",
            "base: no",
            "profiles.own.base: expected a string, found the boolean `no`",
            'quote it: "no"',
        ),
        (
            "  own: {",
            "  gpu: {}\n  own: {",
            "profiles.gpu: `gpu` is the name of a built-in profile",
            "choose another name",
        ),
        (
            "  own: {",
            "  my own: {}\n  own: {",
            'profiles."my own": `my own` is no valid name',
            "letters, digits, `.`, `_`, `-`; first a letter or digit",
        ),
        (
            "threads: [2]",
            "threads: 2",
            (
                "checks.c.vary.threads: expected a list of whole numbers, found the"
                " number `2`"
            ),
            "write [2]",
        ),
        (
            "threads: [2]",
            "threads: [2, 2]",
            "checks.c.vary.threads[1]: `2` stands twice",
            None,
        ),
        (
            "threads: [2]",
            "threads: [0]",
            "checks.c.vary.threads[0]: expected 1 or more, found 0",
            None,
        ),
        (
            "cwd: random",
            "cwd: /tmp",
            "checks.c.vary.cwd: `/tmp` cannot be varied to",
            "write random",
        ),
        (
            "home: [random]",
            "home: [ran]",
            "checks.c.vary.home[0]: `ran` cannot be varied to",
            "write random",
        ),
        (
            "tz: [UTC-3]",
            "tz: ['New York']",
            "checks.c.vary.tz[0]: `New York` is no time zone",
            "for example Asia/Kathmandu",
        ),
        (
            "[tr_TR.UTF-8, C]",
            "[turkish_, C]",
            "checks.c.vary.locale[0]: `turkish_` is no locale",
            "for example de_DE.UTF-8",
        ),
        (
            "[reversed]",
            "[reverse]",
            (
                "checks.c.vary.file-order[0]: unknown value `reverse`; known: sorted,"
                " reversed, shuffled"
            ),
            "did you mean `reversed`?",
        ),
        (
            "[x86-64-v2]",
            "[x86-64-v5]",
            (
                "checks.c.vary.cpu-level[0]: unknown level `x86-64-v5`; known:"
                " baseline, x86-64-v2, x86-64-v3, x86-64-v4"
            ),
            "did you mean `x86-64-v4`?",
        ),
        (
            "[Haswell]",
            "['']",
            "checks.c.vary.blas-core[0]: `` is no BLAS kernel",
            "for example Haswell",
        ),
        (
            "seeds.txt",
            "../seeds.txt",
            "checks.c.inputs[1]: `../seeds.txt` leaves its folder",
            "name it relative to the project's folder",
        ),
        (
            "seeds.txt",
            "/data/*.csv",
            "checks.c.inputs[1]: `/data/*.csv` is not relative",
            "name it relative to the project's folder",
        ),
        (
            "seeds.txt",
            "data/**.csv",
            "checks.c.inputs[1]: in `data/**.csv`, `**` is not alone between two `/`",
            "for example `data/**/*.csv`",
        ),
        (
            "seeds.txt",
            "'data\\*.csv'",
            "checks.c.inputs[1]: `data\\*.csv` has a backslash",
            "write `/` between folders",
        ),
        (
            "seeds.txt",
            '"data/**/*.csv"',
            "checks.c.inputs[1]: `data/**/*.csv` stands twice",
            None,
        ),
        (
            "{runs: 5}",
            "{runs: 4}",
            (
                'checks.c.outputs.runs.keys."*.json".keys.loss.distribution.runs:'
                " 4 runs can never differ by an alpha of 0.01"
            ),
            "write 5 or more, or a larger alpha",
        ),
        (
            "{runs: 5}",
            "{runs: 5, alpha: 1}",
            (
                'checks.c.outputs.runs.keys."*.json".keys.loss.distribution.alpha:'
                " expected less than 1, found 1"
            ),
            None,
        ),
        (
            "{runs: 5}}",
            "{runs: 5}, atol: 0.1}",
            (
                'checks.c.outputs.runs.keys."*.json".keys.loss.distribution: stands'
                " beside `rtol` or `atol`, which would never be used"
            ),
            "write either",
        ),
        (
            "      runs: {",
            "      runs/: {",
            'checks.c.outputs."runs/": not the plain name of a file or folder',
            "write `runs`",
        ),
        (
            "      a.npy: {}",
            "      runs/a.npy: {}",
            'checks.c.outputs."runs/a.npy": lies in the output `runs`',
            "give it a tolerance by `keys` of `runs`",
        ),
        (
            "jobs: 2",
            "jobs: 0",
            "checks.c.jobs: expected 1 or more, found 0",
            None,
        ),
        (
            "timeout: 0.5",
            "timeout: 0",
            "checks.c.timeout: expected more than 0, found 0",
            None,
        ),
        (
            "above: 1 MiB",
            "above: 1 MiBi",
            "checks.c.baseline-store.above: `1 MiBi` is no size",
            "write a number of bytes, or 10 MiB; units: B, kB, KiB, MB, MiB, GB, GiB",
        ),
        (
            "above: 1 MiB",
            "above: -1",
            "checks.c.baseline-store.above: `-1` is no size",
            "write a number of bytes, or 10 MiB; units: B, kB, KiB, MB, MiB, GB, GiB",
        ),
        (
            "s3://bucket/a",
            "",
            "checks.c.baseline-store.url: the URL of a folder is needed",
            "for example s3://bucket/baselines",
        ),
        (
            "s3://bucket/a",
            "s3//bucket/a",
            "checks.c.baseline-store.url: `s3//bucket/a` is neither a URL nor a folder",
            "write `s3://bucket/a`; a folder has no `//` and no `:`",
        ),
        (
            "s3://bucket/a",
            "gs:/bucket",
            "checks.c.baseline-store.url: `gs:/bucket` is neither a URL nor a folder",
            "write `gs://bucket`; a folder has no `//` and no `:`",
        ),
        (
            "s3://bucket/a",
            "file:/mnt/a",
            "checks.c.baseline-store.url: `file:/mnt/a` is neither a URL nor a folder",
            "write `file:///mnt/a`; a folder has no `//` and no `:`",
        ),
        (
            '{url: "s3://bucket/a", above: 1 MiB}',
            '"s3://key:secret@bucket/a"',
            (
                "checks.c.baseline-store: a password does not belong into a file of the"
                " project"
            ),
            "leave it to the variables of the store, AWS_PROFILE say",
        ),
        (
            "bfloat16",
            "float23",
            "checks.c.tolerance.dtypes.float23: `float23` is no dtype",
            "did you mean `float32`?",
        ),
        (
            "bfloat16",
            "double",
            "checks.c.tolerance.dtypes.double: `double` is no dtype",
            "write NumPy's name of it: float32",
        ),
    ],
)
def test_what_a_check_cannot_say_of_its_runs(
    old: str, new: str, message: str, hint: str | None
) -> None:
    assert CHECK.count(old) == 1

    with pytest.raises(DefinitionError) as caught:
        load(CHECK.replace(old, new))

    place, _, said = str(caught.value).partition(": ")
    assert place.startswith("a.yml:")
    assert said == message
    assert caught.value.hint == hint


def test_profiles_that_build_on_each_other_are_told_once() -> None:
    text = "profiles: {a: {base: b}, b: {base: c}, c: {base: b}}"

    with pytest.raises(DefinitionError, match="b -> c -> b") as caught:
        load(text)

    assert caught.value.key == "profiles.b.base"


def test_two_checks_have_two_baselines() -> None:
    check = "{environment: cpu, run: 'x {outputs}', outputs: {a: {}}"
    text = f"{HEAD}checks: {{c: {check}}}, d: {check}, baseline: repro/c/d}}}}"

    with pytest.raises(DefinitionError) as caught:
        load(text)

    assert caught.value.key == "checks.d.baseline"
    assert caught.value.what == ("`repro/c/d` is the folder of check c's baseline too")


@pytest.mark.parametrize(
    ("size", "expected"),
    [
        ("10 MiB", 10 * 2**20),
        ("1.5GB", 1_500_000_000),
        ("2kb", 2000),
        (" 7 B ", 7),
        ("4096", 4096),
        (0, 0),
    ],
)
def test_sizes_are_read_as_people_write_them(size: str | int, expected: int) -> None:
    assert parse_size(size) == expected


@pytest.mark.parametrize(("alpha", "runs"), [(0.4, 2), (0.05, 4), (0.01, 5), (1e-3, 7)])
def test_the_least_runs_are_those_of_an_exact_permutation_test(
    alpha: float, runs: int
) -> None:
    assert least_runs(alpha) == runs
