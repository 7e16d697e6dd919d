"""Training runs that are killed at random moments and resumed, held against runs that nobody touched.

Two kinds of moment. Most are places of the program (`kill_launcher.py`): drawn evenly over what a run does,
so that the few milliseconds between two files of a checkpoint are met as often as hours of training. The
rest come from outside, at any instant, also in the middle of a system call.
"""

from __future__ import annotations

import dataclasses
import json
import random
import shutil
import signal
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from loop_fixtures import Attempt, Run, recipe
from safetensors.torch import load_file

import merge_fixtures
from builders.compat_bases import write_base
from builders.kill_launcher import SITES
from legal_eagle.engine.checkpoint import list_checkpoints, verify_checkpoint

_LAUNCHER = str(Path(__file__).with_name("kill_launcher.py"))
OUTSIDE = "outside"
_ONLY_WHEN_RESUMED = frozenset({"resume", "restore"})
# These happen once, at the end of an attempt; everything else soon after its start.
_LAST = frozenset({"adapter", "report", "end"})
# What an attempt does several times is hit at one of the first, so that a run meets many kills.
_MAX_OCCURRENCE = 4
_MAX_KILLS_A_RUN = 6
# Within reading a checkpoint; the uninterrupted run has no span to take it from.
_RESUME_EVENTS = 400


@dataclasses.dataclass(frozen=True)
class Setting:
    """One configuration: changes of the recipe and of the job's parameters, another base where `base` makes
    one, and the sites that its runs do not come by."""

    name: str
    recipe: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    params: Mapping[str, Any] = dataclasses.field(default_factory=dict)
    base: Callable[[Path], Path] | None = None
    without: frozenset[str] = frozenset()

    def sites(self) -> list[str]:
        return [site for site in (*SITES, OUTSIDE) if site not in self.without]


def _gemma(folder: Path) -> Path:
    """A base that only the compat engine computes."""
    folder.mkdir(parents=True)
    return write_base(folder, "gemma3", merge_fixtures.write_tokenizer(folder))


SETTINGS: Sequence[Setting] = (
    Setting("LoRA with dropout"),
    Setting("DoRA, rsLoRA, whole head", {"lora": {"dora": True, "rsLora": True, "whole": "head"}}),
    Setting("fp16 with a scaled loss", {"hardware": {"precision": "fp16"}}),
    Setting("two ranks", {"hardware": {"processes": 2}}),
    Setting("NF4 base", {"hardware": {"quantization": "nf4"}}),
    Setting("INT8 base", {"hardware": {"quantization": "int8"}}),
    Setting("batches of packs", {"batch": {"unit": "packs", "microBatch": 1, "gradientAccumulation": 2}}),
    # Dropout, the one option of an adapter that full fine-tuning ignores, stays in the recipe.
    Setting("full fine-tuning", {"method": "full"}, without=frozenset({"load"})),
    Setting("compat engine (Gemma 3)", base=_gemma, without=frozenset({"load"})),
)


@dataclasses.dataclass(frozen=True)
class Point:
    """A kill: where, after which finished step, and the step of the checkpoint that stood there then."""

    setting: str
    site: str
    occurrence: int
    events: int
    killed_at_step: int
    checkpoint_step: int | None


@dataclasses.dataclass
class Outcome:
    """All kills of one setting. `different` names what was not bit-equal, run by run."""

    setting: str
    points: list[Point] = dataclasses.field(default_factory=list)
    runs: int = 0
    different: list[str] = dataclasses.field(default_factory=list)


def run_campaign(
    setting: Setting,
    material: tuple[Path, Path],
    folder: Path,
    points: int,
    moments: random.Random,
) -> Outcome:
    """Kills runs of `setting` at `points` moments and lets each go on to its end. Raises AssertionError where
    an attempt fails by itself, or a checkpoint stands under its name without being whole."""
    values = recipe(checkpoints={"everySteps": 2, "keepLast": 2}, **setting.recipe)

    if setting.base is not None:
        material = setting.base(folder / "base"), material[1]

    def new_run(name: str) -> Run:
        # Each with its own token cache, so that tokenising can be killed too.
        return Run(folder / name / "run", *material, values)

    outcome = Outcome(setting.name)
    straight, spans, seconds = _uninterrupted(new_run("straight"), setting)
    waiting = _shuffled(setting.sites(), moments)
    while len(outcome.points) < points:
        outcome.runs += 1
        run = new_run(f"killed-{outcome.runs}")
        for _ in range(min(_MAX_KILLS_A_RUN, points - len(outcome.points))):
            if not waiting:
                waiting = _shuffled(setting.sites(), moments)
            site = _next_site(waiting, run)
            point = _attempt(run, setting, site, spans, moments, seconds)
            if point is None:
                break
            outcome.points.append(point)
        else:
            last = run.start(run.newest_checkpoint(), **setting.params)
            assert last.wait() == 0, last.log()
        outcome.different += [f"run {outcome.runs}: {one}" for one in differences(run, straight)]
        shutil.rmtree(run.root.parent)
    return outcome


def differences(run: Run, straight: Run) -> list[str]:
    """What of two finished runs is not bit-equal."""
    found = []
    compared: list[tuple[str, Callable[[Run], object]]] = [
        ("losses", Run.losses),
        ("eval losses", Run.eval_losses),
        ("answers", _answers),
        ("generators", _generators),
    ]
    for name, value_of in compared:
        if value_of(run) != value_of(straight):
            found.append(name)
    for name in (_result_of(run), "optimizer.safetensors"):
        ours, theirs = (load_file(_last_file(one, name)) for one in (run, straight))
        if ours.keys() != theirs.keys() or not all(ours[key].equal(theirs[key]) for key in theirs):
            found.append(name)
    return found


