# Two commands for everybody (demo, test) and a few for developers; `make help` lists them.
PYTHON ?= python3
VENV := .venv
UV_VERSION := 0.13.9

.PHONY: help demo test hardware bench check lock clean

help:  ## list the commands
	@sed -n 's/^\([a-z]*\):.*##/make \1 —/p' $(MAKEFILE_LIST)

$(VENV)/.street: deploy/lock/street.txt pyproject.toml
	@echo "lampyre: making a virtual environment in $(VENV) (once)"
	@deploy/venv.sh $(VENV) deploy/lock/street.txt
	@touch $@

$(VENV)/.dev: deploy/lock/dev.txt $(VENV)/.street
	@echo "lampyre: adding what the tests and checks need (once)"
	@deploy/venv.sh $(VENV) deploy/lock/dev.txt
	@touch $@

demo: $(VENV)/.street  ## a street of six lamps and two bins, live in the terminal (q ends it)
	@$(VENV)/bin/lampyre-sim street $(ARGS)

test: $(VENV)/.dev  ## all tests (about eight minutes)
	@.ci/packages
	@$(VENV)/bin/python -m pytest -n 2 --dist loadgroup $(ARGS)

hardware: $(VENV)/.dev  ## pins, relays, buses, USB adapters on a real kernel in a virtual machine (root, QEMU)
	@$(VENV)/bin/python -u -m tests.hardware $(ARGS)

bench: $(VENV)/.dev  ## what a reading, a decision, a forecast, a parcel and a wake-up cost
	@$(VENV)/bin/python -m tests.bench

check: $(VENV)/.dev  ## format, lint, import contracts, types, firmware
	@.ci/packages
	@mkdir -p .cache && .ci/check

lock:  ## resolve the versions anew, with hashes, for every platform
	@$(PYTHON) -m venv .cache/uv && .cache/uv/bin/pip install --quiet uv==$(UV_VERSION)
	@for set in "node:" "street:--extra street --group build" "dev:--extra street --extra boards --extra score --extra route --group build --group test --group check"; do \
	  .cache/uv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	    --overrides deploy/lock/unwanted$$([ "$${set%%:*}" = dev ] && echo -dev).in \
	    --no-header --no-annotate pyproject.toml $${set#*:} --output-file deploy/lock/$${set%%:*}.txt; done
	@.cache/uv/bin/uv pip compile --quiet --universal --generate-hashes --python-version 3.11 \
	  --no-header --no-annotate --group pyproject.toml:build --output-file deploy/lock/build.txt

clean:  ## remove what the commands above made
	rm -rf $(VENV) .cache dist
