"""python -m engine.worker --run-dir DIR: does the recipe of one run, and is the only code that writes its directory.

It takes the run's lock, folds what an earlier worker left, runs the stages that are not finished, answers requests at
safe points and writes a last event and result.json whatever happens. SIGTERM and SIGINT are cancel requests.
"""

from __future__ import annotations

import argparse
import os
import signal
import socket
import sys
import time
import traceback
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from types import FrameType
from typing import Any

from engine.context import StageContext, StageResult
from engine.controls import Controls
from engine.errors import Cancelled, EnvironmentMissing, MathReasonError, RunFailed, ThresholdNotReached
from engine.machine.sampler import MachineSampler, package_versions
from engine.models.adapter_files import Runs
from engine.models.paths import cache_dir
from engine.models.pool import LoadedModels
from engine.recipes.loading import Resolved, resolve
from engine.recipes.recipe import Recipe
from engine.recipes.thresholds import figures_of, missed
from engine.runs.directory import RunDirectory, RunRecord, read_record, write_record
from engine.runs.events import RunFinished, RunStarted, StageFinished
from engine.runs.files import NO_SPACE
from engine.runs.process import start_time
from engine.runs.writer import RunWriter
from engine.stages import resolve_lazy, stage_kind

NICENESS = 5
"""Screens and shells come first on a machine whose cores are all ours."""


def main(argv: list[str] | None = None) -> int:
    """Do the run; the exit code is the one `--batch` answers with."""
    parser = argparse.ArgumentParser(prog="engine.worker")
    parser.add_argument("--run-dir", type=Path, required=True)
    run = RunDirectory(parser.parse_args(argv).run_dir.resolve())
    os.nice(NICENESS)
    try:
        with RunWriter(run) as writer:
            return _Work(run, writer).do()
    except MathReasonError as error:
        print(error, file=sys.stderr)
        return error.exit_code


class _Work:
    """One worker's life: announce, stages, last words."""

    def __init__(self, run: RunDirectory, writer: RunWriter) -> None:
        self.run = run
        self.writer = writer
        self.controls = Controls(writer)
        self.summaries: dict[str, Mapping[str, Any]] = {
            s.name: s.summary for s in writer.earlier.stages if s.status == "finished"
        }
        self.artifacts: dict[str, Mapping[str, str]] = {
            s.name: s.artifacts for s in writer.earlier.stages if s.status == "finished"
        }
        self.figures: Mapping[str, float] = {}
        self.models: Mapping[str, str] = {}

    def do(self) -> int:
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, self._on_signal)
        self.controls.refuse_old()  # before the pid is public: what comes after is meant for this worker
        self._claim()
        try:
            resolved = resolve(str(self.run.recipe), None, ())
            self._announce(resolved)
            with MachineSampler(self.writer.emit):
                _refuse_overlap(resolved)
                self._stages(resolved)
            if below := missed(resolved.recipe, self.figures):
                raise below
        except Cancelled as error:
            return self._end("cancelled", error)
        except ThresholdNotReached as error:
            return self._end("threshold", error)
        except MathReasonError as error:
            return self._end("failed", error)
        except ImportError as error:
            traceback.print_exc()
            return self._end("failed", _missing_package(error, self.run))
        except OSError as error:
            traceback.print_exc()
            return self._end("failed", _explain(error, self.run))
        except Exception as error:  # the last words of the run must be written, whatever a library raised
            traceback.print_exc()
            return self._end("failed", RunFailed(f"{type(error).__name__}: {error}", f"read {self.run.log}"))
        return self._end("done", None)

    def _on_signal(self, number: int, frame: FrameType | None) -> None:
        self.controls.cancel(f"cancelled by {signal.Signals(number).name}")

    def _claim(self) -> None:
        """Write this process into run.json, so that everybody can see whether the run is alive."""
        earlier = read_record(self.run) or RunRecord(self.run.id, "", "", created=time.time())
        self.run.result.unlink(missing_ok=True)
        write_record(
            self.run,
            replace(
                earlier, host=socket.gethostname(), pid=os.getpid(), pid_started=start_time(os.getpid()),
                versions=package_versions(),
            ),
        )  # fmt: skip

    def _announce(self, resolved: Resolved) -> None:
        recipe = resolved.recipe
        self.models = _models_of(recipe)
        self.writer.emit(
            RunStarted(
                self.run.id, recipe.name, resolved.preset.name, recipe.seed, tuple(s.name for s in recipe.stages),
                os.getpid(), resumed=self.writer.earlier.workers > 0, versions=package_versions(), models=self.models,
                estimate_gb=_estimate_gb(resolved),
            )
        )  # fmt: skip

    def _stages(self, resolved: Resolved) -> None:
        self.figures = figures_of(resolved.recipe, self.summaries)
        models = LoadedModels(resolved.recipe.models, resolved.preset, Runs(self.run.path.parent, self.run.id))
        try:
            for settings in resolved.recipe.stages:
                if settings.name in self.summaries:
                    continue  # an earlier worker finished it
                self.controls.checkpoint()
                context = StageContext(
                    settings.name, resolved.recipe, resolved.preset, models, self.writer, self.controls,
                )  # fmt: skip
                kind = stage_kind(settings.kind)
                self.controls.take(kind.requests)
                result: StageResult = resolve_lazy(kind.function)(settings, context)
                self.summaries[settings.name] = result.summary
                self.figures = figures_of(resolved.recipe, self.summaries)
                self.artifacts[settings.name] = result.artifacts
                context.keep("summary.json", result.summary)
                self.writer.emit(StageFinished(settings.name, result.summary, result.artifacts))
        finally:
            models.close()

    def _headline(self) -> dict[str, Any]:
        """All stages' summaries in one flat table, where the last stage's figure of a name stands: what readers of
        before there were figures by stage look for."""
        return {k: v for summary in self.summaries.values() for k, v in summary.items()}

    def _end(self, status: str, error: MathReasonError | None) -> int:
        code = error.exit_code if error else 0
        reason, next_step = (error.message, error.next_step) if error else ("", "")
        if error:
            print(error, file=sys.stderr)
        self.writer.use_reserve()
        self.controls.close()
        self.writer.write_result(
            {
                "id": self.run.id, "status": status, "exit_code": code, "reason": reason, "next_step": next_step,
                "ended": time.time(), "models": self.models, "figures": self.figures, "summaries": self.summaries,
                "summary": self._headline(), "artifacts": self.artifacts,
            }
        )  # fmt: skip
        self.writer.emit(RunFinished(status, reason, next_step, code))
        return code


