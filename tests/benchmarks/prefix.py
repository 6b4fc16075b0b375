"""python -m tests.benchmarks.prefix: 8-shot GSM8K by this engine and by plain batched `generate`, side by side.

Same model in float32, same prompts, same threads, greedy, tokenizing included. The arms take turns: one pass of ours
over all problems stands before, between and after the groups in which the plain arms walk through them, so that a
neighbour on the machine slows both; problems a minute of processor time are shown too, which a neighbour hardly moves.
The figure for ours is the median pass, each with the prefix encoded anew.
Prints a table with the ratio to the best plain arm and how many problems got the same token ids; exit code 1 where
one differs by more than a near-tie.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from engine.models.completion import Prompt, Sampling
from engine.models.cores import sleep_while_waiting
from engine.models.loading import load_model
from engine.models.paths import cache_dir
from engine.models.prompt_tokens import PromptTokens, stop_ids
from engine.models.weights import locate
from engine.problems.problem_set import load_problems
from engine.problems.prompts import build_prompt
from engine.recipes.model_reference import parse_model_ref
from engine.recipes.preset import HardwarePreset
from engine.recipes.sections import ProblemSettings

NEAR_TIE = 1e-3
"""Logits closer than this may swap by the rounding of float32 sums; all else is a defect."""

Tokens = dict[int, list[int]]


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to do all the problems: seconds for all of them by the clock and of the cores, and how many got our
    tokens."""

    name: str
    seconds: float
    core_seconds: float
    problems: int
    same: int

    @property
    def per_minute(self) -> float:
        return 60 * self.problems / self.seconds

    @property
    def per_core_minute(self) -> float:
        return 60 * self.problems / self.core_seconds


class Plain:
    """transformers' `generate`, rows padded on the left, sorted by length, `batch` at once."""

    def __init__(self, model: Any, tokenizer: Any, batch: int, new_tokens: int) -> None:
        self.batch = batch
        self.seconds = self.core_seconds = 0.0
        self.tokens: Tokens = {}
        self._model, self._new_tokens = model, new_tokens
        self._text, self._stops = PromptTokens(tokenizer), stop_ids(model, tokenizer)

    def run(self, prompts: Sequence[Prompt], numbers: Sequence[int]) -> None:
        """Solve the problems of these numbers."""
        began, core_began = time.perf_counter(), time.process_time()
        rows = sorted(((self._text.encode(prompts[n].messages), n) for n in numbers), key=lambda row: len(row[0]))
        for start in range(0, len(rows), self.batch):
            self._generate(rows[start : start + self.batch])
        self.seconds += time.perf_counter() - began
        self.core_seconds += time.process_time() - core_began

    def _generate(self, rows: Sequence[tuple[list[int], int]]) -> None:
        import torch

        longest = max(len(ids) for ids, _ in rows)
        whole = self._model.generate(
            input_ids=torch.tensor([[0] * (longest - len(ids)) + ids for ids, _ in rows]),
            attention_mask=torch.tensor([[0] * (longest - len(ids)) + [1] * len(ids) for ids, _ in rows]),
            max_new_tokens=self._new_tokens, do_sample=False, pad_token_id=0, eos_token_id=sorted(self._stops),
        )  # fmt: skip
        for (_, number), generated in zip(rows, whole[:, longest:].tolist(), strict=True):
            end = next((i + 1 for i, token in enumerate(generated) if token in self._stops), len(generated))
            self.tokens[number] = generated[:end]


def main() -> int:
    options = _arguments().parse_args()
    sleep_while_waiting()
    import torch

    torch.set_num_threads(options.threads)
    settings = ProblemSettings(source="gsm8k", path=str(options.data), limit=options.problems)
    problems = load_problems(settings, 42, cache_dir())
    prompts = [build_prompt(problem, problems.pool.examples[: options.shots]) for problem in problems.problems]
    ours, arms = _measure(prompts, options)
    table = {
        "model": options.model, "threads": options.threads, "new_tokens": options.new_tokens,
        "prefix_tokens": ours["prefix"], "prompt_tokens_mean": ours["prompt"], "passes_of_ours_s": ours["passes"],
        "arms": [{**asdict(arm), "per_minute": arm.per_minute, "per_core_minute": arm.per_core_minute} for arm in arms],
        "ratio": arms[-1].per_minute / max(arm.per_minute for arm in arms[:-1]),
        "wrong": ours["wrong"],
    }  # fmt: skip
    if options.json:
        Path(options.json).write_text(json.dumps(table, indent=1) + "\n")
    _print(table, arms)
    return 1 if ours["wrong"] else 0


def _arguments() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, default=Path("../shared/data/gsm8k"), help="a folder with GSM8K")
    parser.add_argument("--problems", type=int, default=48)
    parser.add_argument("--shots", type=int, default=8)
    parser.add_argument("--new-tokens", type=int, default=64)
    parser.add_argument("--batch", type=int, default=48, help="rows at once of ours")
    parser.add_argument("--plain-batches", type=int, nargs="+", default=[8, 16])
    parser.add_argument("--groups", type=int, default=3, help="turns in which the plain arms take the problems")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--model", default="embedded:smollm2-135m-instruct")
    parser.add_argument("--json", help="write the figures to this file too")
    return parser


