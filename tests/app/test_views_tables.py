"""Parameter tables: the numbers, their changes and their units; models that have no view of their own."""

from __future__ import annotations

import numpy as np
import pytest
from other_models import Halving
from outside_model.waiting_times import ExponentialMixture
from view_frames import blobs, catalogue, session_of, snapshots, walked

from emtui.charts.colors import DARK
from emtui.charts.scene import Cloud
from emtui.charts.scene_drawing import draw_scene
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.views import view_for
from emtui.views.number_format import MINUS
from emtui.views.view import ParameterTable
from engine import GaussianMixture, load


def numbers(table: ParameterTable) -> list[list[float]]:
    """The cells read back; empty ones are nan."""
    return [[float(cell.text.replace(MINUS, "-").strip() or "nan") for cell in row.cells] for row in table.rows]


def test_a_gaussian_table_holds_weights_means_and_deviations() -> None:
    snapshot, view = catalogue("iris", 2), view_for("gmm")
    table, params = view.parameters(snapshot), snapshot.step.params
    assert table.columns == ("weight", "sepal length", "sepal width", "petal length", "petal width")
    assert [(row.name, row.component) for row in table.rows] == [
        ("1", 0),
        ("±σ", 0),
        ("2", 1),
        ("±σ", 1),
        ("3", 2),
        ("±σ", 2),
    ]
    shown = np.array(numbers(table))
    np.testing.assert_allclose(shown[::2, 0], params.weights, atol=5e-4)
    np.testing.assert_allclose(shown[::2, 1:], params.means, atol=5e-4)
    deviations = np.sqrt(np.diagonal(params.covariances, axis1=1, axis2=2))
    np.testing.assert_allclose(shown[1::2, 1:], deviations, atol=5e-4)
    assert np.isnan(shown[1::2, 0]).all()


def test_changes_are_since_the_parameters_last_moved() -> None:
    view = view_for("gmm")
    start, e1, m1, e2 = snapshots(Session(choose("iris")), 3)
    for snapshot in (start, e1):
        assert all(cell.delta == "" for row in view.parameters(snapshot).rows for cell in row.cells)
    after_m, after_e = view.parameters(m1), view.parameters(e2)
    assert after_m == after_e  # an E-step moves no parameter
    change = np.round(m1.step.params.means[0, 0], 6) - start.step.params.means[0, 0]
    cell = after_m.rows[0].cells[1]
    assert cell.delta == ("▲" if change > 0 else "▼") + f"{abs(change):.3f}"
    assert cell.direction == np.sign(change)
    assert cell.change == pytest.approx(abs(change) / start.spec.dataset.X[:, 0].std(), rel=1e-3)


def test_digits_do_not_jump_from_step_to_step() -> None:
    view, widths = view_for("gmm"), set()
    for snapshot in snapshots(Session(choose("iris")), 12):
        table = view.parameters(snapshot)
        widths.add(tuple(len(cell.text) for cell in table.rows[0].cells))
        for column in range(len(table.columns)):
            assert len({len(row.cells[column].text) for row in table.rows}) == 1
    assert len(widths) == 1


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_either_units_give_the_same_table(kind: str) -> None:
    """A fit on standardised data shown in the data's units, against the same θ brought there by hand."""
    snapshot = catalogue("old_faithful", 2, standardize=True, settings={"covariance_type": kind})
    view, params, units = view_for("gmm"), snapshot.step.params, snapshot.spec.dataset.units
    assert units is not None
    shown = np.array(numbers(view.parameters(snapshot, units="data")))
    np.testing.assert_allclose(shown[::2, 1:], units.to_original(params.means), atol=5e-3)
    variances = np.asarray(params.covariances)
    if kind in ("full", "tied"):
        variances = np.diagonal(variances, axis1=-2, axis2=-1)
    variances = (variances[:, None] if kind == "spherical" else variances) * units.scale**2
    np.testing.assert_allclose(shown[1::2, 1:], np.broadcast_to(np.sqrt(variances), (2, 2)), atol=5e-3)
    raw = catalogue("old_faithful", 2, settings={"covariance_type": kind})
    standard = np.array(numbers(view.parameters(raw, units="standard")))
    X = raw.spec.dataset.X
    np.testing.assert_allclose(standard[::2, 1:], (raw.step.params.means - X.mean(axis=0)) / X.std(axis=0), atol=5e-4)
    assert view.parameters(raw, units="standard").units == "standard"


@pytest.mark.parametrize("kind", ["full", "tied", "diag", "spherical"])
def test_the_covariance_of_one_component(kind: str) -> None:
    snapshot = catalogue("iris", 2, settings={"covariance_type": kind})
    table = view_for("gmm").detail(snapshot, 1)
    assert table is not None
    given = np.asarray(snapshot.step.params.covariances)
    whole = {"full": lambda: given[1], "tied": lambda: given, "diag": lambda: np.diag(given[1])}.get(
        kind, lambda: given[1] * np.eye(4)
    )()
    np.testing.assert_allclose(numbers(table), whole, atol=2e-3)
    assert [row.name for row in table.rows] == list(load("iris").feature_names) == list(table.columns)
    kmeans = catalogue("iris", 2, model="kmeans")
    assert view_for("kmeans").detail(kmeans, 0) is None


