"""What a user has picked: data, model, options, seed; made in one place for the screen and for the shell."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from typing import Any

from emtui.spec.command_line import OWN, PUBLISHED, command_of, words_of
from emtui.spec.labels_given import NONE, known_labels, parse_known
from emtui.spec.read_options import AS_DETECTED, ReadOptions
from emtui.spec.sources import looks_like_file, open_source
from emtui.spec.train_test_split import TrainTestSplit, split_of
from engine.arrays import Array, IntArray
from engine.data.dataset import Dataset
from engine.em.algorithms import algorithm_named
from engine.em.model import Model
from engine.em.stopping import StoppingRule, parse_rule, rules_for
from engine.errors import EngineError
from engine.models import model_class
from engine.options import parse_options
from engine.text import quoted

DEFAULT_SOURCE = "iris"
MOST_COMPONENTS = 1_000_000  # beyond it no table of responsibilities fits in memory
_OF_NETWORKS = {"test_share", "stratify", "split_seed", "rival", "same_start"}


@dataclass(frozen=True, eq=False, kw_only=True)
class RunSpec:
    """One exploration, before its first step.

    source is what to type after `emtui`: a name of the catalogue or a file's path. label and columns are the words
    that chose them, None where the data's own are used; reading is what was said of how the file is written, and
    principal how many principal components stand for the columns, None for the columns themselves. stop is a stopping
    rule in words, None for `tol`. start is θ⁰ where it is given, and start_file the word or the file that gave it: None
    with a start is the one that was published with the data, taken without being asked for.

    A supervised model has test_share of the rows held back, drawn within each class where stratify is set, by
    split_seed (None: by seed); standardize then means by the training rows, and `dataset` stays in its own units.
    rival holds KEY=VALUE options of the other way to train the same network, which begins from the same weights
    where same_start is set.

    known says which of the data's classes a mixture is given, class c for component c: "none", "few", "25%" or "all".
    """

    source: str
    dataset: Dataset
    model: Model[Any, Any]
    seed: int = 0
    algorithm: str = "classic"
    max_iter: int = 200
    tol: float = 1e-6
    stop: str | None = None
    label: str | None = None
    columns: tuple[str, ...] | None = None
    standardize: bool = False
    start: Any = None
    start_file: str | None = None
    test_share: float = 0.4
    stratify: bool = True
    split_seed: int | None = None
    rival: tuple[tuple[str, str], ...] = ()
    same_start: bool = True
    known: str = NONE
    read_options: ReadOptions = AS_DETECTED
    principal: int | None = None

    @property
    def rules(self) -> tuple[StoppingRule, ...]:
        """The stopping rules that these choices stand for."""
        return rules_for(self.max_iter, self.tol, None if self.stop is None else parse_rule(self.stop))

    @property
    def n_components(self) -> int:
        """K, under whatever name the model has it; the sum of several layers; 1 where it has none."""
        size = self.model.size
        return 1 if size is None else size

    @property
    def standardized(self) -> bool:
        """The model sees the data in standard units."""
        return self.standardize or self.dataset.units is not None

    @cached_property
    def split(self) -> TrainTestSplit | None:
        """The split rows of a supervised model; None for any other. Raises EngineError where they can't be had."""
        return split_of(self) if self.model.supervised else None

    @cached_property
    def labels(self) -> IntArray | None:
        """(n,) the known labels that the model is given, −1 where none is; None where it is given none at all."""
        return known_labels(self)

    @property
    def table(self) -> tuple[Array, IntArray | None]:
        """X and y as the model is fitted to them: all rows, or the training rows where it is supervised."""
        if self.split is None:
            return self.dataset.X, self.labels
        return self.split.inputs[self.split.train], self.split.targets[self.split.train]

    def words(self) -> list[str]:
        """The words that make these choices again, after `emtui` or `emtui run`."""
        return words_of(self)

    def command(self) -> str:
        """The shell command that reproduces the run."""
        return command_of(self)

    @property
    def has_published_start(self) -> bool:
        """A start was published with these data for this very model."""
        return published_start(self.dataset, self.model) is not None

    def with_model(self, model: Model[Any, Any]) -> RunSpec:
        """The same data with another model or other options; a given start is left behind."""
        return self.changed(model=model)

    def with_seed(self, seed: int) -> RunSpec:
        """Another start on the same training rows."""
        pinned = self.seed if self.model.supervised and self.split_seed is None else self.split_seed
        return replace(self, seed=seed, split_seed=pinned)

    def started_anew(self, seed: int) -> RunSpec:
        """A start drawn by another seed, also where one was published or given, on the same training rows."""
        return self.changed(seed=seed, split_seed=self.with_seed(seed).split_seed)

    def changed(self, **settings: Any) -> RunSpec:
        """The choices with other settings and the model's own start; what the data are read with reads them again.

        Raises:
            EngineError: the settings can't be used; one sentence.
        """
        made = replace(self, **settings, start=None, start_file=None)
        if made.seed == self.seed:  # another seed asks for another start
            made = replace(made, start=published_start(made.dataset, made.model))
        wanted = made.standardize and not made.model.supervised
        keep = made.model.takes_missing
        other_rows = looks_like_file(made.source) and keep != self.model.takes_missing
        # data that were given in standard units, without a word, stay as they are
        other_units = wanted != (self.standardize and not self.model.supervised) or made.principal != self.principal
        if other_rows or other_units:
            how: dict[str, Any] = {"label": made.label, "columns": made.columns, "standardize": wanted}
            how |= {"read_options": made.read_options, "principal": made.principal}
            data = open_source(made.source, keep_missing=keep, **how)
            made = replace(made, dataset=data)
        if made.model.name != self.model.name and "rival" not in settings:
            made = replace(made, rival=())  # options of another kind of model
        if "known" not in settings and not made.model.takes_labels:
            made = replace(made, known=NONE)
        made.check()
        return made

    def check(self) -> None:
        """Refuse what can't be used here, not at the first step.

        Raises:
            EngineError: one sentence.
        """
        _ = self.rules, algorithm_named(self.algorithm), self.split, self.labels
        if self.rival and self.split is not None:
            from emtui.networks.rival import rival_model

            rival_model(self)


