# Two commands, each doing all of its own set-up:
#   make demo   the main job on the sample plate (opens napari where there is a screen)
#   make test   tests, lint, types, layer contracts, manifest
PYTHON ?= python3
VENV   ?= .venv
BIN    := $(VENV)/bin
export OMP_WAIT_POLICY ?= PASSIVE

.DEFAULT_GOAL := help
.PHONY: help install display demo test lint types layers manifest unit gui check-install benchmark sample-models screenshots tutorial clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

install: $(VENV)/.installed ## a virtual environment with everything in it

$(VENV)/.installed: pyproject.toml constraints.txt
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e ".[test]"
	touch $@

display: ## a virtual screen for the GUI tests, where there is none (Debian, Ubuntu)
	@sh .ci/display.sh

demo: install ## the main job on the sample plate; without a screen, figures and tables in demo-results/
	$(BIN)/napari-ben demo --out demo-results

test: install display lint types layers manifest unit gui ## everything that must pass

lint: install
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: install
	$(BIN)/mypy

layers: install
	$(BIN)/lint-imports

manifest: install
	$(BIN)/npe2 validate src/napari_ben/napari.yaml

# torch gets one thread in each test process: two busy pools on two cores are slower than one
unit: install
	env -u DISPLAY -u QT_QPA_PLATFORM OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m "not gui" -n auto --maxprocesses 4 --dist loadfile src tests

gui: install display
	env -u DISPLAY -u QT_QPA_PLATFORM OMP_NUM_THREADS=1 $(BIN)/python -m pytest -m gui --require-gui tests

check-install: install ## the built wheel beside plain napari, in an environment of its own
	sh .ci/check_install.sh $(BIN)/python

benchmark: install ## every ratio that the docs quote, measured side by side on this machine
	$(BIN)/python benchmarks/opening.py
	$(BIN)/python benchmarks/context_statistics.py
	$(BIN)/python benchmarks/predict_throughput.py

sample-models: install ## the two shipped models, made again from the sample generator
	$(BIN)/python benchmarks/make_sample_models.py
	$(BIN)/python benchmarks/sample_table.py --write

screenshots: install display ## the pictures of the README, drawn again from the real window
	$(BIN)/python docs/make_screenshots.py

tutorial: install display ## the walk of docs/tutorial.md in the real window, which takes its pictures
	$(BIN)/python docs/make_tutorial.py

clean:
	rm -rf $(VENV) build dist demo-results .pytest_cache .mypy_cache .ruff_cache .hypothesis
