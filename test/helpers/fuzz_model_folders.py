"""Writes damaged and hostile model folders, and what the Python side says of each.

`fuzz_model_folders.py ROOT COUNT SEED` writes ROOT/<number>/ and one line of JSON a folder to stdout: `code`
is `ok` or the code of the refusal; `crash` is the text of anything that is not a coded refusal.
"""

from __future__ import annotations

import json
import random
import shutil
import sys
import traceback
from collections.abc import Callable
from pathlib import Path

sys.path[:0] = [str(Path(__file__).resolve().parents[1] / "python")]

import torch  # noqa: E402

from builders.checkpoints import random_tensors, tiny_config, tiny_values  # noqa: E402
from legal_eagle.engine.model import build_model  # noqa: E402
from legal_eagle.jobs.errors import JobError  # noqa: E402
from legal_eagle.models.check_tensors import check_tensors  # noqa: E402
from legal_eagle.models.config import read_config  # noqa: E402
from legal_eagle.models.templates import detect_template  # noqa: E402
from legal_eagle.models.weights import SafetensorsFolder  # noqa: E402
from legal_eagle.release.layout_folder import write_llama_layout  # noqa: E402
from merge_fixtures import write_shards, write_tokenizer  # noqa: E402

INDEX = "model.safetensors.index.json"
NUMBERS = (0, -1, 1, 2, 3, 7, 64, 64.0, 0.5, 1e3, 2**31, 2**53, 2**63, -0.0, 1e308, 10**30)
VALUES = (
    None, True, False, "", "64", "x", [], {}, [1], {"type": "linear"}, {"rope_type": "yarn", "factor": -1},
    {"type": "dynamic", "factor": 2}, {"rope_type": "llama3", "factor": 8}, {"rope_type": 5}, *NUMBERS,
)  # fmt: skip
RAW = (
    "NaN",
    "Infinity",
    "1e999",
    "-1e999",
    "9" * 400,
    '"\\ud800"',
    "[" * 100 + "]" * 100,
    "01",
    "'x'",
    "1_0",
)
NAMES = (
    "../secret.safetensors", "/etc/passwd", "..\\x.safetensors", "C:x.safetensors", "x.bin", "", ".", "..",
    "sub/x.safetensors", "x\0.safetensors", "x" * 300 + ".safetensors", "模" * 90 + ".safetensors",
    "\u202e.safetensors", "model-00001-of-00002.safetensors", "absent.safetensors", "CON.safetensors",
)  # fmt: skip
KEYS = (
    "sliding_window", "use_sliding_window", "layer_types", "max_window_layers", "mlp_bias",
    "quantization_config", "partial_rotary_factor", "rope_parameters", "rotary", "head_dim", "dtype",
    "hidden_act", "__proto__", "constructor", "torch_dtype", "eos_token_id", "auto_map", "rope_theta",
    "rope_scaling", "num_key_value_heads",
)  # fmt: skip
TEMPLATES = (
    "{{ ''.__class__.__mro__[1].__subclasses__() }}",
    "{% for i in range(10**9) %}x{% endfor %}",
    "{{ cycler.__init__.__globals__.os.system('touch CANARY') }}",
    "{% include '/etc/passwd' %}",
    "{{ messages",
    "\x00\xff",
)


def flipped(data: bytes, dice: random.Random) -> bytes:
    changed = bytearray(data)
    for _ in range(dice.randint(1, 4)):
        if changed:
            changed[dice.randrange(len(changed))] = dice.randrange(256)
    return bytes(changed)


def cut(data: bytes, dice: random.Random) -> bytes:
    return data[: dice.randrange(len(data) + 1)]


def spliced(text: str, dice: random.Random) -> str:
    """One value of a JSON text replaced by something that a generator of JSON would not write."""
    at = [index for index, sign in enumerate(text) if sign == ":"]
    place = dice.choice(at) + 1
    end = min(index for index in (*(text.find(sign, place) for sign in ",}"), len(text)) if index >= 0)
    return text[:place] + dice.choice(RAW) + text[end:]


