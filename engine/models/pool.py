"""LoadedModels: the models of a run, each loaded once, when a stage first asks for it, and released when asked.

A model is known by its reference alone: how many rows go together is said with each call, so two stages with unlike
batches share one copy of the weights. A stage that needs the memory (a trainer) releases what it does not use; who asks
for a released model later has it loaded again.
"""

from __future__ import annotations

import gc
import sys
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from engine.errors import UserError
from engine.models.adapter_files import Runs, resolve_runs
from engine.models.paths import cache_dir
from engine.recipes.model_reference import parse_model_ref
from engine.recipes.preset import HardwarePreset
from engine.recipes.sections import ModelRoles

if TYPE_CHECKING:
    from engine.models.completion import Policy
    from engine.models.embedder import Embedder
    from engine.models.torch_policy import TorchPolicy

Role = str


@dataclass
class LoadedModels:
    """The models that the stages of a run share, seen through the roles of one of them (`for_roles`)."""

    roles: ModelRoles
    hardware: HardwarePreset
    runs: Runs | None = None
    """Where `run:RUN/STAGE` looks."""
    _policies: dict[str, Policy] = field(default_factory=dict)
    _embedders: dict[str, Embedder] = field(default_factory=dict)

    def for_roles(self, roles: ModelRoles) -> LoadedModels:
        """The same models under other roles: what is loaded for one stage is there for the others."""
        return replace(self, roles=roles)

    def reference(self, role: Role) -> str | None:
        """The ModelRef of a role, None where the recipe wants no model there."""
        reference = getattr(self.roles, role)
        return None if reference in (None, "", "none") else str(reference)

    def policy(self, role: Role = "policy") -> Policy:
        """The generating model of a role; UserError where the recipe names none."""
        return self.load(self._required(role))

    def local_policy(self, role: Role = "policy") -> TorchPolicy:
        """The same where its tokens are asked for, which a server does not hand out: UserError for that."""
        from engine.models.torch_policy import TorchPolicy

        policy = self.policy(role)
        if not isinstance(policy, TorchPolicy):
            raise UserError(
                f"{self.reference(role)} answers in text, and this stage works on its tokens",
                f"--set models.{role}=MODEL with a model on this machine, for example hf:ORG/NAME",
            )
        return policy

    def embedder(self) -> Embedder:
        """The embedding model with its cache; UserError where the recipe names none."""
        from engine.models.loading import load_embedder

        reference = self.reference("embedder")
        if reference is None:
            raise UserError("alignment needs an embedder", "--set models.embedder=embedded:all-minilm-l6-v2")
        key = str(parse_model_ref(reference))
        if key not in self._embedders:
            self._embedders[key] = load_embedder(reference, self.hardware, cache_dir())
        return self._embedders[key]

    def load(self, reference: str) -> Policy:
        """The generating model that `reference` names, the one that is loaded already where there is one."""
        from engine.models.loading import load_policy

        key = self._key(reference)
        if key not in self._policies:
            self._policies[key] = load_policy(key, self.hardware, self.runs)
        return self._policies[key]

    def release(self, reference: str) -> None:
        """Free what the model holds; nothing where it is not loaded. Whoever still has the policy can no longer use it,
        an embedder loads its model again for the next new text."""
        key = self._key(reference)
        held = [pool.pop(key) for pool in (self._policies, self._embedders) if key in pool]
        for model in held:
            model.close()
        if held:
            del model, held
            _give_memory_back()

    def release_all(self, *keep: str) -> None:
        """Release every model but these: what a trainer asks for first."""
        kept = {self._key(reference) for reference in keep}
        for key in [key for key in self.loaded() if key not in kept]:
            self.release(key)

    def loaded(self) -> Iterator[str]:
        """The references of what is loaded."""
        yield from dict.fromkeys([*self._policies, *self._embedders])

    def close(self) -> None:
        self.release_all()

    def _required(self, role: Role) -> str:
        reference = self.reference(role)
        if reference is None:
            raise UserError(f"the recipe names no {role}", f"--set models.{role}=MODEL, for example hf:ORG/NAME")
        return reference

    def _key(self, reference: str) -> str:
        return str(resolve_runs(parse_model_ref(reference), self.runs))


def _give_memory_back() -> None:
    """What Python and the device's allocator still hold of it. Nothing where torch was never loaded."""
    gc.collect()
    if torch := sys.modules.get("torch"):
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        if torch.backends.mps.is_available():
            torch.mps.empty_cache()
