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
    from engine.analysis.bound_profile import bound_slice as bound_slice
    from engine.analysis.bound_profile import slice_names as slice_names
    from engine.analysis.convergence import convergence_of as convergence_of
    from engine.analysis.convergence_rate import map_rate as map_rate
    from engine.analysis.evaluation import agreement as agreement
    from engine.analysis.evaluation import criteria as criteria
    from engine.analysis.many_starts import all_starts as all_starts
    from engine.analysis.many_starts import many_starts as many_starts
    from engine.analysis.optima import group_optima as group_optima
    from engine.analysis.selection import best_candidate as best_candidate
    from engine.analysis.selection import compare_sizes as compare_sizes
    from engine.arrays import Array as Array
    from engine.arrays import IntArray as IntArray
    from engine.baselines.backprop import BackpropMLP as BackpropMLP
    from engine.baselines.kmeans import KMeans as KMeans
    from engine.data.catalogue import datasets as datasets
    from engine.data.catalogue import load as load
    from engine.data.dataset import Dataset as Dataset
    from engine.data.train_test import train_test_split as train_test_split
    from engine.em.fit import Run as Run
    from engine.em.fit import fit as fit
    from engine.em.inference import EXACT as EXACT
    from engine.em.inference import Inference as Inference
    from engine.em.loop import advance as advance
    from engine.em.loop import begin as begin
    from engine.em.loop import e_step as e_step
    from engine.em.loop import iterate as iterate
    from engine.em.loop import m_step as m_step
    from engine.em.model import Event as Event
    from engine.em.model import Expectation as Expectation
    from engine.em.model import Maximization as Maximization
    from engine.em.model import Model as Model
    from engine.em.model import Observations as Observations
    from engine.em.parameters import Axis as Axis
    from engine.em.parameters import Parameters as Parameters
    from engine.em.parameters import positive as positive
    from engine.em.parameters import positive_definite as positive_definite
    from engine.em.parameters import probability as probability
    from engine.em.parameters import real as real
    from engine.em.parameters import simplex as simplex
    from engine.em.parameters import whole as whole
    from engine.em.step import Phase as Phase
    from engine.em.step import Step as Step
    from engine.em.timeline import Timeline as Timeline
    from engine.errors import DataError as DataError
    from engine.errors import EngineError as EngineError
    from engine.errors import OptionError as OptionError
    from engine.explain import derivation as derivation
    from engine.explain.ledger import ledger as ledger
    from engine.explain.worked import worked_parameter as worked_parameter
    from engine.explain.worked import worked_row as worked_row
    from engine.explain.worked import worked_word as worked_word
    from engine.models import model_class as model_class
    from engine.models import model_names as model_names
    from engine.models.bernoulli.mixture import BernoulliMixture as BernoulliMixture
    from engine.models.binomial import BinomialMixture as BinomialMixture
    from engine.models.gaussian.mixture import GaussianMixture as GaussianMixture
    from engine.models.hmm.model import HiddenMarkovModel as HiddenMarkovModel
    from engine.models.hmm.params import GaussianEmission as GaussianEmission
    from engine.models.linkage import GeneticLinkage as GeneticLinkage
    from engine.models.mixture import Mixture as Mixture
    from engine.models.mixture import checked_labels as checked_labels
    from engine.models.mixture import checked_table as checked_table
    from engine.models.mixture import checked_weights as checked_weights
    from engine.models.network.model import LatentMLP as LatentMLP
    from engine.models.network.predict import network_report as network_report
    from engine.models.poisson import PoissonMixture as PoissonMixture
    from engine.models.probabilities import check_weights as check_weights
    from engine.models.probabilities import dot_log as dot_log
    from engine.models.probabilities import log_factorials as log_factorials
    from engine.models.probabilities import times_log as times_log
    from engine.models.topics.evidence import perplexity as perplexity
    from engine.models.topics.model import LatentDirichletAllocation as LatentDirichletAllocation
    from engine.options import option as option
    from engine.parallel import threads as threads
    from engine.readers.corpus import read_corpus as read_corpus
    from engine.readers.table import preview_table as preview_table
    from engine.readers.table import read_table as read_table
    from engine.reference.replay import Published as Published
    from engine.reference.replay import Replay as Replay
    from engine.reference.replay import Walk as Walk

