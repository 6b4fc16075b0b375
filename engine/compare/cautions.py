"""What stands between two runs and a fair comparison: settings and versions that differ, items that do not pair."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from engine.compare.pairing import Pair, Side, graded_stages, pair_stages
from engine.printable import one_line
from engine.stages import recorded_kind

CONFOUNDING = {
    "grader": "other graders: verdicts may differ for the same answer",
    "aligner": "other aligners: scores may differ for the same solution",
    "judge": "other judges: verdicts may differ for the same answer",
    "embedder": "other embedders: scores are not on the same scale",
    "few_shot": "other few-shot examples",
    "prompt": "other prompts",
}
"""Versions of rows that make a difference of the runs say less about their models."""

MAY_BE_NONE = ("few_shot", "judge")
"""Versions that a row lacks where there was none of it; without another one, the run only does not know."""

REGRADED = ("grader", "aligner")
REGRADE_ADVICE = "; the recipe regrade brings both to the same one"
TAKEN_OVER = ("models.policy", "run", "seed")
"""Settings that mean nothing in such a run."""

UNTOLD = ("name", "title", "description", "minutes", "preset")
UNTOLD_PARTS = ("hardware.", "thresholds.")
UNTOLD_ENDS = (".batch_size", ".threads", ".heat_maps", ".figures", ".name", ".kind")
"""Settings that change no answer, and the stages' names, which their keys hold already."""

IDS_SHOWN = 3


@dataclass(frozen=True, slots=True)
class Setting:
    """A setting or version in which the runs differ."""

    name: str
    a: str
    b: str

    def __str__(self) -> str:
        return f"{self.name} {self.a or '–'} → {self.b or '–'}"


def differing_settings(a: Side, b: Side) -> tuple[Setting, ...]:
    """In what the runs differ, the models first: what was compared, as far as the runs know it."""
    found = _differing_recipes(a.settings, b.settings)
    kinds = [", ".join(dict.fromkeys(stage.kind for stage in graded_stages(side.state))) for side in (a, b)]
    if kinds[0] != kinds[1]:  # settings of a stage that only one of them has say nothing of the other
        own = {stage.name for stage in a.state.stages} ^ {stage.name for stage in b.state.stages}
        found = [setting for setting in found if setting.name.partition(".")[0] not in own]
        found.insert(0, Setting("stage", *kinds))
    if _regraded(a, b):
        found = [s for s in found if not about_problems(s.name) and s.name not in TAKEN_OVER]
    if not _regraded(a, b) and a.state.seed != b.state.seed and not any(setting.name == "seed" for setting in found):
        found.append(Setting("seed", str(a.state.seed), str(b.state.seed)))
    versions = _differing_versions(a, b, ("model", *CONFOUNDING))
    return (*found, *(Setting(f"version of the {s.name.replace('_', '-')}", s.a, s.b) for s in versions))


def _regraded(a: Side, b: Side) -> bool:
    """Whether one of them took its problems and solutions from an earlier run, whatever its own recipe says."""
    kinds = [recorded_kind(stage.kind) for side in (a, b) for stage in graded_stages(side.state)]
    return any(kind.answers == "earlier" for kind in kinds)


def _differing_recipes(a: Mapping[str, Any], b: Mapping[str, Any]) -> list[Setting]:
    # An older program's recipe lacks what came later; what a stage does not set itself is written by none.
    keys = [key for key in {**a, **b} if _told(key) and ((key in a and key in b) or _own(key))]
    keys.sort(key=lambda key: (not key.startswith("models."), not key.startswith("problems.")))
    pairs = [(key, _words(a.get(key)), _words(b.get(key))) for key in keys]
    return [Setting(key, one, two) for key, one, two in pairs if one != two]


def cautions_of(a: Side, b: Side, pairs: Sequence[Pair], problems: int | None) -> tuple[str, ...]:
    """Why to be careful with the comparison; empty where nothing speaks against it. `problems`: how many there are,
    where the items are samples of them."""
    found = [f"{letter}: {side.caution}" for letter, side in (("A", a), ("B", b)) if side.caution]
    found += _about_items(a, b, pairs)
    source = [s for s in differing_settings(a, b) if about_problems(s.name) and not s.name.endswith("problems.limit")]
    if source:
        found.append("other problems: " + ", ".join(map(str, source)))
    if a.state.seed != b.state.seed and not _regraded(a, b):
        found.append(f"other seeds: {a.state.seed} and {b.state.seed}")
    advice = "" if _regraded(a, b) else REGRADE_ADVICE
    for version in _differing_versions(a, b, CONFOUNDING):
        found.append(CONFOUNDING[version.name] + (advice if version.name in REGRADED else ""))
    if problems is not None:
        found.append(
            f"several samples of a problem: p value and intervals are over the problems, {problems:,} of them, and not "
            f"over the {len(pairs):,} items"
        )
    return tuple(found)


