"""Parameters are written with every digit and read again; what can't be read is refused in a sentence."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from choosing import chosen
from counts import examples
from hypothesis import given, settings
from hypothesis import strategies as st
from walking import walked

from emtui.exports.export import (
    export_parameters,
)
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.spec.parameters_file import ParametersError, params_as_lists, read_parameters
from engine.errors import EngineError
from engine.models.binomial import BinomialMixture
from engine.models.gaussian.mixture import GaussianMixture
from engine.models.network.model import LatentMLP

# parameters


@pytest.mark.parametrize(
    ("source", "how"),
    [
        ("coins", {}),
        ("iris", {"settings": {"covariance_type": "full"}}),
        ("iris", {"settings": {"covariance_type": "tied"}, "standardize": True}),
        ("iris", {"settings": {"covariance_type": "spherical"}}),
        ("iris", {"model": "kmeans"}),
    ],
)
def test_parameters_are_read_again_with_every_digit(tmp_path: Path, source: str, how: dict[str, Any]) -> None:
    session = walked(source, 6, **how)
    file = export_parameters(session, folder=tmp_path)
    spec = chosen(source, start_file=str(file), **how)
    assert params_as_lists(spec.start) == params_as_lists(session.timeline.current.params)
    again = Session(spec)
    assert again.timeline.current.log_likelihood == session.timeline.current.log_likelihood


def test_arrays_alone_are_read_too(tmp_path: Path) -> None:
    file = tmp_path / "start.json"
    file.write_text('{"weights": [0.25, 0.75], "probabilities": [1, 0.5]}')
    params = read_parameters(str(file), BinomialMixture())
    assert params.weights.tolist() == [0.25, 0.75]
    assert params.probabilities.dtype == np.float64


_COINS = '"weights": [0.5, 0.5], "probabilities": [0.6, 0.5]'
BAD_FILES = [
    ("", "no file of parameters"),
    ("[1, 2]", "no file of parameters"),
    ("{", "no file of parameters"),
    ('{"params": 3}', "no file of parameters"),
    ('{"params": {}, "model": 5}', "no file of parameters"),
    ("\xff\xfe", "no file of parameters"),
    ("[" * 100_000, "no file of parameters"),
    ('{"weights": [0.5, 0.5]}', "lacks probabilities"),
    ("{" + _COINS + ', "means": [1]}', "'means', which coins does not know"),
    ('{"model": "gmm", "params": {' + _COINS + "}}", "of the model 'gmm', not of coins: add --model gmm, or"),
    (
        '{"initial": [1], "transition": [[1]]}',
        "does not know: it has weights, probabilities (for parameters of hmm, add --model",
    ),
    ('{"model": "\\u001b[31mgmm", "params": {' + _COINS + "}}", "of the model 'gmm'"),
    ('{"weights": [0.5, "half"], "probabilities": [0.6, 0.5]}', "holds 'half'"),
    ('{"weights": [0.5, null], "probabilities": [0.6, 0.5]}', "every entry must be a number"),
    ('{"weights": [0.5, true], "probabilities": [0.6, 0.5]}', "every entry must be a number"),
    ('{"weights": [0.5, NaN], "probabilities": [0.6, 0.5]}', "no file of parameters"),
    ('{"weights": [0.5, 1e999], "probabilities": [0.6, 0.5]}', "start.json"),
    ('{"weights": [0.5, 1' + "0" * 400 + '], "probabilities": [0.6, 0.5]}', "start.json"),
    ('{"weights": [[0.5], [0.5, 1]], "probabilities": [0.6, 0.5]}', "differ in length"),
    ('{"weights": {"a": 1}, "probabilities": [0.6, 0.5]}', "must be numbers in lists"),
    ('{"weights": [0.5, 0.6], "probabilities": [0.6, 0.5]}', "sum to 1"),
    ('{"weights": [1], "probabilities": [0.6]}', "2 weights"),
    ('{"weights": [0.5, 0.5], "probabilities": [0.6, 1.5]}', "from 0 to 1"),
    ('{"weights": "abc", "probabilities": [0.6, 0.5]}', "holds 'abc'"),
    ('{"weights": null, "probabilities": [0.6, 0.5]}', "weights"),
]


@pytest.mark.parametrize(("content", "part"), BAD_FILES)
def test_files_that_can_not_be_used_get_a_sentence(tmp_path: Path, content: str, part: str) -> None:
    file = tmp_path / "start.json"
    file.write_text(content, encoding="latin-1")
    with pytest.raises(EngineError) as refused:
        Session(choose("coins", start_file=str(file)))
    message = str(refused.value)
    assert part in message
    assert message.isprintable()
    assert message.endswith(".")


def test_what_a_file_lacks_is_what_is_needed_without_the_optional(tmp_path: Path) -> None:
    file = tmp_path / "start.json"
    file.write_text('{"hidden": [[0, 1, 1]]}')
    with pytest.raises(ParametersError, match=r"lacks output: mlp needs hidden, output\.$"):
        read_parameters(str(file), LatentMLP())


def test_files_that_can_not_be_read_get_a_sentence(tmp_path: Path) -> None:
    for path in (tmp_path / "nowhere.json", tmp_path):
        with pytest.raises(ParametersError, match="can't be read"):
            read_parameters(str(path), BinomialMixture())
    endless = Path("/dev/zero")
    if endless.exists():
        with pytest.raises(ParametersError, match="larger than 64 MB"):
            read_parameters(str(endless), BinomialMixture())


def test_units_are_not_mixed(tmp_path: Path) -> None:
    file = export_parameters(walked("iris", 2, standardize=True), folder=tmp_path)
    with pytest.raises(ParametersError, match="add --standardize"):
        choose("iris", start_file=str(file))
    file = export_parameters(walked("iris", 2), folder=tmp_path)
    with pytest.raises(ParametersError, match="leave out --standardize"):
        chosen("iris", start_file=str(file), standardize=True)


def test_a_start_of_another_shape_is_refused(tmp_path: Path) -> None:
    file = export_parameters(walked("iris", 2), folder=tmp_path)
    with pytest.raises(EngineError):
        Session(choose("iris", k=2, start_file=str(file)))
    with pytest.raises(EngineError):
        Session(choose("iris", settings={"covariance_type": "diag"}, start_file=str(file)))


_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)


@settings(max_examples=examples(200))
@given(st.dictionaries(st.sampled_from(["weights", "means", "covariances", "params", "model", "x"]), _JSON))
def test_any_json_is_read_or_refused(tmp_path_factory: pytest.TempPathFactory, document: dict[str, Any]) -> None:
    file = tmp_path_factory.getbasetemp() / "any.json"
    file.write_text(json.dumps(document))
    model = GaussianMixture(n_components=2)
    try:
        found = read_parameters(str(file), model)
    except EngineError as error:
        found = str(error)
    assert found.isprintable() if isinstance(found, str) else isinstance(found, model.Params)


# networks


_LAYERS = {"hidden_units": "3,2", "e_step": "gibbs"}


@pytest.mark.parametrize(
    "how", [{"model": "mlp", "settings": _LAYERS}, {"model": "mlp", "k": 2}, {"model": "backprop", "k": 2}]
)
def test_networks_are_read_again_layer_by_layer(tmp_path: Path, how: dict[str, Any]) -> None:
    session = walked("iris", 4, **how)
    params = session.timeline.current.params
    file = export_parameters(session, folder=tmp_path)
    names = set(json.loads(file.read_text())["params"])
    assert names == {"hidden", "output", "deeper", "variances"}  # what an optimiser remembers is no parameter
    start = choose("iris", start_file=str(file), **how).start
    assert [layer.tolist() for layer in start.layers] == [layer.tolist() for layer in params.layers]
    assert start.output.tolist() == params.output.tolist()
    assert Session(choose("iris", start_file=str(file), **how)).timeline.current.params.sizes == params.sizes


@pytest.mark.parametrize(
    "deeper", ["[[1.0]]", "3", "{}", '{"hidden": null}', '{"weights": [[1.0]]}', '{"hidden": [[1.0]], "deeper": [1]}']
)
def test_layers_that_are_none_are_one_sentence(tmp_path: Path, deeper: str) -> None:
    file = tmp_path / "start.json"
    file.write_text(f'{{"hidden": [[0.0, 1.0]], "output": [[1.0, 0.0], [0.0, 0.0]], "deeper": {deeper}}}')
    with pytest.raises(EngineError, match="deeper of the start must hold the next layer") as refused:
        read_parameters(str(file), LatentMLP(hidden_units=(1, 1), e_step="gibbs"))
    assert str(refused.value).isprintable()


def test_layers_without_end_are_one_sentence(tmp_path: Path) -> None:
    file = tmp_path / "start.json"
    layers = '{"hidden": [[0.0]], "deeper": ' * 900 + "null" + "}" * 900
    file.write_text(f'{{"hidden": [[0.0, 1.0]], "output": [[1.0, 0.0], [0.0, 0.0]], "deeper": {layers}}}')
    with pytest.raises(EngineError):
        Session(choose("iris", model="mlp", k=1, start_file=str(file)))