def choose(
    source: str = DEFAULT_SOURCE,
    *,
    model: str | None = None,
    k: int | None = None,
    settings: Mapping[str, str] | None = None,
    label: str | None = None,
    columns: Sequence[str] | None = None,
    standardize: bool = False,
    start_file: str | None = None,
    read_options: ReadOptions = AS_DETECTED,
    principal: int | None = None,
    **run: Any,
) -> RunSpec:
    """Choices from words: what is not said follows from the data set.

    Args:
        source: a data set's name or a file's path.
        model: the model's name; None for the one that suits the data.
        k: components (or states, topics, hidden units: the model's own size); None for the data's.
        settings: KEY=VALUE options of the model, as typed.
        label, columns, standardize, reading, principal: how a table is read (`open_source`).
        start_file: "published", "model", or a JSON file of parameters to start from, as the export writes it; None
            takes the published start where the data have one that fits the model.
        run: seed, algorithm, max_iter, tol, stop; test_share, stratify, split_seed, rival, same_start; known.

    Raises:
        EngineError: something that was said can't be used; one sentence.
    """
    keep_missing = model is not None and model_class(model).takes_missing
    data = open_source(source, label=label, columns=columns, keep_missing=keep_missing, read_options=read_options)
    if standardize and not model_class(model or data.model).supervised:
        data = data.standardized()
    if principal is not None:
        data = data.principal(principal)
    made = make_model(data, model, k, settings or {})
    if run.keys() & _OF_NETWORKS and not made.supervised:
        raise EngineError(f"the {made.name} model learns no classes: leave out the options of networks.")
    if "known" in run:
        run["known"] = parse_known(str(run["known"]))
    if "rival" in run:
        run["rival"] = tuple((str(key), str(value)) for key, value in run["rival"])
    spec = RunSpec(
        source=source,
        dataset=data,
        model=made,
        read_options=read_options,
        principal=principal,
        label=label,
        columns=None if columns is None else tuple(columns),
        standardize=standardize,
        **run,
    )
    spec.check()
    if start_file == OWN:
        return spec
    if start_file in (None, PUBLISHED):
        start = published_start(data, made)
        if start is None and start_file == PUBLISHED:
            raise EngineError(f"{quoted(source)} has no published start for the {made.name} model: leave out --start.")
        return replace(spec, start=start, start_file=start_file)
    from emtui.spec.parameters_file import read_parameters

    return replace(spec, start=read_parameters(start_file, made, standardized=spec.standardized), start_file=start_file)


def published_start(data: Dataset, model: Model[Any, Any]) -> Any:
    """The start that was published with the data, as the model's parameters; None where none fits this model."""
    if data.start is None or data.model != model.name:
        return None
    try:
        return model.check_params(model.Params(**data.start), model.observe(data.X))
    except EngineError:
        return None  # another K, or other options


def make_model(
    data: Dataset, name: str | None = None, k: int | None = None, settings: Mapping[str, str] | None = None
) -> Model[Any, Any]:
    """A model for these data: their own options first, then what was said.

    Raises:
        OptionError: no such model or option, or a value that it can't take.
    """
    chosen = model_class(name or data.model)
    known = {option.name for option in chosen.options()}
    size = chosen.size_option
    options: dict[str, Any] = {}
    if size in known and data.class_names and not chosen.supervised:
        options[size] = len(data.class_names)
    components = None if chosen.supervised else data.options.get("n_components")  # hidden units are no components
    own = data.options if chosen.name == data.model else {size: components}
    options |= {key: value for key, value in own.items() if key in known and value is not None}
    options |= parse_options(chosen, settings or {})
    if k is not None:
        if size not in known:
            raise EngineError(f"the {chosen.name} model has no number of components to set: leave out -k.")
        options[size] = k
    if isinstance(options.get(size), int) and options[size] > MOST_COMPONENTS:
        raise EngineError(f"{size} must be at most {MOST_COMPONENTS:,}, not {options[size]}: choose fewer.")
    made: Model[Any, Any] = chosen(**options)
    return made
