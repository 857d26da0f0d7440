"""Why a check drifts, as it is said."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import TYPE_CHECKING

import msgspec
import pytest

from noxlock.model import Cause, CauseKind, ChangeKind
from noxlock.model.culprit import (
    ChangedLayer,
    CulpritReport,
    CulpritVerdict,
    Tried,
    TriedVerdict,
)
from noxlock.report.culprits import notes, sentence
from noxlock.report.culprits_markdown import culprits_markdown
from noxlock.report.culprits_terminal import write_culprits
from noxlock.report.json import to_json
from support.culprits import COEF, EXAMPLE, SCIPY, blamed, changed, culprit, found

if TYPE_CHECKING:
    from noxlock.model.culprit import Blamed

COST = "; 11 environments, 40 s"
NUMPY = blamed("numpy", "1.26.4", "2.0.0", first_bad="2.0.0")
PYTZ = blamed(
    "pytz", "2022.5", "2022.6", first_bad="2022.6", path=("pandas", "a", "b", "pytz")
)


def test_one_package_is_one_sentence() -> None:
    assert sentence(found(culprit(SCIPY))) == (
        "digits drifts because scipy 1.14.1 -> 1.15.0 (needed by scikit-learn);"
        " first bad release 1.15.0" + COST
    )


def test_an_interaction_is_said_together_what_is_asked_for_first() -> None:
    numpy = blamed("numpy", "1.26.4", "2.0.0", first_bad="2.0.0", path=("numpy",))
    assert sentence(found(culprit(SCIPY, numpy))) == (
        "digits drifts because numpy 1.26.4 -> 2.0.0 together with"
        " scipy 1.14.1 -> 1.15.0 (needed by scikit-learn);"
        " first bad releases scipy 1.15.0, numpy 2.0.0" + COST
    )
    three = [blamed(name) for name in "abc"]
    assert sentence(found(culprit(*three))) == (
        "digits drifts because a 1.0 -> 2.0 together with b 1.0 -> 2.0 and"
        " c 1.0 -> 2.0" + COST
    )


def test_of_many_that_move_as_one_the_first_are_said() -> None:
    many = [blamed(f"p{number}", first_bad="2.0") for number in range(9)]
    said = sentence(found(culprit(*many)))
    assert "because p0 1.0 -> 2.0 together with p1 1.0 -> 2.0, " in said
    assert ", p5 1.0 -> 2.0 and 3 more; first bad releases p0 2.0, p1 2.0, " in said
    assert said.endswith("p4 2.0 and 4 more" + COST)


def test_independent_culprits_are_counted() -> None:
    assert sentence(found(culprit(SCIPY), culprit(PYTZ))) == (
        "digits drifts for 2 independent reasons:"
        " scipy 1.14.1 -> 1.15.0 (needed by scikit-learn),"
        " and pytz 2022.5 -> 2022.6 (needed by pandas through a, b);"
        " first bad releases scipy 1.15.0, pytz 2022.6" + COST
    )


REBUILT = blamed(
    "numpy", "1.26.4", "1.26.4", kind=ChangeKind.REBUILT, detail="other sha256"
)
CONDA = blamed(
    "numpy",
    "1.26.4",
    "1.26.4",
    kind=ChangeKind.REBUILT,
    layer=ChangedLayer.CONDA,
    detail="build py311h1_0 -> py311h2_1",
    path=("scipy", "numpy"),
)
CPYTHON = blamed(
    "python", "3.11.7", "3.12.1", first_bad="3.12.1", layer=ChangedLayer.INTERPRETER
)


@pytest.mark.parametrize(
    ("package", "said"),
    [
        (REBUILT, "numpy 1.26.4 was rebuilt under the same version (other sha256)"),
        (
            CONDA,
            (
                "numpy 1.26.4 was rebuilt under the same version"
                " (conda build py311h1_0 -> py311h2_1, needed by scipy)"
            ),
        ),
        (CPYTHON, "CPython 3.11.7 -> 3.12.1"),
        (
            blamed("python", "3.11.7", "3.12.1", layer=ChangedLayer.CONDA),
            "python 3.11.7 -> 3.12.1 (conda)",
        ),
        (blamed("six", None, "1.0", kind=ChangeKind.ADDED), "six 1.0 was added"),
        (blamed("six", None, None, kind=ChangeKind.ADDED), "six was added"),
        (blamed("six", "1.0", None, kind=ChangeKind.REMOVED), "six 1.0 was removed"),
        (blamed("six", None, None, kind=ChangeKind.REMOVED), "six was removed"),
        (
            blamed("walk", None, None, kind=ChangeKind.REBUILT, detail="commit a -> b"),
            "walk changed (commit a -> b)",
        ),
        (blamed("walk", "1.0", None), "walk 1.0 -> (no version)"),
    ],
)
def test_every_kind_of_change_has_its_words(package: Blamed, said: str) -> None:
    assert sentence(found(culprit(package))) == f"digits drifts because {said}{COST}"


@pytest.mark.parametrize(
    ("facts", "said"),
    [
        ({}, "3.3.1"),
        ({"returns": True, "good_again": "3.4.0"}, "3.3.1, back to good at 3.4.0"),
        ({"returns": True, "bad_before": "3.2.9"}, "3.3.1, but 3.2.9 drifts too"),
        ({"returns": True}, "3.3.1, not all after it are bad"),
        (
            {"adjacent": False},
            "3.3.1 or one after 3.3.0 that could not be tested",
        ),
        ({"adjacent": False, "last_good": None}, "3.3.1 of those tested"),
    ],
)
def test_how_sure_the_first_bad_release_is(facts: dict[str, object], said: str) -> None:
    package = blamed("c", "3.3.0", "3.5.0", first_bad="3.3.1", **facts)
    assert sentence(found(culprit(package))) == (
        f"digits drifts because c 3.3.0 -> 3.5.0; first bad release {said}{COST}"
    )


def test_one_first_bad_release_of_two_packages_is_named() -> None:
    said = sentence(found(culprit(SCIPY, REBUILT)))
    assert "; first bad release scipy 1.15.0; " in said


@pytest.mark.parametrize(
    ("report", "said"),
    [
        (
            found(verdict=CulpritVerdict.NOT_THE_LOCK, difference=COEF),
            (
                "digits drifts with the old lock too: the machine or the data, not a"
                f" package; {COEF}"
            ),
        ),
        (
            found(
                verdict=CulpritVerdict.NOT_THE_LOCK,
                causes=tuple(
                    Cause(kind=CauseKind.INPUT, name=name, old="a", new="b")
                    for name in ("a.csv", "b.csv", "c.csv", "d.csv")
                ),
            ),
            (
                "digits drifts with the old lock too: the machine or the data, not a"
                " package; changed since the baseline: input a.csv, input b.csv,"
                " input c.csv and 1 more"
            ),
        ),
        (
            found(verdict=CulpritVerdict.NOT_THE_LOCK, noise=True, difference=COEF),
            f"digits drifts at random, with either lock: noise, not a package; {COEF}",
        ),
        (
            found(verdict=CulpritVerdict.NO_DRIFT),
            "digits does not drift: both locks give the same result",
        ),
        (
            found(
                verdict=CulpritVerdict.UNEXPLAINED,
                reason="the old lock could not be judged: no wheel of scipy",
            ),
            (
                "digits is not explained: the old lock could not be judged: no wheel of"
                " scipy"
            ),
        ),
        (
            found(
                culprit(SCIPY, necessary=False),
                verdict=CulpritVerdict.UNEXPLAINED,
                reason="the new lock without it could not be judged",
            ),
            (
                "digits drifts because scipy 1.14.1 -> 1.15.0 (needed by scikit-learn);"
                " not proven to be all: the new lock without it could not be judged"
            ),
        ),
    ],
)
def test_what_is_no_explanation_says_why(report: CulpritReport, said: str) -> None:
    assert sentence(report) == said + COST


@pytest.mark.parametrize(
    ("suspects", "said"),
    [
        (("scipy", "numpy", "joblib"), ": one of scipy, numpy, joblib"),
        (("scipy",), ": scipy"),
        (tuple("abcdefg"), ": one of 7 changes"),
        ((), ""),
    ],
)
def test_a_spent_budget_says_what_is_left(suspects: tuple[str, ...], said: str) -> None:
    report = found(
        verdict=CulpritVerdict.UNEXPLAINED,
        complete=False,
        runs=20,
        suspects=tuple(map(changed, suspects)),
    )
    assert sentence(report) == (
        f"digits is not explained yet: ended after 20 runs{said};"
        f" run again to go on{COST}"
    )


def test_a_spent_budget_keeps_what_is_found() -> None:
    half = found(
        culprit(NUMPY, necessary=False),
        verdict=CulpritVerdict.UNEXPLAINED,
        complete=False,
    )
    assert sentence(half) == (
        "digits drifts because numpy 1.26.4 -> 2.0.0; ended after 12 runs, before this"
        " was proven to be all; run again to go on" + COST
    )
    early = found(culprit(blamed("numpy")), complete=False)
    assert sentence(early) == (
        "digits drifts because numpy 1.0 -> 2.0; ended after 12 runs, before all first"
        " bad releases were found; run again to go on" + COST
    )


def test_notes_say_what_the_sentence_leaves_out() -> None:
    first = culprit(SCIPY, along=(changed("numpy"),))
    second = culprit(NUMPY, PYTZ, minimal=False, difference="")
    assert list(notes(found(first, second, old="v1", new="the work tree"))) == [
        "34 changes from v1 to the work tree",
        f"difference 1: {COEF}",
        (
            "proof 1: the old lock with it drifts, the new lock without all of these"
            " does not"
        ),
        "came along 1, needed but not to blame: numpy 1.0 -> 2.0",
        (
            "proof 2: the old lock with them drifts, the new lock without all of these"
            " does not, not all of them may be needed: some could not be tested apart"
        ),
    ]
    weak = culprit(SCIPY, sufficient=False, necessary=False, difference="")
    assert list(notes(found(weak))) == [
        (
            "proof: the old lock with it was not shown to drift, whether the new lock"
            " without it still does is not known"
        )
    ]
    begun = found(
        verdict=CulpritVerdict.UNEXPLAINED,
        difference=COEF,
        complete=False,
        suspects=(changed("a"), changed("b")),
    )
    assert list(notes(begun)) == [
        f"difference: {COEF}",
        "suspects: a 1.0 -> 2.0, b 1.0 -> 2.0",
    ]
    assert not list(notes(found(verdict=CulpritVerdict.NOT_THE_LOCK, difference="x")))


class Terminal(io.StringIO):
    """A stream that says it is a terminal."""

    def isatty(self) -> bool:
        """Return that it is one."""
        return True


def text(report: CulpritReport, stream: io.StringIO | None = None, **env: str) -> str:
    stream = io.StringIO() if stream is None else stream
    write_culprits(report, stream, env)
    return stream.getvalue()


WIDE = """\
digits drifts because scipy 1.14.1 -> 1.15.0 (needed by scikit-learn); \
first bad release 1.15.0; 6 environments, 40 s
  6 changes from the baseline to the work tree
  difference: coefficients.npy[3] differs by 0.001 (relative 4e-5)
  proof: the old lock with it drifts, the new lock without it does not

 environment           result       runs    took   what differs
 ─────────────────────────────────────────────────────────────\
