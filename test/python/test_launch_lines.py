"""`train --hosts`: the same lines as the studio's, and nothing started."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from legal_eagle.__main__ import main
from legal_eagle.jobs.errors import EXIT_SPEC

_CASES = json.loads(
    (Path(__file__).parents[1] / "fixtures" / "recipes" / "launch-lines.json").read_text(encoding="utf-8")
)


@pytest.mark.parametrize("case", _CASES, ids=lambda case: case["hosts"])
def test_the_lines_are_the_studios_and_nothing_starts(
    case: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # Bug caught: other lines than the studio's, a run folder made on the machine that only prints.
    monkeypatch.chdir(tmp_path)
    name = case.get("recipe", "recipe.yaml")
    content = {"model": "no-such-base", "dataset": "d", "hardware": case.get("hardware", {})}
    Path(name).write_text(yaml.safe_dump(content), encoding="utf-8")
    changes = [word for change in case.get("set", []) for word in ("--set", change)]
    code = main(["train", name, *changes, "--hosts", case["hosts"], "--json"])
    said = json.loads(capsys.readouterr().out)
    if "code" in case:
        assert code == EXIT_SPEC
        assert said["error"]["code"] == case["code"]
    else:
        assert code == 0
        assert [one["command"] for one in said["machines"]] == case["lines"]
    assert [path.name for path in tmp_path.iterdir()] == [name]


def test_a_person_reads_where_each_line_goes(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    # Bug caught: --resume, --runs and the steps to record are lost from the lines.
    recipe = tmp_path / "recipe.yaml"
    recipe.write_text("model: m\ndataset: d\n", encoding="utf-8")
    arguments = ["train", str(recipe), "--hosts", "a,b", "--resume", "--runs", "x y", "--profile-steps", "3"]
    assert main(arguments) == 0
    said = capsys.readouterr().out
    assert "\na:\n  torchrun " in said
    assert "\nb:\n  torchrun " in said
    assert said.count("--set hardware.profileSteps=3 --runs 'x y' --resume\n") == 2
