# All a newcomer types: make demo, make test. PYTHON names another interpreter (3.11 to 3.13); TORCH_INDEX is where torch
# comes from instead of the usual place, such as the index of builds without CUDA.
PYTHON ?= python3
TORCH_INDEX ?=
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.installed

.DEFAULT_GOAL := help
.PHONY: help setup demo test check format mutants faults bench clean

help:
	@echo "make setup   environment in $(VENV); $(BIN)/basin is the command"
	@echo "make demo    a whole study on real data in minutes, with its heatmap"
	@echo "make test    every test that needs no GPU"
	@echo "make check   formatting, lints, types, import rules"
	@echo "make mutants named bugs that simulation and suite must catch"
	@echo "make bench   what a CPU can measure; results under benchmarks/results"
	@echo "make faults  20,000 simulated faults, and 1,500 forced races on each database"
	@echo "make format  mend what check finds where a tool can"
	@echo "make clean   remove the environment and caches"

setup: $(STAMP)

$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(not (3, 11) <= v < (3, 14) and f"Basin needs Python 3.11 to 3.13, this is {v[0]}.{v[1]}; set PYTHON=...")'
	$(PYTHON) -m venv $(VENV)
	$(if $(TORCH_INDEX),$(BIN)/python -m pip install --quiet --constraint constraints.txt --index-url $(TORCH_INDEX) torch torchvision)
	$(BIN)/python -m pip install --quiet --constraint constraints.txt --editable '.[dev]'
	@touch $@

# A second run finds the study finished and says so; the report is written anew from the store.
demo: setup
	$(BIN)/basin run digits-padam --store basin.db
	$(BIN)/basin report digits-padam --store basin.db --out reports/digits-padam

# File by file, so that what a module sets up is set up once; in their order, so that what takes longest comes first.
test: setup
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --durations 40 --durations-min 5

check: setup
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Named bugs in copies of the sources; the simulation must catch each, and the suite those that were seen in earnest.
mutants: setup
	$(BIN)/python -m tests.mutants

# Whole drives in an invented world, then forced races on both databases; ends with "faults: R races, V violations".
faults: setup
	$(BIN)/python -m tests.simulation 20000
	$(BIN)/python -m tests.faults.races 1500

# plain_loop needs CIFAR-10 (BASIN_DATA), takes about 40 minutes on two cores, and says so where the files are not there.
# overhead takes about 8 minutes; other work on the machine shows in it.
bench: setup
	$(BIN)/python -m benchmarks.candidates
	$(BIN)/python -m benchmarks.step
	$(BIN)/python -m benchmarks.plain_loop
	$(BIN)/python -m benchmarks.million
	$(BIN)/python -m benchmarks.overhead

format: setup
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache build *.egg-info
