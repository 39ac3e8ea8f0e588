# The two commands of the README, and the ones around them. `make help` lists them.
#
# Everything runs in .venv, which is made on first use: with uv where it is on the PATH, else with
# uv installed into the environment. PYTHON=/path/to/python chooses the interpreter.

.DEFAULT_GOAL := help
.PHONY: help demo test check bench gallery clean

BIN := .venv/bin
STORY := examples/stories/first_light.yaml
SETUP := pyproject.toml constraints.txt scripts/setup.sh

help:  ## list the commands
	@awk -F ':.*## *' '/^[a-z]+:.*##/ {printf "%-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: .venv/.ready  ## render the first film on this machine and say where it is
	$(BIN)/storyboard render $(STORY)

test: .venv/.ready-dev  ## every test, on all cores
	$(BIN)/python -m pytest --slow -n auto --maxprocesses 8 --dist worksteal

check: .venv/.ready-dev  ## format, lint, types, walls and sizes
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/python -m pytest tests/test_walls.py tests/test_sizes.py tests/test_surface.py

bench: .venv/.ready-dev  ## seconds and memory beside the reference loop
	$(BIN)/python -m benchmarks

gallery: .venv/.ready-dev  ## one story through every drawer, into docs/gallery
	$(BIN)/python -m benchmarks.gallery
	$(BIN)/python -m benchmarks.gallery --zoom

clean:  ## remove what was made here: films, caches and the environment
	rm -rf out build dist .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis *.egg-info

.venv/.ready: $(SETUP)
	@sh scripts/setup.sh .
	@touch $@

.venv/.ready-dev: $(SETUP)
	@sh scripts/setup.sh '.[dev]'
	@touch $@ .venv/.ready
