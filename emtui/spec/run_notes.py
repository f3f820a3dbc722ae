"""What is to be known of the data before a run: of how they were read, of this model on them, and of its rival."""

from __future__ import annotations

from emtui.spec.own_options import wide_notes
from emtui.spec.rival_model import rival_model
from emtui.spec.run_spec import RunSpec, once_a_spec
from engine.analysis.scales import different_scales, scale_notes
from engine.errors import EngineError


@once_a_spec
def run_notes(spec: RunSpec) -> tuple[str, ...]:
    """Sentences, each with the key or the option that acts."""
    data, model = spec.dataset, spec.model
    unused = []
    if data.target is not None and not model.takes_target:
        unused.append(f"The target is for models of numbers: the {model.name} model does not look at it.")
    if data.sequence is not None and model.independent_rows:
        unused.append(f"The {model.name} model takes each row by itself, whatever its sequence.")
    scales = scale_notes(data, spec.data.standardize) if model.compares_columns else _of_rival(spec)
    return (*data.notes, *unused, *wide_notes(data, model), *scales, *model.notes_on(data.n_features))


def _of_rival(spec: RunSpec) -> tuple[str, ...]:
    """The scales of the columns, where they don't matter to the model, but to the one that stands beside it."""
    try:
        rival = rival_model(spec)
    except EngineError:  # said where the rival is shown
        return ()
    if rival is None or not rival.compares_columns or spec.data.standardize:
        return ()
    return different_scales(spec.dataset, f"it is nothing to {spec.model.name}, but much to {rival.name} beside it")
