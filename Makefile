# The two commands of a newcomer are `make up` and `make test`.
# Everything is installed below this directory: .venv (Python, Node), node_modules, .local.

PYTHON ?= python3
BIN := .venv/bin
export PATH := $(CURDIR)/$(BIN):$(PATH)
# Offices often stand behind a proxy with a certificate of its own.
export UV_SYSTEM_CERTS := true
export NODE_USE_SYSTEM_CA := 1

.DEFAULT_GOAL := help
.PHONY: help setup web assets up down reset test check format synth bench screenshots shell lock openapi

help: ## このコマンドの一覧
	@grep -E '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /\1\t/' | expand -t 13

setup: .venv/stamp node_modules/stamp

.venv/stamp: requirements/uv.txt requirements/dev.txt
	@echo '== Python の環境を用意しています'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/uv.txt
	$(BIN)/uv pip sync --quiet --require-hashes --python $(BIN)/python requirements/dev.txt
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

node_modules/stamp: package-lock.json .venv/stamp
	@echo '== CDK のコマンドと帳票の字形を用意しています'
	npm ci --loglevel=error --ignore-scripts --no-audit --no-fund
	@touch $@

web/node_modules/stamp: web/package-lock.json .venv/stamp
	@echo '== 画面の部品を用意しています'
	cd web && npm ci --loglevel=error --ignore-scripts --no-audit --no-fund
	@touch $@

WEB_SOURCES := $(shell find web -type f -not -path '*/node_modules/*' -not -path '*/dist/*' 2>/dev/null)

web/dist/index.html: web/node_modules/stamp $(WEB_SOURCES)
	@echo '== 画面を組み立てています'
	cd web && npm run --silent build
	@touch $@

web: web/dist/index.html

assets: setup web ## 関数のプログラムを作る(AWS 用と手元用)
	$(BIN)/python -m ops.local.assets host aarch64

up: setup web ## 手元のクラウドを起動し、配備し、画面のアドレスを表示する
	@$(BIN)/soudan local up

down: ## 手元のクラウドを止める(データは残る)
	@$(BIN)/soudan local down

reset: ## 手元のクラウドのデータを消す(確認あり)
	@$(BIN)/soudan local reset

test: setup web assets ## すべての試験(画面の試験を含む)
	$(BIN)/python -m ops.local.browser
	cd web && npm run --silent format:check && npm run --silent typecheck && npm test --silent
	$(BIN)/python -m pytest tests/unit tests/infra --numprocesses auto
	$(BIN)/python -m pytest tests/system
	$(BIN)/python -m pytest tests/browser --ignore tests/browser/test_whole_walk.py
	# In a cloud of its own: it says exactly what each person sees, and nobody else may add to it.
	$(BIN)/python -m pytest tests/browser/test_whole_walk.py

check: setup ## 速い検査(書式、静的検査、型、依存の向き、単体試験)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python -m pytest tests/unit --numprocesses auto

format: setup ## 書式をそろえる
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

synth: assets ## 見本の設定から雛形を cdk.out/ に書き出す(資格情報も通信も要らない)
	$(BIN)/node node_modules/aws-cdk/bin/cdk synth --quiet --no-notices --no-version-reporting

openapi: setup ## schemas/openapi.json を作り直す
	$(BIN)/python -m ops.openapi

bench: assets ## 測定して bench/results/ に書く
	$(BIN)/python -m bench

screenshots: assets ## 職員向けの手引きの絵を docs/guides/pictures/ に撮り直す
	$(BIN)/python -m tests.guide

shell: setup ## soudan コマンドの使えるシェルを開く
	@PS1='(soudan) \w$$ ' bash --norc -i

lock: ## 依存の固定をやり直す
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --extra lambda --extra dev pyproject.toml -o requirements/dev.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-deps -c requirements/dev.txt requirements/lambda.in -o requirements/lambda.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  requirements/ministack.in -o requirements/ministack.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  -c requirements/dev.txt requirements/uv.in -o requirements/uv.txt
