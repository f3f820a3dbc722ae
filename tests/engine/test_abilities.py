"""What a model, its parameters, data or steps may offer is declared, with a default: nobody asks for it by a name."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

import engine
from engine.em.model import Model
from engine.errors import EngineError
from engine.models import BUILT_IN, model_class

ROOT = Path(__file__).resolve().parents[2]
OF_OTHERS = {
    ("engine/parallel.py", "limited"): "of the thread",
    ("engine/readers/corpus.py", "strerror"): "of an exception",
    ("engine/readers/text_file.py", "strerror"): "of an exception",
    ("engine/readers/byte_source.py", "buffer"): "of a stream",
    ("emtui/spec/parameters_file.py", "strerror"): "of an exception",
    ("emtui/settings/config.py", "strerror"): "of an exception",
    ("emtui/application/drawn_lines.py", "cache_info"): "of a function of Textual",
    ("engine/arrays.py", "__next__"): "of what a user gives in place of a table",
    ("emtui/application/suspending.py", "_must_signal_resume"): "of Textual's driver",
    ("emtui/cli/shell_output.py", "encoding"): "of a stream",
    ("engine/arrays.py", "shape"): "of a user's table, which may be an array, sparse or a data frame",
    ("engine/arrays.py", "iloc"): "of a user's table",
    ("engine/arrays.py", "tocsr"): "of a user's table",
    ("engine/parallel.py", "_real_set_num_threads"): "of a library as threadpoolctl holds it",
    ("engine/arrays.py", "__array__"): "of an array of another library",
}
"""Names that are asked for as strings of what is not ours, and whose they are."""
BY_DECLARATION = {"engine/options.py", "engine/em/parameters.py"}
"""Where options and arrays are read by the names that they are declared under."""


def asked(path: Path) -> Iterator[tuple[str, str]]:
    """Of whom and what every getattr and hasattr asks, as it is written."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id in ("getattr", "hasattr"):
            yield ast.unparse(node.args[0]), ast.unparse(node.args[1])


@pytest.mark.parametrize("package", ["engine", "emtui"])
def test_no_ability_is_asked_for_by_a_name(package):
    found = []
    for path in sorted((ROOT / package).rglob("*.py")):
        file = path.relative_to(ROOT).as_posix()
        for whom, what in asked(path):
            by_name = what[0] in "'\"" and (file, what[1:-1]) not in OF_OTHERS
            of_a_model = whom.split(".")[-1] in ("model", "algorithm") and file not in BY_DECLARATION
            if by_name or of_a_model:
                found.append(f"{file}: {what} of {whom}")
    assert not found


def test_every_model_answers_what_may_be_asked_of_one():
    for name in BUILT_IN:
        model: Model = model_class(name)()
        assert list(model.option_values) == [option.name for option in model.options()]
        assert model.size is None or model.size >= 1
        assert model.ascent in ("maximum", "gradient")
        assert model.least_rows >= 1
        assert isinstance(model.start_name, str) and isinstance(model.variant, str)


def test_what_they_answer():
    assert engine.GaussianMixture(4, m_step="conditional").ascent == "conditional"
    assert engine.LatentMLP(3, m_step="ecm").ascent == "layerwise"
    assert engine.LatentMLP((3, 4)).size == 7
    assert engine.HiddenMarkovModel(3).variant == "categorical"
    assert engine.HiddenMarkovModel(3, emission="gaussian", covariance_type="tied").variant == "tied"
    assert engine.GeneticLinkage().size is None
    assert engine.BernoulliMixture(threshold=3.0).no_and_yes == (3.0, pytest.approx(3.0))
    with pytest.raises(EngineError, match="Poisson mixture does not predict what is unseen"):
        engine.PoissonMixture().predict_unseen(engine.PoissonMixture.Params([0.5, 0.5], [1, 2]), [[1]])