def doubled(text: str, dice: random.Random) -> str:
    """An object whose first key stands twice, with another value the second time."""
    key = text[1 : text.index(":")]
    return f"{{{key}: {dice.choice(['5', 'null', '[]'])}, {text[1:]}"


def change_config(folder: Path, dice: random.Random) -> None:
    path = folder / "config.json"
    text = path.read_text(encoding="utf-8")
    values = json.loads(text)
    kind = dice.randrange(8)
    if kind <= 3:
        for _ in range(dice.randint(1, 2)):
            values[dice.choice([*values, *KEYS])] = dice.choice(VALUES)
        path.write_text(json.dumps(values), encoding="utf-8")
    elif kind == 4:
        del values[dice.choice(list(values))]
        path.write_text(json.dumps(values), encoding="utf-8")
    elif kind == 5:
        path.write_text(spliced(text, dice), encoding="utf-8")
    elif kind == 6:
        path.write_text(dice.choice(["", "\ufeff", " "]) + doubled(text, dice), encoding="utf-8")
    else:
        path.write_bytes(dice.choice([flipped, cut])(text.encode(), dice))


def change_index(folder: Path, dice: random.Random) -> None:
    path = folder / INDEX
    text = path.read_text(encoding="utf-8")
    values = json.loads(text)
    weight_map = values["weight_map"]
    name = dice.choice(list(weight_map))
    kind = dice.randrange(7)
    if kind <= 1:
        weight_map[name] = dice.choice(NAMES)
    elif kind == 2:
        weight_map[dice.choice(["__proto__", "extra.weight", "7", name + "\n"])] = weight_map[name]
    elif kind == 3:
        weight_map[name] = dice.choice(VALUES)
    elif kind == 4:
        values["weight_map"] = dice.choice(VALUES)
    elif kind == 5:
        path.write_text(dice.choice([spliced, doubled])(text, dice), encoding="utf-8")
        return
    else:
        path.write_bytes(dice.choice([flipped, cut])(text.encode(), dice))
        return
    path.write_text(json.dumps(values), encoding="utf-8")


def change_header(folder: Path, dice: random.Random) -> None:
    path = dice.choice(sorted(folder.glob("*.safetensors")))
    data = path.read_bytes()
    length = int.from_bytes(data[:8], "little")
    text, rest = data[8 : 8 + length].decode().rstrip(), data[8 + length :]
    table = json.loads(text)
    entries = [one for one in table.values() if "dtype" in one]
    entry = dice.choice(entries)
    kind = dice.randrange(12)
    if kind == 0:
        path.write_bytes(
            dice.choice([0, 1, length - 1, length + 1, 2**62, 2**64 - 1]).to_bytes(8, "little") + data[8:]
        )
        return
    if kind == 1:
        path.write_bytes(dice.choice([flipped, cut])(data, dice))
        return
    if kind == 2:
        entry["dtype"] = dice.choice(["F64", "I8", "F8_E4M3", "F16", "", 5, None])
    elif kind == 3:
        entry["shape"] = dice.choice(
            [[], [0], entry["shape"][::-1], [*entry["shape"], 1], ["4"], [4.0], [-1], [2**53], None]
        )
    elif kind == 4:
        entry["data_offsets"] = dice.choice(entries)["data_offsets"]
    elif kind == 5:
        entry["data_offsets"] = dice.choice(
            [[0], [0, 1, 2], [8, 0], [-4, 0], ["0", "4"], [0.0, 4.5], None, {}]
        )
    elif kind == 6:
        table["__metadata__"] = dice.choice([{"format": 5}, [], None, "pt", {"format": None}, {}])
    elif kind == 7:
        table[dice.choice(["__proto__", "extra", "", "a.rotary_emb.inv_freq"])] = table.pop(
            next(k for k in table if table[k] is entry)
        )
    elif kind == 8:
        table.pop(next(key for key in table if table[key] is entry))
    elif kind == 9:
        rest = dice.choice([rest + b"\0" * 4, rest[:-1], b""])
    changed = json.dumps(table)
    if kind == 10:
        changed = doubled(changed, dice)
    elif kind == 11:
        changed = spliced(changed, dice)
    body = changed.encode()
    path.write_bytes(len(body).to_bytes(8, "little") + body + rest)


