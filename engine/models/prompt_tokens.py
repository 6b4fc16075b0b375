"""From turns to token ids: the model's own chat template, or plain questions and answers where it has none."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from jinja2 import TemplateError

from engine.models.completion import Message

TURN_ENDS = ("<|im_end|>", "<|eot_id|>", "<end_of_turn>", "<|end|>")
"""End-of-turn tokens of the common chat templates; some models' generation configs forget theirs."""


class PromptTokens:
    """A tokenizer with its template."""

    def __init__(self, tokenizer: Any) -> None:
        self._tokenizer = tokenizer
        self._system_folds = False

    def encode(self, messages: Sequence[Message]) -> list[int]:
        """Token ids of the turns, with the opening of the assistant's turn."""
        ids: list[int]
        if not self._tokenizer.chat_template:
            ids = self._tokenizer(plain_text(messages))["input_ids"]
            return ids
        if not self._system_folds:
            try:
                return self._templated(messages)
            except TemplateError:
                # Some templates (Gemma, Mistral) refuse a system turn: its words go before the first question.
                if messages[0].role != "system":
                    raise
                self._system_folds = True
        return self._templated(folded_system(messages))

    def decode(self, ids: Sequence[int]) -> str:
        """The text of generated tokens, without special tokens and the white space around."""
        text: str = self._tokenizer.decode(ids, skip_special_tokens=True)
        return text.strip()

    def common_turns(self, messages: Sequence[Message]) -> list[int]:
        """What every prompt with these turns but another last one begins with, as token ids.

        Found from two stand-ins for the last turn, not from the prompts of one batch: each batch of a run gets the
        same beginning, whatever its questions begin with.
        """
        *turns, last = messages
        return common(*(self.encode([*turns, Message(last.role, text)]) for text in ("0", "x")))

    def _templated(self, messages: Sequence[Message]) -> list[int]:
        turns = [{"role": message.role, "content": message.content} for message in messages]
        encoded = self._tokenizer.apply_chat_template(turns, add_generation_prompt=True, return_dict=True)
        ids: list[int] = encoded["input_ids"]
        return ids


def folded_system(messages: Sequence[Message]) -> list[Message]:
    """The system turn's words at the head of the first user turn."""
    system, first, *rest = messages
    return [Message(first.role, f"{system.content}\n\n{first.content}"), *rest]


def plain_text(messages: Sequence[Message]) -> str:
    """The turns as text for models without a chat template: instruction, then questions and answers."""
    names = {"system": "", "user": "Question: ", "assistant": "Answer: "}
    return "\n\n".join(names[m.role] + m.content for m in messages) + "\n\nAnswer:"


def stop_ids(model: Any, tokenizer: Any) -> frozenset[int]:
    """Every id that ends an answer: of the generation config, the tokenizer, and the chat template's turn.

    The padding token is none of them unless it is also one of these: a pad id among the stops ends every answer
    (transformers issue 48016).
    """
    configured = model.generation_config.eos_token_id
    found = set(configured if isinstance(configured, list) else [configured]) | {tokenizer.eos_token_id}
    vocabulary = tokenizer.get_vocab()
    template = str(tokenizer.chat_template or "")
    found |= {vocabulary[end] for end in TURN_ENDS if end in vocabulary and end in template}
    return frozenset(token for token in found if token is not None)


def common(a: Sequence[int], b: Sequence[int]) -> list[int]:
    """The longest common beginning."""
    length = next((i for i, (x, y) in enumerate(zip(a, b, strict=False)) if x != y), min(len(a), len(b)))
    return list(a[:length])
