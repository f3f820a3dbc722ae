"""Choosing among networks: by validation rows, which are taken from the training rows of a spec; no screen here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from emtui.spec.run_spec import RunSpec
from emtui.spec.train_test_split import split_of, train_share
from engine.analysis.study import Study
from engine.data.products import with_products
from engine.errors import OptionError

VALIDATION_SHARE = 0.25
"""Of the training rows."""


def study_of(
    spec: RunSpec, methods: Mapping[str, Any], *, n_seeds: int, max_iter: int, tol: float = 0.0, seed: int | None = None
) -> Study:
    """The methods on the data of this spec and on its one split, to be chosen by validation rows.

    seed: of the first start and validation rows; None for the spec's own.

    Raises:
        EngineError: the data or an option can't be used; one sentence.
    """
    split = split_of(spec)
    if split is None:
        raise OptionError(f"The {spec.model.name} model learns no targets, so there is nothing to validate.")
    first = spec.seed if seed is None else seed
    return Study(
        with_products(spec.dataset.X) if spec.data.products else spec.dataset.X,
        split.targets,
        methods,
        seeds=range(first, first + n_seeds),
        max_iter=max_iter,
        tol=tol,
        train_share=train_share(spec.test_share),
        stratified=spec.stratify,
        split_seed=spec.seed if spec.split_seed is None else spec.split_seed,
        validation_share=VALIDATION_SHARE,
        standardize=spec.data.standardize,
        sample_weight=spec.dataset.weights,
    )