def change_tokenizer(folder: Path, dice: random.Random) -> None:
    kind = dice.randrange(4)
    if kind == 0:
        (folder / "chat_template.jinja").write_text(dice.choice(TEMPLATES), encoding="utf-8")
    elif kind == 1:
        path = folder / "tokenizer_config.json"
        values = json.loads(path.read_text(encoding="utf-8"))
        values[dice.choice(["chat_template", "bos_token", "eos_token", "added_tokens_decoder"])] = (
            dice.choice([*VALUES, *TEMPLATES, "[" * 50])
        )
        path.write_text(json.dumps(values), encoding="utf-8")
    else:
        path = folder / dice.choice(["tokenizer.json", "tokenizer_config.json", "generation_config.json"])
        data = path.read_bytes()
        hostile = (b"[" * 100_000, b'{"a":' * 100_000, flipped(data, dice), cut(data, dice))
        path.write_bytes(dice.choice(hostile))


def change_files(folder: Path, dice: random.Random) -> None:
    shards = sorted(folder.glob("*.safetensors"))
    path = dice.choice([*shards, folder / INDEX, folder / "config.json", folder / "tokenizer.json"])
    kind = dice.randrange(4)
    path.unlink()
    if kind == 1:
        path.mkdir()
    elif kind == 2:
        path.symlink_to(path.name)
    elif kind == 3:
        path.with_suffix(".bin").write_bytes(b"\x80\x02cos\nsystem\n(S'touch CANARY'\ntR.")


CHANGES: tuple[Callable[[Path, random.Random], None], ...] = (
    change_config, change_config, change_index, change_header, change_header, change_tokenizer, change_files,
)  # fmt: skip


def pattern_folder(folder: Path, layout: str) -> None:
    """A whole small model in two shards, with code beside it that must never run."""
    folder.mkdir(parents=True)
    values = tiny_values(
        layout, hidden_size=16, intermediate_size=8, num_hidden_layers=2, num_attention_heads=4
    )
    values["vocab_size"] = write_tokenizer(folder)
    values["auto_map"] = {"AutoModelForCausalLM": "modeling_internlm2.InternLM2ForCausalLM"}
    (folder / "config.json").write_text(json.dumps(values), encoding="utf-8")
    (folder / "generation_config.json").write_text('{"eos_token_id": 2}', encoding="utf-8")
    (folder / "modeling_internlm2.py").write_text("open('CANARY', 'w').close()\n", encoding="utf-8")
    write_shards(folder, random_tensors(tiny_config(values)), 2)


def verdict_of(folder: Path, out: Path) -> dict[str, str]:
    said = {"code": "ok", "crash": ""}
    try:
        try:
            config = read_config(folder)
            check_tensors(SafetensorsFolder(folder), config)
        except JobError as refusal:
            said["code"] = refusal.code
        try:
            template = detect_template(folder)
            if said["code"] == "ok":
                build_model(folder)
                out.mkdir()
                write_llama_layout(folder, out, template=template, max_shard_bytes=4096)
        except JobError:
            pass
    except BaseException:
        said["crash"] = traceback.format_exc()
    shutil.rmtree(out, ignore_errors=True)
    return said


def main(root: Path, count: int, seed: int) -> None:
    torch.set_num_threads(1)
    patterns = {layout: root / f"pattern-{layout}" for layout in ("internlm2", "llama")}
    for layout, folder in patterns.items():
        pattern_folder(folder, layout)
    for number in range(count):
        dice = random.Random(seed * 1_000_003 + number)
        folder = root / str(number)
        shutil.copytree(patterns[dice.choice(sorted(patterns))], folder)
        # The first two are whole: a reader that refuses everything would agree with any other.
        for _ in range(0 if number < 2 else dice.choice([1, 1, 1, 2])):
            try:
                dice.choice(CHANGES)(folder, dice)
            except (
                OSError,
                ValueError,
                KeyError,
                TypeError,
                IndexError,
                AttributeError,
                StopIteration,
                RecursionError,
            ):
                # The change before left nothing that this one understands.
                continue
        print(json.dumps({"folder": str(number), **verdict_of(folder, root / "out")}), flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]))
