PYTHON = .venv/bin/python

.PHONY: check test run simulate docs lock

check:  ## style, types, arrows between packages
	.venv/bin/ruff check . && .venv/bin/ruff format --check . && .venv/bin/mypy && .venv/bin/lint-imports

test:  ## everything, as CI does it
	scripts/test

run:  ## the demo site
	scripts/run

simulate:  ## a recorded call through the real path, without a PBX
	$(PYTHON) -m callboard simulate

docs:  ## the generated pages
	$(PYTHON) -m callboard docs

lock:  ## pin what the .in files ask for, with hashes and without addresses
	for name in requirements requirements-test requirements-build requirements-node requirements-fuzz requirements-gazetteer; do \
		uv pip compile -q --universal --generate-hashes --no-emit-index-url --python-version 3.11 \
			$$name.in -o $$name.txt --custom-compile-command 'make lock'; done
