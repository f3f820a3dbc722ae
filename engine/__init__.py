"""EM, half a step at a time, without a screen.

    import engine
    data = engine.load("iris")
    model = engine.GaussianMixture(n_components=3)
    for step in engine.iterate(model, data.X, seed=0):
        print(step.iteration, step.phase, step.objective)

Names are imported when they are first used, so that `import engine` costs what `import numpy` costs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

import numpy as np  # noqa: F401  # the one library that everything here stands on

if TYPE_CHECKING:
    from engine.baselines.backprop import BackpropMLP as BackpropMLP
    from engine.baselines.kmeans import KMeans as KMeans
    from engine.convergence import convergence_of as convergence_of
    from engine.corpus import read_corpus as read_corpus
    from engine.data import Dataset as Dataset
    from engine.data import datasets as datasets
    from engine.data import load as load
    from engine.em import advance as advance
    from engine.em import begin as begin
    from engine.em import e_step as e_step
    from engine.em import iterate as iterate
    from engine.em import m_step as m_step
    from engine.errors import DataError as DataError
    from engine.errors import EngineError as EngineError
    from engine.errors import OptionError as OptionError
    from engine.evaluation import agreement as agreement
    from engine.evaluation import criteria as criteria
    from engine.ledgers import ledger as ledger
    from engine.map_rate import map_rate as map_rate
    from engine.models import model_class as model_class
    from engine.models import model_names as model_names
    from engine.models.bernoulli import BernoulliMixture as BernoulliMixture
    from engine.models.binomial import BinomialMixture as BinomialMixture
    from engine.models.gaussian import GaussianMixture as GaussianMixture
    from engine.models.hmm import HiddenMarkovModel as HiddenMarkovModel
    from engine.models.hmm_params import GaussianEmission as GaussianEmission
    from engine.models.linkage import GeneticLinkage as GeneticLinkage
    from engine.models.mlp import LatentMLP as LatentMLP
    from engine.models.mlp_predict import network_report as network_report
    from engine.models.poisson import PoissonMixture as PoissonMixture
    from engine.models.topics import LatentDirichletAllocation as LatentDirichletAllocation
    from engine.models.topics_evidence import perplexity as perplexity
    from engine.optima import group_optima as group_optima
    from engine.parallel import threads as threads
    from engine.restarts import all_starts as all_starts
    from engine.restarts import many_starts as many_starts
    from engine.run import Run as Run
    from engine.run import fit as fit
    from engine.selection import best_candidate as best_candidate
    from engine.selection import compare_sizes as compare_sizes
    from engine.slices import bound_slice as bound_slice
    from engine.slices import slice_names as slice_names
    from engine.split import train_test_split as train_test_split
    from engine.step import Phase as Phase
    from engine.step import Step as Step
    from engine.tables import preview_table as preview_table
    from engine.tables import read_table as read_table
    from engine.timeline import Timeline as Timeline
    from engine.worked import worked_parameter as worked_parameter
    from engine.worked import worked_row as worked_row
    from engine.worked import worked_word as worked_word

_HOMES = {
    "engine.baselines.backprop": ("BackpropMLP",),
    "engine.baselines.kmeans": ("KMeans",),
    "engine.corpus": ("read_corpus",),
    "engine.data": ("Dataset", "datasets", "load"),
    "engine.em": ("advance", "begin", "e_step", "iterate", "m_step"),
    "engine.errors": ("DataError", "EngineError", "OptionError"),
    "engine.evaluation": ("agreement", "criteria"),
    "engine.models": ("model_class", "model_names"),
    "engine.models.bernoulli": ("BernoulliMixture",),
    "engine.models.binomial": ("BinomialMixture",),
    "engine.models.gaussian": ("GaussianMixture",),
    "engine.models.hmm": ("HiddenMarkovModel",),
    "engine.models.hmm_params": ("GaussianEmission",),
    "engine.models.linkage": ("GeneticLinkage",),
    "engine.models.mlp": ("LatentMLP",),
    "engine.models.mlp_predict": ("network_report",),
    "engine.models.poisson": ("PoissonMixture",),
    "engine.models.topics": ("LatentDirichletAllocation",),
    "engine.models.topics_evidence": ("perplexity",),
    "engine.run": ("Run", "fit"),
    "engine.split": ("train_test_split",),
    "engine.step": ("Phase", "Step"),
    "engine.tables": ("preview_table", "read_table"),
    "engine.parallel": ("threads",),
    "engine.timeline": ("Timeline",),
    "engine.convergence": ("convergence_of",),
    "engine.map_rate": ("map_rate",),
    "engine.ledgers": ("ledger",),
    "engine.optima": ("group_optima",),
    "engine.restarts": ("all_starts", "many_starts"),
    "engine.selection": ("best_candidate", "compare_sizes"),
    "engine.slices": ("bound_slice", "slice_names"),
    "engine.worked": ("worked_parameter", "worked_row", "worked_word"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
_MODULES = ("algorithms", "by_hand", "stopping", "testing", "initialization", "evaluation", "replays", "studies")
__all__ = sorted((*_HOME_OF, *_MODULES))


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        value = getattr(import_module(_HOME_OF[name]), name)
        globals()[name] = value
        return value
    if name in _MODULES:
        return import_module(f"engine.{name}")
    raise AttributeError(f"module 'engine' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
