"""Squares and products of the inputs of a network: named, split and standardised, drawn in the data's own features."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from driving import driving
from shell import here, is_one_sentence
from studying import at_rest
from test_script import run_script

import engine
from emtui.exports.export import export_script
from emtui.networks.choosing import study_of
from emtui.panes.model_form.model_form_fields import fields_for, settings_from, texts_of
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.spec.command_line import command_of
from emtui.spec.revise import changed
from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of
from emtui.views.decision_regions import regions_of
from emtui.views.slice_choice import SliceChoice
from engine.data.data_spec import DataSpec
from engine.data.products import product_names, product_units, with_products
from engine.errors import DataError, EngineError

NAMES = ("x", "y", "x²", "x·y", "y²")


def products(source: str = "xor", standardize: bool = True, **how: object) -> RunSpec:
    return choose(DataSpec(source, standardize=standardize, products=True), model="mlp", **how)  # type: ignore[arg-type]


def test_products_stand_behind_the_features_with_their_names() -> None:
    X = np.array([[2.0, 3.0], [-1.0, 0.5]])
    np.testing.assert_array_equal(with_products(X), [[2, 3, 4, 6, 9], [-1, 0.5, 1, -0.5, 0.25]])
    np.testing.assert_array_equal(engine.with_products([[2, 3]]), [[2, 3, 4, 6, 9]])
    for wrong in (engine.load("xor"), [["a"]], 3.0):
        with pytest.raises(DataError, match=r"X|Dataset"):
            engine.with_products(wrong)
    assert product_names(("x", "y")) == NAMES
    for standardize in (False, True):
        units = product_units(X, standardize)
        np.testing.assert_allclose(units.to_original(units.to_standard(X)), X, atol=1e-12)
    units = product_units(np.random.default_rng(0).standard_normal((9, 4)), standardize=True)
    assert units.to_original(np.zeros((3, 14))).shape == (3, 4)


def test_too_many_or_too_large_products_are_a_sentence() -> None:
    with pytest.raises(DataError, match="products of 64 columns would make 2,144 inputs of them, more than 500"):
        with_products(np.zeros((2, 64)))
    with pytest.raises(DataError, match="too large for a number"):
        with_products(np.full((2, 2), 1e200))
    for words, says in (
        (["digits", "--model", "mlp"], "more than 500: choose fewer columns"),
        (["iris"], "--products"),
    ):
        status, out, err = here("run", *words, "--products")
        assert (status, out) == (2, "")
        assert is_one_sentence(err)
        assert says in err


@pytest.mark.parametrize("standardize", [False, True])
def test_inputs_are_standardised_by_the_training_rows(standardize: bool) -> None:
    spec = products(standardize=standardize)
    split = split_of(spec)
    assert split is not None
    assert split.input_names == NAMES
    raw = with_products(spec.dataset.X)
    train = raw[split.train]
    expected = (raw - train.mean(axis=0)) / train.std(axis=0) if standardize else raw
    np.testing.assert_allclose(split.inputs, expected, atol=1e-12)
    assert "--products" in command_of(spec)
    assert spec.dataset.feature_names == ("x", "y")


def test_one_unit_learns_exclusive_or_from_the_product() -> None:
    session = Session(products(k=1, settings={"m_step": "newton"}, max_iter=30))
    for _ in range(40):
        session.take()
    report = session.snapshot().comparison
    assert report is not None
    split = report.split
    assert engine.LatentMLP is type(session.spec.model)
    p = session.spec.model.predict_proba(
        session.timeline.current.params, session.spec.model.observe_new(split.inputs, session.timeline.current.params)
    )
    assert (p.argmax(axis=1) == split.targets).mean() > 0.97


@pytest.mark.parametrize("standardize", [False, True])
def test_regions_are_those_of_the_features(standardize: bool) -> None:
    """Each point of the plane has the products of its own coordinates, in the units of the training rows."""
    session = Session(products(standardize=standardize, k=2))
    session.take()
    snapshot = session.snapshot()
    own, _ = regions_of(snapshot, SliceChoice((0, 1)))
    split, params, model = split_of(session.spec), snapshot.step.params, session.spec.model
    assert split is not None
    points = own.plane.points
    assert points.shape[1] == 2
    inputs = np.column_stack([points, points[:, 0] ** 2, points[:, 0] * points[:, 1], points[:, 1] ** 2])
    if standardize:
        train = with_products(session.spec.dataset.X[split.train])
        inputs = (inputs - train.mean(axis=0)) / train.std(axis=0)
    expected = model.predict_proba(params, model.observe_new(inputs, params))
    np.testing.assert_allclose(own.probabilities.reshape(len(points), -1), expected, atol=1e-9)


def test_the_form_offers_them_for_networks_alone() -> None:
    assert "products" in {field.key for field in fields_for("mlp")} & {field.key for field in fields_for("backprop")}
    assert "products" not in {field.key for field in fields_for("gmm")}
    spec = choose("xor", model="mlp")
    settings = settings_from(spec, texts_of(spec) | {"products": "yes"})
    made = changed(spec, **settings)
    assert made.data.products
    split = split_of(made)
    assert split is not None
    assert split.input_names == NAMES
    other = changed(made, model=choose("xor").model)
    assert not other.data.products  # a mixture has no such inputs
    with pytest.raises(EngineError, match="more than 500"):
        changed(choose("digits", model="mlp"), data=DataSpec("digits", products=True))


def test_a_sweep_has_the_same_inputs() -> None:
    spec = products()
    study = study_of(spec, {"one": spec.model}, n_seeds=1, max_iter=1)
    np.testing.assert_array_equal(study.X, with_products(spec.dataset.X))


@pytest.mark.parametrize("standardize", [False, True])
def test_the_script_makes_the_same_inputs(tmp_path: Path, standardize: bool) -> None:
    session = Session(products(standardize=standardize, k=2))
    for _ in range(4):
        session.take()
    printed = run_script(export_script(session, folder=tmp_path), tmp_path)
    assert float(printed["log_likelihood"]) == session.timeline.current.log_likelihood


async def test_every_subject_of_the_panes_is_drawn_with_products() -> None:
    async with driving(products(k=2)) as app:
        text = await app.press("n", "e", "m", "n")
        assert "x·y" in text
        for pane in "1234567890":
            await app.send(pane, "d", "d", "d", "a", "a", "escape")
        await app.send("v", "comma", "full_stop")
        assert "both features are shown" in await at_rest(app)