def _about_items(a: Side, b: Side, pairs: Sequence[Pair]) -> list[str]:
    found = []
    for letter, side, other in (("A", a, b), ("B", b, a)):
        left = len(side.state.items) - len(pairs)
        if left:
            missing = "A" if side is b else "B"
            unfinished = " (which is not finished)" if other.state.finished is None else ""
            found.append(f"{left:,} of {len(side.state.items):,} items of {letter} are not in {missing}{unfinished}")
    golds = [pair.a.id for pair in pairs if pair.a.fact("answer") != pair.b.fact("answer")]
    if golds:
        more = ", …" if len(golds) > IDS_SHOWN else ""
        found.append(
            f"other gold answers for {len(golds):,} of {len(pairs):,} items ({', '.join(golds[:IDS_SHOWN])}{more}): "
            "the same id stands for another problem there"
        )
    return found


def _differing_versions(a: Side, b: Side, names: Iterable[str]) -> list[Setting]:
    partners = pair_stages(a.state, b.state)
    found = []
    for name in names:
        for stage, other in partners.items():
            one, two = a.versions.get(stage, {}).get(name, ""), b.versions.get(other, {}).get(name, "")
            known = (one and two) or (name in MAY_BE_NONE and stage in a.versions and other in b.versions)
            if one != two and known:
                found.append(Setting(name, _short(one), _short(two)))
                break
    return found


def _short(version: str) -> str:
    """A hash is told by its beginning."""
    return version[:10] if len(version) >= 40 and version.isalnum() else version


def _told(key: str) -> bool:
    return key not in UNTOLD and not key.startswith(UNTOLD_PARTS) and not key.endswith(UNTOLD_ENDS)


def _own(key: str) -> bool:
    """Whether a stage's own problems or models say it: "tuned.problems.limit"."""
    return ".problems." in key or (".models." in key and not key.startswith("hardware."))


def about_problems(key: str) -> bool:
    """Whether a setting chooses problems, for the run or for one stage."""
    return key.startswith("problems.") or ".problems." in key


def _words(value: Any) -> str:
    if value is None or value == "" or value == []:
        return ""
    if isinstance(value, list):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) else str(value)


def flat(config: Mapping[str, Any]) -> dict[str, Any]:
    """A resolved recipe as {"problems.source": ..., "evaluate.few_shot": ...}; stages by name."""
    found: dict[str, Any] = {}
    for key, value in config.items():
        if key == "stages" and isinstance(value, list):
            for stage in value:
                if isinstance(stage, Mapping):
                    found |= {f"{stage.get('name', '')}.{name}": v for name, v in flat(stage).items()}
        elif isinstance(value, Mapping):
            found |= {f"{key}.{name}": v for name, v in flat(value).items()}
        else:
            found[key] = value
    return found


def told_apart(recipes: Sequence[Mapping[str, Any]]) -> list[str]:
    """For each of these settings of one recipe (as `flat` gives them) those in which it differs from another, models
    and problems first; a key is told by its last word where that is clear. The policy, which lists show beside, is not
    among them."""
    values: dict[str, set[str]] = {}
    for recipe in recipes:
        for key, value in recipe.items():
            if _told(key) and key != "models.policy":
                values.setdefault(key, set()).add(_words(value))
    keys = [key for key, found in values.items() if len(found) > 1]
    keys.sort(key=lambda key: (not key.startswith("models."), not key.startswith("problems.")))
    ends = [key.rpartition(".")[2] for key in keys]
    names = [end if ends.count(end) == 1 else key for key, end in zip(keys, ends, strict=True)]
    named = list(zip(keys, names, strict=True))
    told = [[f"{name} {_words(recipe[key]) or '–'}" for key, name in named if key in recipe] for recipe in recipes]
    return [one_line(", ".join(words)) for words in told]
