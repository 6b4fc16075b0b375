"""What lies in presets/: all of it loads, says what it is, and names models that exist for its backend."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

from engine.recipes.loading import list_presets, list_recipes, load_preset, load_recipe, require_complete, resolve
from engine.recipes.model_reference import parse_model_ref

PRESETS = ("cpu", "mac-8gb-qlora", "mac-16gb-qlora", "mac-32gb-lora", "cuda-12gb-qlora", "cuda-24gb-qlora",
           "a100-80gb-bf16", "h100-bf16")  # fmt: skip
RECIPES = ("demo", "realign", "regrade", "score-solutions", "validate-alignment")


def written(folder: str, name: str) -> str:
    return (files("presets") / folder / f"{name}.toml").read_text(encoding="utf-8")


def test_all_presets_are_listed_from_small_to_large() -> None:
    assert tuple(preset.name for preset in list_presets()) == PRESETS


def test_all_recipes_are_listed() -> None:
    assert tuple(recipe.name for recipe in list_recipes()) == RECIPES


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_is_called_like_its_file_and_fits_its_backend(name: str) -> None:
    preset = load_preset(name)
    assert preset.name == name
    assert preset.title
    assert preset.models.policy
    assert preset.models.embedder
    kind = parse_model_ref(preset.models.policy).kind
    if preset.backend == "mlx":
        assert (preset.device, kind) == ("mps", "mlx")
        assert preset.quantization in ("none", "mlx-q4")
        assert ("4bit" in preset.models.policy) == (preset.quantization == "mlx-q4")
    else:
        assert preset.device in ("cpu", "cuda")
        assert kind in ("embedded", "hf")
    if preset.quantization == "nf4":
        assert preset.device == "cuda"
    size = re.search(r"(\d+)gb", name)
    assert preset.memory_gb == (float(size[1]) if size else preset.memory_gb)


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_why(name: str) -> None:
    assert written("hardware", name).startswith("# ")


@pytest.mark.parametrize("name", RECIPES)
def test_a_recipe_is_called_like_its_file_and_tells_its_time(name: str) -> None:
    recipe = load_recipe(name)
    assert recipe.name == name
    assert recipe.title
    assert recipe.description
    assert recipe.minutes


@pytest.mark.parametrize("preset", PRESETS)
@pytest.mark.parametrize("recipe", RECIPES)
def test_every_recipe_resolves_on_every_preset(recipe: str, preset: str) -> None:
    assert resolve(recipe, preset).preset.name == preset


def test_demo_needs_nothing_but_what_comes_with_the_program() -> None:
    resolved = resolve("demo")
    require_complete(resolved)
    recipe = resolved.recipe
    refs = [recipe.models.policy, recipe.models.embedder]
    assert all(ref and parse_model_ref(ref).kind == "embedded" for ref in refs)
    assert (recipe.problems.source, recipe.problems.limit) == ("embedded", 24)
    assert [stage.kind for stage in recipe.stages] == ["evaluate", "report"]


def test_score_solutions_runs_no_policy() -> None:
    recipe = resolve("score-solutions", "h100-bf16").recipe
    assert recipe.models.policy == ""
    assert [stage.kind for stage in recipe.stages] == ["score", "report"]
