"""LoRA adapters for the toy models, made and saved by PEFT itself."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig, get_peft_model

from engine.runs.directory import RunDirectory, RunRecord, write_record
from tests.engine.toy_models import toy_llama


def save_toy_adapter(
    folder: Path, model: Any, *, seed: int = 1, scale: float = 0.3, base: str = "", **lora: Any
) -> Any:
    """Save a random adapter made for `model`; returns the adapted model. `scale` 0 is an adapter nobody has trained.

    `model` becomes part of what is returned: pass one of its own.
    """
    settings: dict[str, Any] = {"r": 4, "lora_alpha": 8, "target_modules": ["q_proj", "v_proj", "down_proj"], **lora}
    adapted = get_peft_model(model, LoraConfig(task_type="CAUSAL_LM", **settings))
    draw = torch.Generator().manual_seed(seed)
    with torch.no_grad():
        for name, tensor in adapted.named_parameters():
            if "lora_B" in name:
                tensor.copy_(scale * torch.randn(tensor.shape, generator=draw))
    adapted.save_pretrained(str(folder))
    if base:
        change_config(folder, base_model_name_or_path=base)
    return adapted.eval()


def change_config(folder: Path, **changes: Any) -> None:
    file = folder / "adapter_config.json"
    file.write_text(json.dumps({**json.loads(file.read_text()), **changes}))


def run_with_adapter(runs: Path, number: int, stage: str, base: str) -> RunDirectory:
    """A run whose stage has made an adapter, each run another one; a higher number is newer."""
    run = RunDirectory(runs / f"2025010{number}-000000-sft-{number:04x}")
    run.path.mkdir(parents=True)
    write_record(run, RunRecord(run.id, "sft", "cpu", created=float(number)))
    save_toy_adapter(run.stage(stage) / "adapter", toy_llama(), seed=number, base=base)
    return run
