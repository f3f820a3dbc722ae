"""The view of each model, by the model's name; other packages add theirs by the entry point group `emtui.views`."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib import import_module
from inspect import isabstract
from typing import Any

from emtui.views.view import View
from engine.em.model import Model
from engine.errors import OptionError
from engine.plugins import Plugins

BUILT_IN: Mapping[str, tuple[str, str]] = {
    "gmm": ("emtui.views.gaussian.gaussian", "GaussianView"),
    "coins": ("emtui.views.coins", "CoinsView"),
    "bernoulli": ("emtui.views.bernoulli.bernoulli", "BernoulliView"),
    "poisson": ("emtui.views.poisson", "PoissonView"),
    "linkage": ("emtui.views.linkage", "LinkageView"),
    "topics": ("emtui.views.topics.topics", "TopicsView"),
    "hmm": ("emtui.views.hmm.hmm", "HiddenMarkovView"),
    "mlp": ("emtui.views.network.network", "NetworkView"),
    "backprop": ("emtui.views.network.network", "NetworkView"),
    "experts": ("emtui.views.experts.experts", "ExpertsView"),
    "backprop-experts": ("emtui.views.experts.experts", "ExpertsView"),
    "kmeans": ("emtui.views.kmeans", "KMeansView"),
}
_GENERIC = ("emtui.views.generic", "GenericView")


def _checked(name: str, offered: Any) -> View:
    """The view that a package offers for the model of this name, made once: views are stateless."""
    if name in BUILT_IN:
        raise OptionError("emtui has a view of that model")
    if not (isinstance(offered, type) and issubclass(offered, View)):
        raise OptionError("it is no subclass of emtui.views.View")
    if isabstract(offered):
        raise OptionError(f"it lacks {', '.join(sorted(offered.__abstractmethods__))}")
    from emtui.views.guarded import guarded

    return guarded(offered, name, _made(*_GENERIC))


_OUTSIDE = Plugins("emtui.views", "view", _checked)


def view_for(model: Model[Any, Any] | str) -> View:
    """The view of a model, given by itself or by its name; the generic one where it has none that can be used."""
    name = model if isinstance(model, str) else model.name
    if name not in BUILT_IN and name in _OUTSIDE.names():
        view: View | None = _OUTSIDE.usable().get(name)
        if view is not None:
            return view
    return _made(*BUILT_IN.get(name, _GENERIC))


def view_problems() -> tuple[str, ...]:
    """A sentence for each package whose view can't be used."""
    return _OUTSIDE.problems()


@cache
def _made(module: str, name: str) -> View:
    view: View = getattr(import_module(module), name)()
    return view
