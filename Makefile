LOCK = .venv/bin/uv pip compile --universal --python-version 3.11 --generate-hashes \
	--no-annotate --no-header --quiet

lock:
	$(LOCK) pyproject.toml -o requirements.lock
	$(LOCK) pyproject.toml --group dev -c requirements.lock -o requirements-dev.lock
	$(LOCK) --group web -c requirements-dev.lock -o requirements-web.lock
