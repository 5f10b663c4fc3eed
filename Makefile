# For developers of this collection, and for whoever wants to see it run. `make help` lists the targets.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

PYTHON ?= python3
BIN := .venv/bin
LAB := $(BIN)/python -m lab
WORKSPACE := .build/ws/ansible_collections/igrafx
export PATH := $(CURDIR)/.venv/bin:$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg
export MOLECULE_GLOB := molecule/*/molecule.yml

.PHONY: help
help: ## This list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## /\1\t/' | expand -t 14

# --- tools ------------------------------------------------------------------------------------------------------------

.PHONY: tools
tools: .venv/.installed .build/deps/.fetched $(WORKSPACE)/liveconnect ## Everything that the other targets need, in .venv and .build

.venv/.installed: requirements.txt constraints.txt
	tools/system_packages.sh
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --disable-pip-version-check -r requirements.txt -c constraints.txt
	touch $@

.build/deps/.fetched: tools/fetch_collections.py .venv/.installed
	rm -rf .build/deps
	$(BIN)/python tools/fetch_collections.py .build/deps
	touch $@

# ansible finds collections by directory: this checkout under the collection's name.
$(WORKSPACE)/liveconnect:
	mkdir -p $(WORKSPACE) .build/tmp
	ln -sfn $(CURDIR) $@

# --- the demonstration ------------------------------------------------------------------------------------------------

.PHONY: demo
demo: tools ## A whole site in containers, installed by site.yml, with data flowing through it
	$(LAB) engine
	$(LAB) up --name demo
	ansible-playbook site.yml -l liveconnect-vm
	$(LAB) show --name demo

.PHONY: demo-down
demo-down: tools ## Remove the demonstration
	$(LAB) down --name demo

.PHONY: lab-clean
lab-clean: tools ## Remove the lab's images and caches too
	$(LAB) clean

# --- checks -----------------------------------------------------------------------------------------------------------

.PHONY: test
test: tools ## Linters, unit tests, and Molecule with testinfra
	$(BIN)/python tools/check.py

.PHONY: lint
lint: tools ## Linters and type checks alone
	$(BIN)/python tools/check.py lint

.PHONY: unit
unit: tools ## Unit tests alone
	$(BIN)/python tools/check.py unit

.PHONY: molecule
molecule: tools ## The Molecule scenarios and the other tests in the lab alone
	$(BIN)/python tools/check.py lab

.PHONY: benchmarks
benchmarks: tools ## Speed, side by side with the alternatives; NAME=connectors for one of them
	for name in $(or $(NAME),$(notdir $(patsubst %/,%,$(dir $(wildcard benchmarks/*/__main__.py))))); do \
	  ANSIBLE_COLLECTIONS_PATH=$(CURDIR)/.build/ws:$(CURDIR)/.build/deps $(BIN)/python -m benchmarks.$$name; \
	done
