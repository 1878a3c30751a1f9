# Each target sets up what it needs; on a fresh machine: Python >= 3.11, git and make.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
UV := .venv-uv/bin/uv
export UV_PYTHON_DOWNLOADS = never
export MLFLOW_DISABLE_TELEMETRY = true
# where it is set, every process compiles every library anew: seconds each time
unexport PYTHONDONTWRITEBYTECODE
# tests run side by side; two OpenMP pools on shared cores wait for each other
TEST = OMP_NUM_THREADS=1 NUMBA_NUM_THREADS=1

.PHONY: demo test acceptance acceptance-figures acceptance-selective bench check lint type docs lowest newest wheel wheelhouse clean
.DEFAULT_GOAL := test

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "riskmodel needs Python >= 3.11; say make PYTHON=/path/to/python3.11")'
	@$(PYTHON) -m venv .venv-uv
	@.venv-uv/bin/python -m pip --quiet --disable-pip-version-check install "uv>=0.5"

# The developer's environment: the locked versions and the package, editable.
$(BIN)/.ready: pyproject.toml uv.lock | $(UV)
	@UV_PROJECT_ENVIRONMENT=$(VENV) $(UV) sync --quiet --frozen --python $(PYTHON)
	@$(BIN)/python -c 'import ctypes.util, sys; sys.exit(0 if sys.platform != "linux" or ctypes.util.find_library("gomp") else "LightGBM needs libgomp: apt-get install libgomp1 (Debian) or dnf install libgomp (Fedora)")'
	@touch $@

# The environment of the tests: the same versions, but the built wheel instead of the sources.
.venv-wheel/.ready: pyproject.toml uv.lock $(shell find src conf -type f -not -name '*.pyc') README.md | $(UV)
	@UV_PROJECT_ENVIRONMENT=.venv-wheel $(UV) sync --quiet --frozen --no-install-project --python $(PYTHON)
	@rm -rf dist && $(UV) build --quiet --python $(PYTHON)
	@VIRTUAL_ENV=.venv-wheel $(UV) pip install --quiet --no-deps --reinstall dist/*.whl
	@touch $@

demo: $(BIN)/.ready   ## train, publish, promote and score on simulated households
	$(BIN)/riskmodel train experiment=demo
	$(BIN)/riskmodel promote data=simulated name=household-crisis by=demo why="beats the baselines"
	$(BIN)/riskmodel score data=simulated model=household-crisis@champion capacity=share overwrite=true

test: .venv-wheel/.ready   ## what CI runs: the tests against the installed wheel
	$(TEST) .venv-wheel/bin/python -m pytest -m "not slow" -n 2 --dist loadgroup -p no:cacheprovider

# what consumers run, in the tests that need it; the systems' packages are asked for, and a test without them is skipped
acceptance: .venv-wheel/.ready   ## full Monte Carlo counts, kills, fresh environments, servers, Spark, PostgreSQL
	@for program in java nginx initdb; do command -v $$program >/dev/null || ls /usr/lib/postgresql/*/bin/$$program >/dev/null 2>&1 || echo "without $$program some tests are skipped: apt-get install openjdk-17-jre-headless nginx-light postgresql"; done
	@VIRTUAL_ENV=.venv-wheel $(UV) pip install --quiet "pyspark>=4,<5" "psycopg[binary]>=3.2,<4" "mlflow[auth]"
	$(TEST) .venv-wheel/bin/python -m pytest -m "slow"

acceptance-figures: $(BIN)/.ready   ## what the project promises, each figure met or missed: outputs/figures.md
	$(TEST) $(BIN)/python benchmarks/figures.py

REPETITIONS ?= 1000
acceptance-selective: $(BIN)/.ready   ## figures where only the contacted have a verdict, beside the truth; REPETITIONS=100 is quicker
	$(TEST) $(BIN)/python benchmarks/selective.py --repetitions $(REPETITIONS)
	$(TEST) $(BIN)/python benchmarks/selective_service.py --repetitions $(REPETITIONS)
	$(TEST) $(BIN)/python benchmarks/selective_service.py --repetitions 5 --random-share 0
	$(TEST) $(BIN)/python benchmarks/selective_layers.py --worlds 20
	$(TEST) $(BIN)/python benchmarks/late_labels.py
	$(TEST) $(BIN)/python benchmarks/weighted_training.py --worlds 20 --layer private=3

bench: $(BIN)/.ready   ## ratios against peers, each in one run
	@for file in $(filter-out benchmarks/figures.py,$(wildcard benchmarks/*.py)); do $(BIN)/python $$file || exit 1; done

check: lint type docs test

lint: $(BIN)/.ready
	$(BIN)/ruff check src tests benchmarks wheels
	$(BIN)/ruff format --check --quiet src tests benchmarks wheels

type: $(BIN)/.ready
	$(BIN)/mypy

docs: $(BIN)/.ready   ## the reference, made from the docstrings; warnings are errors
	$(BIN)/sphinx-build -q -W --keep-going -b html docs docs/_build

lowest: | $(UV)   ## the suite on the lowest versions allowed
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-lowest
	@VIRTUAL_ENV=.venv-lowest $(UV) pip install --quiet --resolution lowest-direct -e ".[ebm,encrypt,excel,plot,notebook]" --group dev
	$(TEST) .venv-lowest/bin/python -m pytest -m "not slow" -n 2 --dist loadgroup -p no:cacheprovider

newest: | $(UV)   ## the suite on the newest versions there are
	@$(UV) venv --quiet --clear --python $(PYTHON) .venv-newest
	@VIRTUAL_ENV=.venv-newest $(UV) pip install --quiet --upgrade -e ".[ebm,encrypt,excel,plot,notebook]" --group dev
	$(TEST) .venv-newest/bin/python -m pytest -m "not slow" -n 2 --dist loadgroup -p no:cacheprovider

wheel: | $(UV)   ## riskmodel, and the reader of published models alone, which needs numpy only
	$(UV) build --quiet --python $(PYTHON)
	$(UV) build --quiet --python $(PYTHON) --wheel --out-dir dist wheels/serving

wheelhouse: wheel   ## what a closed network needs: install with pip --no-index --find-links wheelhouse riskmodel
	$(PYTHON) -m pip --quiet --disable-pip-version-check wheel --wheel-dir wheelhouse "$$(ls -t dist/riskmodel-*.whl | head -1)[excel]"

clean:
	rm -rf .venv .venv-* build dist docs/_build .mypy_cache .ruff_cache .pytest_cache
