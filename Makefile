# The index of the project's tasks; plain `make` lists them. Each sets up what it needs, the first time.
.DEFAULT_GOAL := help
SHELL := /bin/sh
BIN := .venv/bin
export PYTHON ?= python3

help: ## list the tasks
	@grep -hE '^[a-z-]+:.*##' Makefile | sed -E 's/^([a-z-]+):.*## /\1	/' | expand -t 10

demo: ## play a simulated site's day through the real path (about a minute)
	@requirements/install demo
	@$(BIN)/edge-agent demo $(ARGS)

test: ## all tests, also against the real pcscd and Mosquitto
	@requirements/install test
	@$(BIN)/python -m pytest $(ARGS)

chaos: ## everything fails by SEED for MINUTES; every green answer must be at the office, once
	@requirements/install test
	@$(BIN)/python -m hardware_fakes.chaos $(if $(SEED),--seed $(SEED)) $(if $(MINUTES),--minutes $(MINUTES)) $(ARGS)

check: ## style, types, architecture, generated files
	@requirements/install test
	@$(BIN)/ruff format --check --quiet . || { echo 'not formatted; mend it with: make format'; exit 1; }
	@$(BIN)/ruff check --quiet .
	@$(BIN)/mypy
	@$(BIN)/lint-imports --no-logo
	@$(BIN)/python -m edge_agent.config --check
	@$(BIN)/python -m edge_agent.schema --check

bench: ## measure, next to the floors of this machine
	@requirements/install bench
	@$(BIN)/python tests/bench $(ARGS)

format: ## format the code and write the generated files anew
	@requirements/install test
	@$(BIN)/ruff format --quiet .
	@$(BIN)/ruff check --fix --quiet .
	@$(BIN)/python -m edge_agent.config
	@$(BIN)/python -m edge_agent.schema

cover: ## the tests with branch coverage
	@requirements/install test
	@$(BIN)/coverage erase
	@$(BIN)/coverage run -m pytest $(ARGS)
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report --skip-covered

.PHONY: help demo test chaos check bench format cover
