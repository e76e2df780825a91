# One word for everything. `make` alone lists the words; PYTHON chooses the interpreter for a new environment (3.11+).

PYTHON ?= python3
PYTEST_ARGS ?=
DEMO_ARGS ?=
BIN := .venv/bin
INSTALLED := .venv/.installed

.DEFAULT_GOAL := help
.PHONY: help install demo full test check format lint types bench docs clean

help: ## list these words
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/  make \1\t\2/' | expand -t 18

install: $(INSTALLED) ## make .venv with everything that developing, testing and the demo need

# The stamp is written last: an interrupted installation is done again, a finished one only when its inputs change.
# uv takes the wheels that pip is told to look for (PIP_FIND_LINKS), such as a CPU build of torch; empty is harmless.
$(INSTALLED): pyproject.toml constraints/ci.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "metacot needs Python 3.11 or newer: make PYTHON=python3.11")'
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints/ci.txt uv
	UV_FIND_LINKS="$${PIP_FIND_LINKS:-}" $(BIN)/uv pip install --python $(BIN)/python -c constraints/ci.txt -e '.[dev]'
	@touch $@

demo: install ## Game of 24 from search to meta-RL and a report, 13.5 minutes on two cores
	$(BIN)/metacot demo --out runs/demo $(DEMO_ARGS)

full: install ## the long version of the demo, three seeds, and the slow tests
	$(BIN)/metacot demo --preset full --seeds 0 1 2 --out runs/full $(DEMO_ARGS)
	OMP_NUM_THREADS=1 $(BIN)/pytest -m slow $(PYTEST_ARGS)

test: install ## all tests but the slow ones, on two cores (PYTEST_ARGS='-k trace' for some, PYTEST_ARGS='-n 0' one by one)
	OMP_NUM_THREADS=1 $(BIN)/pytest -m 'not slow' -n 2 --dist loadfile $(PYTEST_ARGS)

check: lint types test ## format, lint, types, tests and wheel contents: what must pass before a commit

format: install ## rewrite the code in the one format, and mend what the linter can
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

lint: install ## is the code formatted and free of what the linter knows?
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: install ## check the types
	$(BIN)/mypy

bench: install ## the benchmarks, as ratios
	$(BIN)/python -m benchmarks

docs: install ## write docs/reference.md: environments, tasks, metrics and commands
	$(BIN)/python docs/build.py

clean: ## remove caches and what builds leave; .venv and runs stay
	rm -rf build dist *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis
	find . -path ./.venv -prune -o -name __pycache__ -type d -prune -exec rm -rf {} +