def _models_of(recipe: Recipe) -> dict[str, str]:
    """The models by role: the recipe's, with those of the last stage that has its own, whose figures head the run."""
    found = {role: model for role, model in recipe.models.model_dump().items() if model}
    for stage in recipe.stages:
        found |= {role: model for role, model in recipe.models_of(stage).model_dump().items() if model}
    return found


def _refuse_overlap(resolved: Resolved) -> None:
    """Before anything is trained: no stage may evaluate what one before it trained on."""
    if not any(stage_kind(stage.kind).trains for stage in resolved.recipe.stages):
        return
    from engine.problems.overlap import refuse_overlap
    from engine.problems.problem_set import load_problems

    seed = resolved.recipe.seed
    refuse_overlap(resolved.recipe, lambda settings: load_problems(settings, seed, cache_dir()).problems)


def _explain(error: OSError, run: RunDirectory) -> MathReasonError:
    place = f" at {error.filename}" if error.filename else ""
    if error.errno in NO_SPACE:
        return EnvironmentMissing(f"the disk is full{place}", f"free some space, then resume {run.id}")
    return RunFailed(f"{error.strerror or error}{place}", f"read {run.log}")


def _missing_package(error: ImportError, run: RunDirectory) -> MathReasonError:
    """A library that is not there or does not load; a module of ours is a defect, not something to install."""
    package = (error.name or "").partition(".")[0]
    if package in ("", "engine", "presets"):
        return RunFailed(f"{type(error).__name__}: {error}", f"read {run.log}")
    return EnvironmentMissing(
        f"the package {package} cannot be imported: {error}",
        f"install the program's dependencies again (mathreason-tui --doctor lists them), then resume {run.id}",
    )


def _estimate_gb(resolved: Resolved) -> float | None:
    """What the Launch screen estimates, kept with the run so that the measured peak can stand beside it."""
    from engine.machine.memory_terms import memory_terms

    try:
        return round(sum(term.gb for term in memory_terms(resolved.recipe, resolved.preset)), 3)
    except MathReasonError:
        return None  # an unknown model has no estimate, and loading it will say why


if __name__ == "__main__":
    sys.exit(main())
