# One verb a line; `make` alone lists them. What a verb needs beyond cargo is looked for by scripts/.

.DEFAULT_GOAL := help
.PHONY: help run up demo test soak render lint fmt openapi bench dist

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "make %-9s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: ## Serve all of it on http://localhost:8080, on SQLite, with nothing else installed
	@scripts/check-tools cargo cc
	@scripts/build-web
	cargo run --locked -p omnichat

up: ## Serve all of it in containers on http://localhost:8080, each service by itself, on PostgreSQL
	@scripts/check-tools docker
	scripts/make-env
	docker compose up --build --detach --wait

demo: ## Play one whole conversation in the terminal
	@scripts/check-tools cargo cc
	cargo run --locked -q -p omnichat --example demo

test: ## Run every test, on SQLite and on a private PostgreSQL, and the web app's
	@scripts/check-tools cargo cc
	scripts/test-setup
	scripts/build-web
	cargo test --workspace --locked
	scripts/test-web

# All runs together; and the seed of what they choose, drawn where it is empty.
SOAK_MINUTES ?= 10
SOAK_SEED ?=

soak: ## Kill, cut and stop what can be, for SOAK_MINUTES=10, by SOAK_SEED
	@scripts/check-tools cargo cc
	scripts/test-setup
	SOAK_MINUTES=$(SOAK_MINUTES) SOAK_SEED=$(SOAK_SEED) cargo test --workspace --locked --test soak -- --nocapture --test-threads=1

lint: ## Check formatting, licences, the web app, clippy and docs, quickest first
	@scripts/check-tools cargo cc rustfmt clippy
	cargo fmt --all --check
	scripts/deny
	scripts/lint-web
	cargo clippy --workspace --all-targets --locked -- -D warnings
	RUSTDOCFLAGS=-Dwarnings cargo doc --workspace --no-deps --document-private-items --locked

fmt: ## Format the sources
	cargo fmt --all

openapi: ## Write docs/openapi/ anew from the code
	UPDATE_OPENAPI=1 cargo test --workspace --locked --test '*' openapi

render: ## Print the manifests of an overlay: make render OVERLAY=dev
	@scripts/render $(OVERLAY)

dist: ## Pack a release into target/dist, with checksums and a bill of materials
	@scripts/check-tools cargo cc
	@scripts/build-web
	cargo build --release --locked -p omnichat -p auth-service -p project-service -p chat-service
	scripts/sbom target/sbom.cdx.json
	scripts/dist target/release target/sbom.cdx.json target/dist

bench: ## Measure, and print the table
	cargo build --release --locked --workspace
	cargo run --release --locked -q --bin benches
