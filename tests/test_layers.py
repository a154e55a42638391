"""Imports run one way: eval -> assistant -> index, and eval uses only public names."""

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
FORBIDDEN = {"index": {"assistant", "eval"}, "assistant": {"eval"}, "eval": set()}


def imports(file):
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from ((alias.name, None) for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module:
            yield from ((node.module, alias.name) for alias in node.names)


@pytest.mark.parametrize("package", FORBIDDEN)
def test_a_package_imports_nothing_above_it(package):
    for file in (ROOT / package).rglob("*.py"):
        names = {module.split(".")[0] for module, _ in imports(file)}
        assert not names & FORBIDDEN[package], file


def test_the_evaluation_uses_only_public_names():
    import assistant
    import index

    public = {"assistant": set(assistant.__all__), "index": set(index.__all__)}
    commands = {"index.command"}
    for file in (ROOT / "eval").rglob("*.py"):
        for module, name in imports(file):
            if module.split(".")[0] in public and module not in commands:
                assert name in public.get(module, set()), f"{file}: {module}.{name}"