def _measure(prompts: Sequence[Prompt], options: argparse.Namespace) -> tuple[dict[str, Any], list[Arm]]:
    from engine.models.torch_policy import TorchPolicy

    hardware = HardwarePreset(name="benchmark", title="", batch_size=options.batch, threads=options.threads)
    place = locate(parse_model_ref(options.model))
    reference, tokenizer = load_model(place, hardware)
    policy = TorchPolicy("ours", "", load_model(place, hardware)[0], tokenizer, options.batch)
    plain = [Plain(reference, tokenizer, batch, options.new_tokens) for batch in options.plain_batches]
    text = PromptTokens(tokenizer)
    list(policy.complete(prompts[:1], Sampling(2)))  # the first calls of a process cost more: both ways take theirs
    reference.generate(torch_row(text.encode(prompts[0].messages)[:64]), max_new_tokens=2, do_sample=False)

    passes: list[tuple[float, float]] = []
    tokens = Tokens()
    for group in [*_groups(len(prompts), options.groups), range(0)]:
        took, tokens = _pass(policy, prompts, options.new_tokens)
        passes.append(took)
        for arm in plain if group else ():
            arm.run(prompts, group)
            print(f"  plain {arm.batch:2}: {60 * len(arm.tokens) / arm.seconds:6.1f} a minute, "
                  f"ours {60 * len(prompts) / took[0]:6.1f}", file=sys.stderr, flush=True)  # fmt: skip
    numbers = range(len(prompts))
    facts = {
        "prefix": len(text.common_turns(prompts[0].messages)),
        "prompt": statistics.mean(len(text.encode(prompt.messages)) for prompt in prompts),
        "passes": [seconds for seconds, _ in passes],
        "wrong": [n for n in numbers if not _agree(reference, text, prompts[n], tokens[n], plain[0].tokens[n])],
    }
    arms = [
        Arm(f"generate, batch {arm.batch}", arm.seconds, arm.core_seconds, len(prompts),
            sum(arm.tokens[n] == tokens[n] for n in numbers))
        for arm in plain
    ]  # fmt: skip
    seconds, core_seconds = (statistics.median(column) for column in zip(*passes, strict=True))
    return facts, [
        *arms,
        Arm(f"shared prefix, batch {options.batch}", seconds, core_seconds, len(prompts), len(tokens)),
    ]


def _pass(policy: Any, prompts: Sequence[Prompt], new_tokens: int) -> tuple[tuple[float, float], Tokens]:
    """Seconds by the clock and of the cores for all prompts, and the tokens."""
    policy.forget()  # each pass encodes the prefix
    began, core_began = time.perf_counter(), time.process_time()
    tokens = {c.index: list(c.token_ids) for c in policy.complete(prompts, Sampling(new_tokens))}
    return (time.perf_counter() - began, time.process_time() - core_began), tokens


def _agree(model: Any, text: PromptTokens, prompt: Prompt, ours: list[int], plain: list[int]) -> bool:
    """The same tokens, or parted where the plain model itself sees a near-tie between the two."""
    import torch

    if ours == plain:
        return True
    place = next(i for i, (a, b) in enumerate(zip(ours, plain, strict=False)) if a != b)
    with torch.inference_mode():
        logits = model(torch_row([*text.encode(prompt.messages), *plain[:place]]), logits_to_keep=1).logits[0, -1]
    return abs(float(logits[ours[place]] - logits[plain[place]])) < NEAR_TIE


def torch_row(ids: Sequence[int]) -> Any:
    import torch

    return torch.tensor([list(ids)])


def _groups(count: int, groups: int) -> Iterator[range]:
    size = -(-count // groups)
    return (range(start, min(start + size, count)) for start in range(0, count, size))


def _print(table: dict[str, Any], arms: Sequence[Arm]) -> None:
    print(f"{table['model']}, {table['prefix_tokens']} tokens shared of {table['prompt_tokens_mean']:.0f} a prompt, "
          f"{table['new_tokens']} new tokens, {table['threads']} threads, {arms[0].problems} problems")  # fmt: skip
    print(f"{'arm':26} {'a minute':>9} {'ratio':>6} {'a core minute':>14} {'ratio':>6}  same tokens as ours")
    best, core_best = (max(getattr(arm, key) for arm in arms[:-1]) for key in ("per_minute", "per_core_minute"))
    for arm in arms:
        print(f"{arm.name:26} {arm.per_minute:9.1f} {arm.per_minute / best:6.2f} {arm.per_core_minute:14.1f} "
              f"{arm.per_core_minute / core_best:6.2f}  {arm.same} of {arm.problems}")  # fmt: skip
    if table["wrong"]:
        print(f"not a near-tie: problems {table['wrong']}")


if __name__ == "__main__":
    sys.exit(main())
