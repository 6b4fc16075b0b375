"""Models small enough to be made in a fixture: random weights, real architectures, a byte tokenizer."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import gguf
import numpy as np
import torch
from tokenizers import Tokenizer
from tokenizers.decoders import ByteLevel as ByteLevelDecoder
from tokenizers.models import BPE
from tokenizers.pre_tokenizers import ByteLevel
from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast, Qwen2Config, Qwen2ForCausalLM

SPECIALS = ("<|endoftext|>", "<|im_start|>", "<|im_end|>")
VOCABULARY = 256 + len(SPECIALS)
CHAT_TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)
# Wide random weights spread the logits, so that the likeliest token is no near-tie.
SHAPE: dict[str, Any] = {
    "vocab_size": VOCABULARY,
    "hidden_size": 48,
    "intermediate_size": 96,
    "num_hidden_layers": 3,
    "num_attention_heads": 6,
    "num_key_value_heads": 2,
    "max_position_embeddings": 512,
    "initializer_range": 0.3,
    "bos_token_id": 1,
    "eos_token_id": 2,
    "pad_token_id": 0,
}


def toy_llama(seed: int = 0, **changes: Any) -> Any:
    """A Llama with three query heads a key head."""
    torch.manual_seed(seed)
    return LlamaForCausalLM(LlamaConfig(**{**SHAPE, **changes})).eval()


def toy_qwen(seed: int = 0, **changes: Any) -> Any:
    """A Qwen2: biases on queries, keys and values; a sliding window where `changes` ask for one."""
    torch.manual_seed(seed)
    return Qwen2ForCausalLM(Qwen2Config(**{**SHAPE, **changes})).eval()


def toy_tokenizer(chat_template: str | None = CHAT_TEMPLATE) -> Any:
    """One token a byte, and the three special ones."""
    vocabulary = {token: index for index, token in enumerate((*SPECIALS, *sorted(ByteLevel.alphabet())))}
    tokenizer = Tokenizer(BPE(vocabulary, []))
    tokenizer.pre_tokenizer = ByteLevel(add_prefix_space=False)
    tokenizer.decoder = ByteLevelDecoder()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer, eos_token=SPECIALS[2], pad_token=SPECIALS[2], unk_token=SPECIALS[0]
    )
    fast.add_special_tokens({"additional_special_tokens": [SPECIALS[1]]})
    fast.chat_template = chat_template
    return fast


def save_toy(folder: Path, model: Any) -> Path:
    """As `path:` wants it: safetensors, config and tokenizer."""
    model.save_pretrained(folder)
    toy_tokenizer().save_pretrained(folder)
    return folder


def write_toy_gguf(file: Path, layers: int = 1) -> Path:
    """A GGUF file of a random Llama in float32, with a tokenizer that calls itself SmolLM's."""
    writer = gguf.GGUFWriter(file, "llama")
    width, inner, heads, key_heads = 32, 64, 4, 2
    writer.add_block_count(layers)
    writer.add_context_length(256)
    writer.add_embedding_length(width)
    writer.add_feed_forward_length(inner)
    writer.add_head_count(heads)
    writer.add_head_count_kv(key_heads)
    writer.add_layer_norm_rms_eps(1e-5)
    writer.add_rope_freq_base(10000.0)
    writer.add_vocab_size(VOCABULARY + 2)
    tokens = [*SPECIALS, *sorted(ByteLevel.alphabet()), "ĊĊ", "Ġ1"]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("smollm")
    writer.add_token_list(tokens)
    writer.add_token_types([3, 3, 3] + [1] * (len(tokens) - 3))
    writer.add_token_merges(["Ċ Ċ", "Ġ 1"])
    writer.add_bos_token_id(1)
    writer.add_eos_token_id(2)
    writer.add_pad_token_id(2)
    writer.add_unk_token_id(0)
    writer.add_chat_template(CHAT_TEMPLATE)
    draw = np.random.default_rng(0)

    def tensor(name: str, *shape: int) -> None:
        writer.add_tensor(name, (draw.standard_normal(shape) * 0.3).astype(np.float32))

    tensor("token_embd.weight", len(tokens), width)
    for layer in range(layers):
        for name, rows, columns in (
            ("attn_q", width, width), ("attn_k", width * key_heads // heads, width),
            ("attn_v", width * key_heads // heads, width), ("attn_output", width, width),
            ("ffn_gate", inner, width), ("ffn_up", inner, width), ("ffn_down", width, inner),
        ):  # fmt: skip
            tensor(f"blk.{layer}.{name}.weight", rows, columns)
        tensor(f"blk.{layer}.attn_norm.weight", width)
        tensor(f"blk.{layer}.ffn_norm.weight", width)
    tensor("output_norm.weight", width)
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    return file
