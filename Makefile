# Everything runs in a venv of the checkout's own, made when it is first needed.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
TRIAL := -m twisted.trial -j2 tests

.PHONY: run cluster test check bench fuzz deb clean

run: $(VENV)/runs
	$(BIN)/twistd -n --pidfile= chatd $(ARGS)

# Redis and three daemons on loopback; it needs redis-server.
cluster: $(VENV)/develops
	PATH="$(CURDIR)/$(BIN):$$PATH" deploy/cluster

test: $(VENV)/develops
	$(BIN)/python $(TRIAL)

check: $(VENV)/develops
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/coverage erase
	$(BIN)/coverage run $(TRIAL)
	$(BIN)/coverage combine -q
	$(BIN)/coverage report --include='chatd/core/*,chatd/session/*' --fail-under=100
	$(BIN)/coverage report --fail-under=95

bench: $(VENV)/runs
	$(BIN)/python -m bench $(ARGS)

# Hostile clients beside honest ones on a real daemon; ARGS='--seconds 30' for a short run, '--seed N' to repeat one.
fuzz: $(VENV)/develops
	$(BIN)/python -m fuzz $(ARGS)

# A package for this release of Debian or Ubuntu, in dist/; built in a copy, as debhelper leaves much behind.
deb:
	rm -rf build/deb dist/chatd_*.deb
	mkdir -p build/deb/chatd dist
	cp -r LICENSE README.md CHANGELOG.md pyproject.toml chatd twisted deploy docs deploy/debian build/deb/chatd
	. /etc/os-release && printf 'chatd (%s~%s) stable; urgency=medium\n\n  * CHANGELOG.md has what is new.\n\n -- %s  %s\n' \
		"$$(sed -n 's/^__version__ = "\(.*\)"/\1/p' chatd/__init__.py)" "$$ID$$VERSION_ID" \
		'chatd <root@localhost>' "$$(date -R)" >build/deb/chatd/debian/changelog
	cd build/deb/chatd && dpkg-buildpackage --build=binary --no-sign
	mv build/deb/*.deb dist/

clean:
	rm -rf $(VENV) build *.egg-info _trial_temp* .mypy_cache .ruff_cache .hypothesis .coverage*

$(VENV)/runs: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet -e '.[tls,ssh,metrics]'
	touch $@

$(VENV)/develops: pyproject.toml $(VENV)/runs
	$(BIN)/pip install --quiet -e '.[dev]'
	touch $@