─────────────────────────────────────────
 old lock              good            2   7.1 s
 new lock              bad             1   3.4 s   \
coefficients.npy[3] differs by 0.001 (relative 4e-5)
 old + joblib, numpy   good            1   3.5 s
 new - numpy           unresolved      1   1.2 s   \
ImportError: numpy.dtype size changed
 old + scipy           bad             1   3.3 s   \
coefficients.npy[3] differs by 0.001 (relative 4e-5)
 new - scipy           good            1   3.4 s

next:
  hold scipy back, in pyproject.toml, then nox -s lock: scipy<1.15.0
  or, where the new result is right: nox -s "repro(digits)" -- --accept
"""
NARROW = """\
 environment           result       what differs
 ────────────────────────────────────────────────────────────────────
 old lock              good
 new lock              bad          coefficients.npy[3] differs by
                                    0.001 (relative 4e-5)
 old + joblib, numpy   good
 new - numpy           unresolved   ImportError: numpy.dtype size
                                    changed
 old + scipy           bad          coefficients.npy[3] differs by
                                    0.001 (relative 4e-5)
 new - scipy           good
"""


def test_the_whole_finding_on_a_wide_terminal() -> None:
    assert text(EXAMPLE) == WIDE


def test_the_readme_shows_what_is_said() -> None:
    readme = (Path(__file__).parents[2] / "README.md").read_text("utf-8")
    (shown,) = re.findall(
        r'```console\n\$ nox -s "why\(digits\)"\n(.*?)```', readme, re.DOTALL
    )
    assert shown == WIDE


def test_a_narrow_terminal_leaves_columns_out_and_breaks_lines() -> None:
    assert NARROW in text(EXAMPLE, COLUMNS="70")
    said = text(EXAMPLE, Terminal(), COLUMNS="70", NO_COLOR="1", TERM="xterm")
    plain = re.sub(r"\x1b\[\d*m", "", said)
    assert all(len(line) <= 70 for line in plain.split("next:")[0].splitlines())


def test_what_is_known_without_a_run_needs_no_table() -> None:
    assert text(found(verdict=CulpritVerdict.NO_DRIFT)) == (
        f"digits does not drift: both locks give the same result{COST}\n"
    )


def test_colour_is_for_those_who_ask_for_it() -> None:
    coloured = text(EXAMPLE, FORCE_COLOR="1", TERM="xterm-256color")
    assert "\x1b[32mgood" in coloured
    assert "\x1b[1;31mdigits drifts" in coloured
    assert "\x1b[3" not in text(EXAMPLE, FORCE_COLOR="1", NO_COLOR="1")


def test_controls_reach_neither_terminal_nor_page() -> None:
    evil = found(
        culprit(blamed("a\x1b[2J", path=("`b`", "a")), difference="x\x1b|<b>"),
        check="c\x1b",
        evidence=(Tried(mix="old + a\x1b|", verdict=TriedVerdict.GOOD),),
    )
    page = culprits_markdown(evil)
    assert "\x1b" not in text(evil) + page
    assert "\\|\\<b\\>" in page
    assert "\\`b\\`" in page


MARKDOWN = """\
### ❌ digits: what made it drift

