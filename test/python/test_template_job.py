"""The job that says what a model folder's chat template is."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from builders.template_folders import template_folder
from legal_eagle.models.template_job import inspection
from legal_eagle.protocol import parse
from service_job import run_job, write_job

CONTROL = ("<s>", "</s>", "<|im_start|>", "<|im_end|>")
CHATML = (
    "{{ bos_token }}{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
OWN = CHATML.replace("<|im_start|>", "##<|im_start|>")
# Leaves out what was said before the last turn: nothing could be learned from it by its text.
FORGETS = "{{ messages[-1].content }}<|im_end|>"
ANSWERS = ["不得超过六个月。", "<|im_end|>", "《劳动合同法》第十九条。", "<|im_end|>"]


def folder_with(path: Path, jinja: str | None, control: tuple[str, ...] = CONTROL) -> Path:
    return template_folder(path / "base", control, jinja=jinja, bos="<s>", eos="</s>")


@pytest.mark.parametrize(
    ("jinja", "verdict", "template"),
    [(CHATML, "family", "internlm2"), (OWN, "own", None), (None, "absent", "internlm2")],
)
def test_the_sample_marks_what_a_run_learns(
    tmp_path: Path, jinja: str | None, verdict: str, template: str | None
) -> None:
    """A page that shows another mask than training computes, or a template under a wrong name."""
    found = inspection(folder_with(tmp_path, jinja))
    assert (found["verdict"], found["template"], found["error"]) == (verdict, template, None)
    assert [one["text"] for one in found["sample"] if one["isAnswer"]] == ANSWERS
    assert found["text"] == jinja
    assert parse(found, "TemplateInspection")[1] == []


def test_what_is_refused_comes_with_its_reason_and_no_sample(tmp_path: Path) -> None:
    """A refused template whose reason only the log knows; one that is shown as if it were trained with."""
    found = inspection(folder_with(tmp_path, FORGETS))
    assert (found["verdict"], found["sample"], found["template"]) == ("refused", None, None)
    assert found["error"]["code"].startswith("model.template_")


def test_a_folder_of_no_family_says_so(tmp_path: Path) -> None:
    """A guess where nothing is known."""
    found = inspection(folder_with(tmp_path, None, ("<s>", "</s>")))
    assert (found["verdict"], found["sample"], found["template"]) == ("absent", None, None)
    assert found["error"]["code"] == "model.template_undetected"


def test_the_longest_template_fits_into_one_event(tmp_path: Path) -> None:
    """A job that fails at its very end because an event is too long."""
    folder = folder_with(tmp_path, CHATML + "{# " + "😀" * 90_000 + " #}")
    job = write_job(tmp_path / "job", "template-inspection", {"folder": str(folder)})
    assert run_job(job) == 0
    events: list[dict[str, Any]] = [
        json.loads(line) for line in (job / "events.ndjson").read_text("utf-8").splitlines()
    ]
    (result,) = [event["data"] for event in events if event["type"] == "result"]
    assert result["verdict"] == "family"
    assert len(result["text"]) < result["textCharacters"]
