"""Imports beyond the contracts of pyproject.toml: what is loaded when, and that no two modules need each other.

The contracts (which room knows which) are checked by `lint-imports`.
"""

import ast
import subprocess
import sys
from graphlib import TopologicalSorter
from pathlib import Path

import grimp
import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("pandas", "scipy", "sklearn", "threadpoolctl")


def test_no_module_needs_itself_however_far_around():
    """`lint-imports` compares siblings; a package's own `__init__` beside what lies in it is seen here alone."""
    graph = grimp.build_graph("engine", "emtui", cache_dir=None)
    needs = {module: graph.find_modules_directly_imported_by(module) for module in graph.modules}
    assert len(list(TopologicalSorter(needs).static_order())) == len(graph.modules)  # else a CycleError shows the way


@pytest.mark.parametrize("path", sorted((ROOT / "engine").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_the_engine_imports_what_is_heavy_where_it_is_used(path):
    for node in ast.parse(path.read_text(encoding="utf-8")).body:  # functions are not looked into
        names = [alias.name for alias in node.names] if isinstance(node, ast.Import) else []
        names += [node.module or ""] if isinstance(node, ast.ImportFrom) else []
        assert not {name.split(".")[0] for name in names} & set(HEAVY), ast.unparse(node)


def test_using_the_engine_brings_in_no_screen_and_nothing_heavy():
    """In a process of its own: a whole fit, and what came along with it."""
    program = """
import sys
import engine
model, data = engine.GaussianMixture(n_components=3), engine.load("iris")
run = engine.fit(model, data.X, seed=0)
assert run.converged, run.stop_reason
assert engine.agreement(run.labels, data.y).hits == 145
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