digits drifts because scipy 1.14.1 -\\> 1.15.0 (needed by scikit-learn); \
first bad release 1.15.0; 6 environments, 40 s

- 6 changes from the baseline to the work tree
- difference\\: coefficients.npy\\[3\\] differs by 0.001 (relative 4e-5)
- proof\\: the old lock with it drifts, the new lock without it does not

| environment | result | runs | took | what differs |
| --- | --- | --- | --- | --- |
| old lock | ✅ good | 2 | 7.1 s |  |
| new lock | ❌ bad | 1 | 3.4 s | \
coefficients.npy\\[3\\] differs by 0.001 (relative 4e-5) |
| old + joblib, numpy | ✅ good | 1 | 3.5 s |  |
| new - numpy | ⚠️ unresolved | 1 | 1.2 s | ImportError\\: numpy.dtype size changed |
| old + scipy | ❌ bad | 1 | 3.3 s | \
coefficients.npy\\[3\\] differs by 0.001 (relative 4e-5) |
| new - scipy | ✅ good | 1 | 3.4 s |  |

Next:

- hold scipy back, in pyproject.toml, then nox -s lock: `scipy<1.15.0`
- or, where the new result is right: `nox -s "repro(digits)" -- --accept`
"""


def test_the_whole_finding_as_a_comment() -> None:
    assert culprits_markdown(EXAMPLE) == MARKDOWN


def test_a_long_table_is_folded_in_a_comment() -> None:
    rows = tuple(Tried(mix=f"m{n}", verdict=TriedVerdict.GOOD) for n in range(300))
    page = culprits_markdown(found(verdict=CulpritVerdict.NO_DRIFT, evidence=rows))
    assert "<details><summary>300 environments</summary>\n\n| environ" in page
    assert "and 100 more\n\n</details>" in page
    assert "Next:" not in page


KEYS = ["check", "verdict", "culprits", "environments", "unresolved", "seconds"]


def test_the_json_begins_with_what_is_promised_and_reads_back() -> None:
    data = to_json(EXAMPLE)
    tree = msgspec.json.decode(data)
    assert list(tree)[:6] == KEYS
    assert list(tree["culprits"][0])[:4] == [
        "packages",
        "sufficient",
        "necessary",
        "difference",
    ]
    package = tree["culprits"][0]["packages"][0]
    assert list(package)[:4] == ["name", "old", "new", "first_bad"]
    assert package["pin"] == "scipy<1.15.0"
    assert msgspec.json.decode(data, type=CulpritReport) == EXAMPLE