def test_k_means_and_coins() -> None:
    snapshot = catalogue("iris", 2, model="kmeans")
    np.testing.assert_allclose(
        numbers(view_for("kmeans").parameters(snapshot)), snapshot.step.params.centers, atol=5e-4
    )
    coins = catalogue("coins", 2, settings={"fixed_weights": "yes"})
    table = view_for("coins").parameters(coins)
    assert [row.name for row in table.rows] == ["A", "B"]
    assert table.columns == ("weight", "p(heads)")
    np.testing.assert_allclose(np.array(numbers(table))[:, 1], coins.step.params.probabilities, atol=5e-4)
    assert table.rows[0].cells[0].delta == ""
    assert table.rows[0].cells[1].delta.startswith(("▲.", "▼."))
    assert table.note == "The weights are fixed."


def test_weights_stand_beside_hard_shares() -> None:
    snapshot = catalogue("iris", 1)
    shares = view_for("gmm").weights(snapshot)
    assert snapshot.labels is not None
    assert [share.rows for share in shares] == np.bincount(snapshot.labels).tolist()
    assert sum(share.hard or 0 for share in shares) == pytest.approx(1.0)
    assert [share.weight for share in shares] == snapshot.step.params.weights.tolist()
    assert [share.rows for share in view_for("gmm").weights(catalogue("iris", 0))] == [None] * 3
    assert [share.weight for share in view_for("kmeans").weights(catalogue("iris", 1, model="kmeans"))] == [None] * 3


def test_names_from_the_data_stay_as_they_are() -> None:
    names = ("[bold]x[/]", "\x1b[31mred\x1b[0m\n", "키 (cm)")
    session = session_of(blobs(40, 3, 2), GaussianMixture(n_components=2), data={"feature_names": names})
    snapshot, view = walked(session, 2), view_for("gmm")
    assert view.parameters(snapshot).columns[1:] == ("[bold]x[/]", "red", "키 (cm)")
    assert [axis.label for axis in view.single_axes(snapshot)][:3] == ["[bold]x[/]", "red", "키 (cm)"]


def test_numbers_at_the_ends_of_the_scale() -> None:
    for scale in (1e-120, 1e120):
        snapshot = walked(session_of(blobs(60, 2, 2) * scale, GaussianMixture(n_components=2, reg_covar=0.0)), 2)
        shown = np.array(numbers(view_for("gmm").parameters(snapshot)))
        np.testing.assert_allclose(shown[::2, 1:] / scale, snapshot.step.params.means / scale, atol=5e-3)
    offset = walked(session_of(blobs(60, 2, 2) + 1e8, GaussianMixture(n_components=2)), 2)
    shown = np.array(numbers(view_for("gmm").parameters(offset)))
    np.testing.assert_allclose(shown[::2, 1:], offset.step.params.means, atol=1e-2, rtol=0)


def test_a_model_from_elsewhere_is_shown_too() -> None:
    X = np.random.default_rng(0).exponential(size=(60, 2)) * [1.0, 5.0]
    start, e1, m1 = snapshots(session_of(X, ExponentialMixture(n_components=3)), 2)
    view = view_for(start.step.problem.model)
    table = view.parameters(m1)
    assert table.columns == ("weight", "rate x1", "rate x2")
    assert [(row.name, row.component) for row in table.rows] == [("1", 0), ("2", 1), ("3", 2)]
    np.testing.assert_allclose(np.array(numbers(table))[:, 1:], m1.step.params.rates, atol=2e-3)
    assert any(cell.delta for row in table.rows for cell in row.cells)
    for snapshot in (start, e1, m1):
        scene = view.scene(snapshot, view.axes(snapshot)[0], DARK, highlight=2)
        draw_scene(scene, 60, 20, DARK)
        assert len(view.component_names(snapshot)) == len(view.weights(snapshot)) == 3
    assert any(isinstance(layer, Cloud) for layer in view.scene(e1, view.axes(e1)[0], DARK).layers)


def test_parameters_of_any_shape_are_tabulated() -> None:
    start, e1, m1 = snapshots(session_of(np.ones((5, 2)), Halving()), 2)
    view = view_for(start.step.problem.model)
    table = view.parameters(m1)
    assert [row.name for row in table.rows] == ["theta", "initial", "emission.table 1", "emission.table 2"]
    assert table.columns == ("1", "2", "3")
    assert np.array(numbers(table))[0, 0] == 0.5
    assert table.rows[0].cells[0].delta == "▼0.500"
    assert table.rows[1].cells[2].text.strip() == ""
    for snapshot in (start, e1, m1):  # responsibilities that are not one row for each row of the data
        assert view.sentence(snapshot).endswith(".")
        draw_scene(view.scene(snapshot, view.axes(snapshot)[0], DARK), 40, 10, DARK)