def _uninterrupted(run: Run, setting: Setting) -> tuple[Run, dict[str, list[int]], float]:
    """The run that nobody kills, the events of its sites, and how long it took (to draw instants from)."""
    spans = run.root.parent / "spans.json"
    started = time.monotonic()
    attempt = run.start(entry=(_LAUNCHER, json.dumps({"measure": str(spans)})), **setting.params)
    assert attempt.wait() == 0, attempt.log()
    seconds = time.monotonic() - started
    found: dict[str, list[int]] = json.loads(spans.read_text(encoding="utf-8"))
    expected = set(setting.sites()) - _ONLY_WHEN_RESUMED - {OUTSIDE}
    never = sorted(site for site in expected if not found[site])
    assert never == [], f"no run comes by these functions any more: {never}"
    return run, found, seconds


def _attempt(
    run: Run,
    setting: Setting,
    site: str,
    spans: Mapping[str, list[int]],
    moments: random.Random,
    seconds: float,
) -> Point | None:
    """One more attempt, killed at a moment of `site`; None where it came to its end before."""
    newest = run.newest_checkpoint()
    if site == "tokenise":
        # It happens where nothing is cached: a person may clear the cache between two attempts.
        shutil.rmtree(run.root.parent / "tokens", ignore_errors=True)
    occurrence, events = 0, 0
    if site == OUTSIDE:
        attempt = run.start(newest, **setting.params)
        _kill_from_outside(attempt, moments.uniform(0.0, seconds))
    else:
        known = spans[site] or [_RESUME_EVENTS]
        occurrence = moments.randint(1, min(_MAX_OCCURRENCE, len(known)))
        events = moments.randrange(known[occurrence - 1])
        moment = json.dumps({"site": site, "occurrence": occurrence, "events": events})
        attempt = run.start(newest, entry=(_LAUNCHER, moment), **setting.params)
    code = attempt.wait()
    if code == 0:
        return None
    assert code == -signal.SIGKILL, f"{site} {occurrence} {events}: {code}\n{attempt.log()}"
    _check_what_is_left(run)
    steps = [data["step"] for data in attempt.data("step")]
    before = 0 if newest is None else int(newest.name.removeprefix("step-"))
    now = run.newest_checkpoint()
    return Point(
        setting.name,
        site,
        occurrence,
        events,
        max(steps, default=before),
        None if now is None else int(now.name.removeprefix("step-")),
    )


def _kill_from_outside(attempt: Attempt, seconds: float) -> None:
    """Kills the process after `seconds`, wherever that is; does nothing where it has ended before."""
    assert attempt.process is not None
    deadline = time.monotonic() + seconds
    while time.monotonic() < deadline and attempt.process.poll() is None:
        time.sleep(0.002)
    attempt.process.kill()


def _check_what_is_left(run: Run) -> None:
    """Whatever the moment: what stands under a final name is whole, every byte of it."""
    if run.checkpoints.exists():
        named = [folder for folder in run.checkpoints.iterdir() if "." not in folder.name]
        # Pruning takes the manifest first: such a folder is offered to nobody.
        for folder in named:
            if (folder / "manifest.json").exists():
                verify_checkpoint(folder)
    result = run.root / _result_of(run)
    if result.parent.exists():
        load_file(result)
        assert (result.parent / "legal_eagle.json").exists()


def _result_of(run: Run) -> str:
    """What a finished run of this recipe has made, below its folder."""
    is_full = run.recipe["method"] == "full"
    return "model/model.safetensors" if is_full else "adapter/adapter_model.safetensors"


def _shuffled(sites: Iterable[str], moments: random.Random) -> list[str]:
    """Every site once, in random order, what ends a run behind the rest."""
    order = list(sites)
    moments.shuffle(order)
    return sorted(order, key=lambda site: site not in _LAST)


def _next_site(waiting: list[str], run: Run) -> str:
    """Takes the next site from the end of `waiting` that this run can come by."""
    fresh = run.newest_checkpoint() is None
    for index in range(len(waiting) - 1, -1, -1):
        if not (fresh and waiting[index] in _ONLY_WHEN_RESUMED):
            return waiting.pop(index)
    waiting.clear()
    return "step"


def _answers(run: Run) -> dict[tuple[int, str], str]:
    return {
        (data["step"], data["prompt"]): data["answer"]
        for attempt in run.attempts
        for data in attempt.data("sample")
    }


def _generators(run: Run) -> object:
    """The state of every random generator in the last checkpoint."""
    state = json.loads(_last_file(run, "state.json").read_text(encoding="utf-8"))
    return state["generators"]


def _last_file(run: Run, name: str) -> Path:
    return run.root / name if "/" in name else list_checkpoints(run.checkpoints)[-1].path / name


def table(outcomes: Sequence[Outcome], seed: int) -> str:
    """Markdown: one row a setting, then one a kill."""
    lines = [
        f"seed {seed}",
        "",
        "| configuration | kills | runs | bit-equal |",
        "| --- | --- | --- | --- |",
    ]
    for one in outcomes:
        verdict = "no: " + "; ".join(one.different) if one.different else "yes"
        lines.append(f"| {one.setting} | {len(one.points)} | {one.runs} | {verdict} |")
    lines += [
        "",
        "| configuration | killed in | occurrence | events into it | last step | newest whole checkpoint |",
        "| --- | --- | --- | --- | --- | --- |",
    ]
    for point in (point for one in outcomes for point in one.points):
        whole = "none" if point.checkpoint_step is None else str(point.checkpoint_step)
        lines.append(
            f"| {point.setting} | {point.site} | {point.occurrence} | {point.events} "
            f"| {point.killed_at_step} | {whole} |"
        )
    return "\n".join(lines)
