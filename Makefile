# Everything a person or a server does with a checkout. Needs Python ≥ 3.11, pip, make and git.

PYTHON ?= python3
BIN := .venv/bin
STARTER := ada-lovelace-institute ai-now-institute stanford-hai mit stanford-university harvard-university \
	princeton-university carnegie-mellon-university university-of-oxford university-college-london \
	mcgill-university johns-hopkins-university uc-berkeley darpa nsf onr nih

# uv where it is on PATH, else one of our own from pip.
UV := command -v uv >/dev/null || test -x .uv/bin/uv || { $(PYTHON) -m venv .uv && .uv/bin/pip install -q uv; }; \
	PATH="$$PATH:$(CURDIR)/.uv/bin"

.PHONY: help env demo run test check screenshots bench quality faults replay real internet archive-proof lock fuzz audit sbom clean

help:  ## Show these targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 16

env: .venv/ready  ## Make .venv with the locked dependencies and the tracker command

.venv/ready: requirements-dev.lock pyproject.toml
	@$(UV); test -x $(BIN)/python || uv venv -q --python $(PYTHON) .venv; \
	uv pip sync -q --compile-bytecode --python $(BIN)/python --require-hashes requirements-dev.lock && \
	uv pip install -q --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m compileall -q tracker crawler  # a third of every start, where Python may not write it later
	@touch $@

demo: env  ## Play the whole chain on invented institutions, then open the app
	$(BIN)/tracker demo

run: env  ## Crawl a starter set of real institutions, then open the app
	$(BIN)/tracker run $(STARTER) --max-pages 60
	$(BIN)/tracker serve

test: env  ## Run every test
	$(BIN)/pytest -n auto --maxprocesses 4 --dist loadfile

check: env  ## Lint, format, types, import directions, dead code
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/vulture

internet: env  ## Crawl a loopback internet of saved real sites on three days, where they are
	$(BIN)/python bench/internet.py

bench: env  ## Measure against a floor taken in the same run
	$(BIN)/python bench/run.py
	$(BIN)/python bench/compare.py

screenshots: env  ## Draw the pictures of the README from the demonstration
	$(BIN)/python bench/screenshots.py

quality: env  ## Measure the coder on coded passages, by label, language and domain
	$(BIN)/python bench/quality.py

faults: env  ## Kill at every named step and at random moments, and compare with an undisturbed run
	$(BIN)/python bench/faults.py --out docs/benchmarks/faults.json
	$(BIN)/python bench/faults.py --postgresql --kills 90 --out docs/benchmarks/faults-postgresql.json
	$(BIN)/python bench/demo_faults.py
	$(BIN)/python bench/outbox_faults.py
	$(BIN)/python bench/recode.py

replay: env  ## Replay real histories of documents, where they are: make replay VERSIONS=folder
	$(BIN)/python bench/replay.py $(VERSIONS)

real: env  ## Read saved real pages through the whole chain, where they are
	$(BIN)/python bench/real.py

archive-proof: env  ## Import real histories from pywb on loopback, export them, and compare
	$(BIN)/python bench/archive_proof.py

fuzz: env  ## Look for bytes that a reader does not take: make fuzz SECONDS=120 TARGETS="html feed" ATHERIS=1
	@test -z "$(ATHERIS)" || { $(UV); uv pip install -q --python $(BIN)/python --group fuzz; }
	$(BIN)/python bench/fuzz.py --seconds $(or $(SECONDS),60) --json docs/benchmarks/fuzz.json $(TARGETS)

audit: env  ## Ask about known vulnerabilities of every locked dependency, where the advisory service can be reached
	@$(UV); $(BIN)/python bench/audit.py

sbom: env  ## Write sbom.json: the locked dependencies with hashes and licences, as CycloneDX
	$(BIN)/python bench/sbom.py sbom.json

lock:  ## Compile the requirements files anew
	@$(UV); uv pip compile pyproject.toml --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 -q -o requirements.lock
	@$(UV); uv pip compile pyproject.toml --extra team --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 -q -o deploy/requirements.lock
	@$(UV); uv pip compile pyproject.toml --group dev --universal --generate-hashes --no-emit-index-url --no-annotate --no-header --python-version 3.11 -q -o requirements-dev.lock

clean:  ## Remove the environment and caches, never data
	rm -rf .venv .uv .mypy_cache .ruff_cache .hypothesis *.egg-info
