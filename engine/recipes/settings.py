"""The old address of the settings, while the rooms move."""

from engine.recipes.preset import HardwarePreset as HardwarePreset
from engine.recipes.recipe import DEFAULT_SEED as DEFAULT_SEED
from engine.recipes.recipe import Recipe as Recipe
from engine.recipes.sections import FOLDER as FOLDER
from engine.recipes.sections import NO_MODEL as NO_MODEL
from engine.recipes.sections import ColumnNames as ColumnNames
from engine.recipes.sections import ModelRoles as ModelRoles
from engine.recipes.sections import ProblemSettings as ProblemSettings
from engine.recipes.sections import Section as Section
from engine.recipes.sections import Thresholds as Thresholds
from engine.recipes.sections import UsualModels as UsualModels
from engine.recipes.stages.evaluate import EvaluateSettings as EvaluateSettings
from engine.recipes.stages.regrade import RegradeSettings as RegradeSettings
from engine.recipes.stages.report import ReportSettings as ReportSettings
from engine.recipes.stages.score import ScoreSettings as ScoreSettings
from engine.recipes.stages.validate import ValidateSettings as ValidateSettings
