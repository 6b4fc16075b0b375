"""Apply a LoRA adapter to a loaded model, or say why it does not fit; what is applied is proven to change the logits.

In 32 bits the adapter is merged into the weights, which then cost what the base costs. In 16 bits and in nf4 a merge
would round small changes away, so the adapter stays beside the weights as PEFT's modules, in its own precision; the
model keeps its class and forward pass either way, and the token engine's probe is made of the whole.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor

from engine.errors import UserError
from engine.models.adapter_files import AdapterFiles, made_for
from engine.recipes.model_reference import ModelRef

APPLIED = frozenset({
    "r", "lora_alpha", "target_modules", "exclude_modules", "fan_in_fan_out", "bias", "lora_bias", "use_rslora",
    "use_dora", "modules_to_save", "layers_to_transform", "layers_pattern", "rank_pattern", "alpha_pattern",
    "trainable_token_indices", "target_parameters",
})  # fmt: skip
"""Settings of LoraConfig that say what the adapter computes; a folder may ask for no others."""

OF_TRAINING = frozenset({
    "peft_type", "task_type", "auto_mapping", "peft_version", "base_model_name_or_path", "revision", "inference_mode",
    "lora_dropout", "init_lora_weights", "megatron_core", "qalora_group_size", "loftq_config", "eva_config",
    "corda_config", "lora_ga_config", "ensure_weight_tying", "runtime_config",
})  # fmt: skip
"""Settings that say how it was made, and nothing of what it computes."""

PROBE = [7, 3, 11, 5, 2, 13, 4, 9, 14, 6, 3, 12, 8, 15, 5, 10]
"""Token ids on which base and adapted model must differ; every vocabulary has them."""
NAMES_SHOWN = 3

FITTING = "choose the base that it was made for, or another adapter"


def apply_adapter(model: Any, adapter: AdapterFiles, base: ModelRef, place: Path | str) -> tuple[Any, tuple[str, ...]]:
    """The model with the adapter, and what the user should know of it. UserError where the two do not fit.

    `place` is where the base lies, for telling whether it is the one that the adapter names.
    """
    from peft import get_peft_model, set_peft_model_state_dict
    from safetensors.torch import load_file

    before = _logits(model)
    try:
        adapted = get_peft_model(model, _config(adapter))
    except (ValueError, TypeError, RuntimeError, AttributeError) as error:
        said = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
        raise UserError(f"{adapter.ref} does not fit {base}: {said}", FITTING) from error
    tensors = load_file(adapter.weights)
    _require_fit(_expected(adapted), tensors, adapter.ref, base)
    set_peft_model_state_dict(adapted, tensors)
    adapted = adapted.eval()
    exact = model.dtype is torch.float32 and not getattr(model, "is_quantized", False)
    applied = adapted.merge_and_unload() if exact else adapted.get_base_model()
    _require_change(_logits(applied), before, adapter.ref, base)
    if made_for(adapter, base, place):
        return applied.eval(), ()
    return applied.eval(), (f"the adapter {adapter.ref} was made for {adapter.base}; here it is applied to {base}",)


def _config(adapter: AdapterFiles) -> Any:
    """PEFT's config from the settings that are known here: a folder's file is no way to ask for anything else."""
    from peft import LoraConfig

    other = [name for name, value in adapter.config.items() if value and name not in APPLIED | OF_TRAINING]
    if other:
        asked = _some(sorted(other))
        raise UserError(f"{adapter.ref} asks for {asked}, which is not applied here", "use a plain LoRA adapter")
    known = {name: value for name, value in adapter.config.items() if name in APPLIED}
    return LoraConfig(**known, task_type="CAUSAL_LM", inference_mode=True)


def _expected(adapted: Any) -> dict[str, Tensor]:
    from peft import get_peft_model_state_dict

    # "auto" would ask the hub for the base's vocabulary.
    state: dict[str, Tensor] = get_peft_model_state_dict(adapted, save_embedding_layers=False)
    return state


def _require_fit(expected: Mapping[str, Tensor], found: Mapping[str, Tensor], ref: ModelRef, base: ModelRef) -> None:
    """The same names with the same shapes on both sides: nothing is left out silently."""
    if missing := sorted(expected.keys() - found.keys()):
        raise UserError(f"{ref} does not fit {base}: it lacks {_some(missing)}", FITTING)
    if unexpected := sorted(found.keys() - expected.keys()):
        raise UserError(f"{ref} does not fit {base}, which has no place for {_some(unexpected)}", FITTING)
    for name, tensor in found.items():
        shape, wanted = tuple(tensor.shape), tuple(expected[name].shape)
        if shape != wanted:
            raise UserError(f"{ref} does not fit {base}: {name} is {shape}, and there is place for {wanted}", FITTING)


def _require_change(after: Tensor, before: Tensor, ref: ModelRef, base: ModelRef) -> None:
    """An adapter that changes nothing would be evaluated as one."""
    difference = float((after - before).abs().max())
    if not difference > 0:  # not a number is no change either
        said = "changes nothing: the logits are the base's" if difference == 0 else "makes the logits no numbers"
        raise UserError(f"the adapter {ref} {said}", f"evaluate {base} alone, or train the adapter (further)")


@torch.inference_mode()
def _logits(model: Any) -> Tensor:
    ids = torch.tensor([PROBE], device=next(model.parameters()).device)
    logits: Tensor = model(input_ids=ids, use_cache=False).logits[0].float()
    return logits


def _some(names: Collection[str]) -> str:
    """The first of some names, and how many more there are."""
    first = list(names)[:NAMES_SHOWN]
    more = len(names) - len(first)
    return ", ".join(first) + (f" and {more} more" if more else "")
