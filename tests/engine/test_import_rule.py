"""Arrows point one way: emtui → engine → datasets."""

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SCREEN = {"emtui", "textual", "rich", "plotext"}


def imported(path: Path) -> set[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names |= {alias.name.split(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.level == 0 and node.module:
            names.add(node.module.split(".")[0])
    return names


@pytest.mark.parametrize("path", sorted((ROOT / "engine").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_no_file_of_the_engine_names_the_screen(path):
    assert not imported(path) & SCREEN


def test_only_the_charts_know_plotext():
    knowing = [path for path in (ROOT / "emtui").rglob("*.py") if "plotext" in imported(path)]
    assert knowing, "the charts draw with plotext"
    assert {path.parent.name for path in knowing} == {"charts"}


def test_using_the_engine_brings_in_no_screen_and_nothing_heavy():
    """In a process of its own: a whole fit, and what came along with it."""
    program = """
import sys
import engine
model = engine.GaussianMixture(n_components=3)
run = engine.fit(model, engine.load("iris").X, seed=0)
assert run.converged, run.stop_reason
for name in ("emtui", "textual", "rich", "plotext", "pandas", "sklearn", "scipy"):
    assert name not in sys.modules, name
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)


def test_importing_the_engine_imports_numpy_alone():
    program = """
import sys, numpy
before = set(sys.modules)
import engine
new = {name.split(".")[0] for name in set(sys.modules) - before}
assert new <= {"engine", "__future__"}, new
assert "engine.em.loop" not in sys.modules
"""
    subprocess.run([sys.executable, "-c", program], check=True, cwd=ROOT)
