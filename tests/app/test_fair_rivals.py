"""EM and backpropagation side by side: the same two runs, whichever of them is the model and which its rival."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from driving import driving
from shell import here

from emtui.cli.headless import run
from emtui.cli.shell_output import Output
from emtui.exports.step_record import step_record
from emtui.networks.choosing import study_of
from emtui.networks.rival import MethodComparison, differences
from emtui.panes.model_form.model_form_fields import settings_from, texts_of
from emtui.panes.why.ledger_text import entries
from emtui.session.session import Session
from emtui.spec.choose import choose
from emtui.spec.command_line import command_of
from emtui.spec.revise import changed
from emtui.spec.rival_model import rival_model
from engine.data.data_spec import DataSpec
from engine.errors import EngineError

_SMALL = {"hidden_units": "2"}


def compared(iterations: int, **words: Any) -> MethodComparison:
    session = Session(choose("iris", **words))
    for _ in range(2 * iterations):
        session.take()
    while session.rival_is_behind:
        session.advance_rival()
    found = session.snapshot().comparison
    assert found is not None
    return found


def records(n_init: int = 1, **words: Any) -> list[dict[str, Any]]:
    """The lines of `emtui run --json`."""
    written = io.StringIO()
    run(choose("iris", **words), Output(written), as_json=True, n_init=n_init, baseline=False)
    return [json.loads(line) for line in written.getvalue().splitlines()]


@pytest.mark.parametrize(
    "settings",
    [
        {},
        {"learning_rate": "0.02", "weight_decay": "0.1"},
        {"optimizer": "adam", "batch_size": "20"},
        {"optimizer": "momentum"},
        {"batch_size": "7"},
    ],
)
def test_either_may_be_the_model(settings: dict[str, str]) -> None:
    em, back = (compared(4, model=name, settings=_SMALL | settings, seed=3) for name in ("mlp", "backprop"))
    by_em, by_gradients = (choose("iris", model=name, settings=settings) for name in ("mlp", "backprop"))
    assert (rival_model(by_em), rival_model(by_gradients)) == (by_gradients.model, by_em.model)
    for ours, theirs in ((em.own, back.rival), (em.rival, back.own)):
        assert [point.scores for point in ours] == [point.scores for point in theirs]
        assert len(ours) == 5


def test_so_it_is_in_the_shell_with_several_starts() -> None:
    words: dict[str, Any] = {"settings": _SMALL, "max_iter": 4, "tol": 0.0}
    em, back = (records(n_init=3, model=name, **words)[-1] for name in ("mlp", "backprop"))
    for name in ("train_loss", "test_loss", "train_loss_forward", "test_accuracy"):
        assert em[name] == back[f"rival_{name}"]
        assert back[name] == em[f"rival_{name}"]
    best = max((one for one in em["restarts"]), key=lambda one: one["objective"])
    assert best["seed"] == back["rival"]["seed"]


def test_a_file_of_weights_begins_both_at_them(tmp_path: Path) -> None:
    hidden, output = np.arange(10.0).reshape(2, 5) / 10, np.array([[0.1, -0.2, 0.3], [0.5, 0.0, -0.1], [0.0, 0.0, 0.0]])
    arrays = {"hidden": hidden.tolist(), "output": output.tolist()}
    alone, named = tmp_path / "weights.json", tmp_path / "named.json"
    alone.write_text(json.dumps(arrays))
    named.write_text(json.dumps({"model": "mlp", "standardized": False, "params": arrays}))
    for file in (alone, named):
        em, back = (
            compared(2, model=name, settings=_SMALL, start_file=str(file), seed=5) for name in ("mlp", "backprop")
        )
        for found in (em.rival_params[0], back.rival_params[0]):
            np.testing.assert_array_equal(found.hidden, hidden)
            np.testing.assert_array_equal(found.output, output)
        assert [point.scores for point in em.own] == [point.scores for point in back.rival]
        assert [point.scores for point in em.rival] == [point.scores for point in back.own]


def test_the_order_of_the_rows_is_the_seeds() -> None:
    """Not one and the same for every start that is given."""
    starts = [compared(1, model="mlp", settings=_SMALL, seed=seed).rival_params[0] for seed in (0, 1)]
    assert starts[0].state.seed != starts[1].state.seed


def test_what_differs_is_said() -> None:
    spec = choose("iris", model="mlp")
    said = differences(spec.model, rival_model(spec))
    assert said == (
        "EM learns the marginal and backprop the forward pass; "
        "backprop takes one row a step and EM all rows: its seconds are mostly the interpreter's."
    )
    alike = choose("iris", model="mlp", rival=[("optimizer", "batch"), ("loss", "marginal")])
    assert differences(alike.model, rival_model(alike)) == ""


@pytest.mark.parametrize(
    ("e_step", "estimated"), [("importance", {"Q", "H(q)", "bound", "KL"}), ("mean_field", {"KL"}), ("exact", set())]
)
def test_estimates_are_called_so_and_say_how_many_draws_count(e_step: str, estimated: set[str]) -> None:
    session = Session(choose("iris", model="mlp", settings={"hidden_units": "2", "e_step": e_step}))
    session.take()
    snapshot = session.snapshot()
    shorts = {entry.short for entry in entries(snapshot)}
    assert {name for name in ("Q", "H(q)", "bound", "KL") if f"est. {name}" in shorts} == estimated
    draws = step_record(snapshot.step).get("effective_draws")
    assert (draws is None) == (e_step == "exact")
    if draws is not None:
        assert 1.0 <= draws["least"] <= draws["median"] <= draws["drawn"] == 100
    _, out, _ = here(
        "run", "iris", "--model", "mlp", "--set", f"e_step={e_step}", "--set", "hidden_units=2", "--max-iter", "1"
    )
    assert ("est. KL" in out) == ("KL" in estimated) and ("est. bound" in out) == ("bound" in estimated)
    assert ("draws a row effectively" in out) == (e_step != "exact")
    assert "ICL" not in out


@pytest.mark.parametrize("name", ["mlp", "backprop"])
def test_a_target_of_whole_numbers_is_one_of_numbers_for_both(name: str, tmp_path: Path) -> None:
    table = tmp_path / "counts.csv"
    table.write_text("x,y\n" + "".join(f"{i},{3 * i % 7}\n" for i in range(40)))
    session = Session(choose(DataSpec(str(table), target="y"), model=name))
    session.take()
    while session.rival_is_behind:
        session.advance_rival()
    found = session.snapshot().comparison
    assert found is not None and found.rival_why == "" and found.rival
    for model in (session.spec.model, found.rival_model):
        assert model.option_values["likelihood"] == "gaussian"


def test_options_that_em_does_not_have_are_left_out_of_it() -> None:
    """All rows a step is what it does; parts are for the exact E-step; numbers are learned by plain steps."""
    for settings in ({"optimizer": "batch"}, {"hidden_units": "3,2", "batch_size": "5"}):
        rival = rival_model(choose("iris", model="backprop", settings=settings))
        assert (rival.optimizer, rival.batch_size) == ("sgd", None)


def test_a_loss_is_called_by_its_way_of_predicting() -> None:
    words = ("run", "iris", "--model", "mlp", "--set", "hidden_units=2", "--max-iter", "1")
    apart, alike = here(*words)[1], here(*words, "--rival", "loss=marginal")[1]
    forward = here(*words, "--prediction", "forward")[1]
    for out, way in ((apart, "marginal"), (alike, "marginal"), (forward, "forward")):
        rows = {
            line.split("  ")[0]: line.split() for line in out.splitlines() if line.startswith(("EM g", "backprop s"))
        }
        ours, theirs = rows["EM gradient 0.005"], next(row for name, row in rows.items() if name.startswith("backprop"))
        assert way in ours and way in theirs
    assert "EM learns the marginal" in apart and "EM learns the marginal" not in alike


@pytest.mark.parametrize("prediction", ["marginal", "forward"])
def test_both_are_scored_by_one_way_of_predicting_whichever_is_the_model(prediction: str) -> None:
    words = {"prediction": prediction, "settings": _SMALL}
    one, other = (compared(2, model=name, **words) for name in ("mlp", "backprop"))
    for here_, there in ((one.here, other.rival_here), (one.rival_here, other.here)):
        assert here_ is not None and there is not None
        assert here_.train.log_loss == there.train.log_loss
        scores = "train_loss" if prediction == "marginal" else "train_loss_forward"
        assert here_.train.log_loss == here_.scores[scores]
        assert here_.train.probabilities is not None  # type: ignore[union-attr]


def test_the_prediction_that_scores_are_by_is_carried_on() -> None:
    spec = choose("iris", model="backprop", prediction="forward", settings=_SMALL)
    assert "--prediction forward" in command_of(spec)
    assert "--prediction" not in command_of(changed(spec, prediction="marginal"))
    assert changed(spec, model=choose("iris", model="experts").model).prediction == "marginal"
    fields = texts_of(spec) | {"prediction": "marginal"}
    assert settings_from(spec, fields) == {"prediction": "marginal"}
    study = study_of(spec, {"backprop": spec.model}, n_seeds=1, max_iter=1)
    assert study.prediction == "forward"


def test_a_prediction_that_is_not_there_is_refused_in_a_sentence() -> None:
    with pytest.raises(EngineError, match="no prediction 'sampled': choose marginal or forward"):
        choose("iris", model="mlp", prediction="sampled")
    with pytest.raises(EngineError, match="no forward pass: choose the prediction marginal"):
        choose("iris", model="experts", prediction="forward")


@pytest.mark.parametrize("way", ["marginal", "forward"])
async def test_predictions_say_by_which_way_they_are(way: str) -> None:
    status, out, _ = here("run", "iris", "--model", "mlp", "--max-iter", "1", "--prediction", way)
    assert status == 0 and f"both by the {way} prediction" in out
    status, out, _ = here("run", "iris", "--model", "experts", "--max-iter", "1")
    assert status == 0 and "prediction\n" not in out  # there is one alone
    async with driving(choose("iris", model="mlp", prediction=way, settings=_SMALL), (120, 40)) as app:
        await app.send("n", "3", "z")
        assert f"· {way} " in app.text.splitlines()[1]