_HOMES = {
    "engine.reference.replay": ("Published", "Replay", "Walk"),
    "engine.options": ("option",),
    "engine.models.probabilities": ("check_weights", "dot_log", "log_factorials", "times_log"),
    "engine.models.mixture": ("Mixture", "checked_labels", "checked_table", "checked_weights"),
    "engine.em.model": ("Event", "Expectation", "Maximization", "Model", "Observations"),
    "engine.em.inference": ("EXACT", "Inference"),
    "engine.arrays": ("Array", "IntArray"),
    "engine.baselines.backprop": ("BackpropMLP",),
    "engine.baselines.kmeans": ("KMeans",),
    "engine.readers.corpus": ("read_corpus",),
    "engine.data.catalogue": ("datasets", "load"),
    "engine.data.dataset": ("Dataset",),
    "engine.em.loop": ("advance", "begin", "e_step", "iterate", "m_step"),
    "engine.errors": ("DataError", "EngineError", "OptionError"),
    "engine.analysis.evaluation": ("agreement", "criteria"),
    "engine.models": ("model_class", "model_names"),
    "engine.models.bernoulli.mixture": ("BernoulliMixture",),
    "engine.models.binomial": ("BinomialMixture",),
    "engine.models.gaussian.mixture": ("GaussianMixture",),
    "engine.models.hmm.model": ("HiddenMarkovModel",),
    "engine.models.hmm.params": ("GaussianEmission",),
    "engine.models.linkage": ("GeneticLinkage",),
    "engine.models.network.model": ("LatentMLP",),
    "engine.models.network.predict": ("network_report",),
    "engine.models.poisson": ("PoissonMixture",),
    "engine.models.topics.model": ("LatentDirichletAllocation",),
    "engine.models.topics.evidence": ("perplexity",),
    "engine.em.fit": ("Run", "fit"),
    "engine.em.parameters": (
        "Axis",
        "Parameters",
        "positive",
        "positive_definite",
        "probability",
        "real",
        "simplex",
        "whole",
    ),
    "engine.data.train_test": ("train_test_split",),
    "engine.em.step": ("Phase", "Step"),
    "engine.readers.table": ("preview_table", "read_table"),
    "engine.parallel": ("threads",),
    "engine.em.timeline": ("Timeline",),
    "engine.analysis.convergence": ("convergence_of",),
    "engine.analysis.convergence_rate": ("map_rate",),
    "engine.explain.ledger": ("ledger",),
    "engine.analysis.optima": ("group_optima",),
    "engine.analysis.many_starts": ("all_starts", "many_starts"),
    "engine.analysis.selection": ("best_candidate", "compare_sizes"),
    "engine.analysis.bound_profile": ("bound_slice", "slice_names"),
    "engine.explain.worked": ("worked_parameter", "worked_row", "worked_word"),
}
_HOME_OF = {name: module for module, names in _HOMES.items() for name in names}
_MODULES = {
    "algorithms": "engine.em.algorithms",
    "by_hand": "engine.editing.edits",
    "derivation": "engine.explain.derivation",
    "evaluation": "engine.analysis.evaluation",
    "initialization": "engine.starts.initialization",
    "replays": "engine.reference.replays",
    "stopping": "engine.em.stopping",
    "studies": "engine.reference.network_study",
    "testing": "engine.testing",
}
__all__ = sorted((*_HOME_OF, *_MODULES))


def __getattr__(name: str) -> Any:
    if name in _HOME_OF:
        value = getattr(import_module(_HOME_OF[name]), name)
        globals()[name] = value
        return value
    if name in _MODULES:
        return import_module(_MODULES[name])
    raise AttributeError(f"module 'engine' has no attribute {name!r}")


def __dir__() -> list[str]:
    return list(__all__)
