"""Agreement, shares and criteria as they stand on the screen."""

from __future__ import annotations

import re

import numpy as np
import pytest
from pane_host import SIZES, Host, box, converged, iris, table_of, taken
from screen_text import screen_text

from emtui.panes.agreement.agreement import AgreementPane
from emtui.panes.agreement.agreement_text import criteria_of
from emtui.session.session import Session
from emtui.spec.choose import choose
from engine.em.evaluation import Posterior


async def test_iris_agrees_as_published():
    snapshot = converged()
    app = Host(AgreementPane(id="pane"))
    async with app.run_test(size=(40, 24)) as pilot:
        app.pane.show(snapshot)
        await pilot.pause()
        text = screen_text(app)
        assert "EM      145/150 .967" in text
        assert "k-means 134/150 .893" in text
        assert all(share in text for share in (".2992", ".3333", ".3675", ".3000", ".3667"))
        lines = box(app)
        assert any(line.split()[:4] == ["setosa", "50", "0", "0"] for line in lines)


async def test_indices_and_criteria_are_those_of_their_definitions():
    from sklearn.metrics import adjusted_rand_score, normalized_mutual_info_score

    snapshot = converged()
    found = criteria_of(snapshot)
    assert found is not None
    n_parameters = 2 + 3 * 4 + 3 * 10
    R = Posterior(snapshot.step.at).responsibilities
    entropy = -np.sum(R * np.log(np.maximum(R, 1e-300)))
    bic = n_parameters * np.log(150) - 2 * snapshot.record.log_likelihood
    aic = 2 * n_parameters - 2 * snapshot.record.log_likelihood
    wanted = aic, bic, bic + 2 * entropy, bic - 2 * np.sum(np.log(R.max(axis=1)))
    assert (found.aic, found.bic, found.icl, found.icl_map) == pytest.approx(wanted)
    app = Host(AgreementPane(id="pane"))
    async with app.run_test(size=(70, 24)) as pilot:
        app.pane.show(snapshot)
        await pilot.pause()
        text, truth = screen_text(app), snapshot.spec.dataset.y
        assert f"adjusted Rand {adjusted_rand_score(truth, snapshot.labels):.3f}".replace("0.", ".") in text
        assert f"NMI {normalized_mutual_info_score(truth, snapshot.labels):.3f}".replace("0.", ".") in text
        names = "AIC", "BIC", "ICL entropy", "ICL MAP"
        assert " · ".join(f"{name} {value:.1f}" for name, value in zip(names, wanted, strict=True)) in text


@pytest.mark.parametrize("size", SIZES[1:])
async def test_hits_come_first_and_whole_at_any_size(size):
    app = Host(AgreementPane(id="pane"))
    async with app.run_test(size=size) as pilot:
        app.pane.show(converged())
        table_of(app).focus()
        await pilot.pause()
        assert re.match(r"EM +145/150 \.967", box(app)[0])
        assert re.match(r"(k-means|km) 134/150 \.893", box(app)[1])
        await pilot.press("greater_than_sign")
        assert re.match("vir|v…", [line for line in box(app) if line][-1])


async def test_without_classes_it_says_so_and_shows_shares_and_criteria():
    snapshot = taken(Session(choose("coins")), 3)
    app = Host(AgreementPane(id="pane"))
    async with app.run_test(size=(40, 14)) as pilot:
        app.pane.show(snapshot)
        await pilot.pause()
        text = " ".join(box(app))
        assert "No known classes: there is nothing to compare" in text
        assert "● A" in text
        assert "AIC" in text
        assert "NMI" not in text


async def test_before_the_first_e_step_there_is_nothing_to_match_yet():
    app = Host(AgreementPane(id="pane"))
    async with app.run_test(size=(40, 14)) as pilot:
        app.pane.show(iris(0))
        await pilot.pause()
        text = screen_text(app)
        assert "EM: no responsibilities yet, press e." in text
        assert "k-means 134/150 .893" in text
        assert "hard" not in text


async def test_k_means_has_hits_but_no_criteria():
    app = Host(AgreementPane(id="pane"))
    async with app.run_test(size=(40, 14)) as pilot:
        app.pane.show(taken(Session(choose("iris", model="kmeans")), 3))
        await pilot.pause()
        assert re.match(r"k-means \d+/150", box(app)[0])
        assert "BIC" not in screen_text(app)
        assert "EM" not in screen_text(app)
