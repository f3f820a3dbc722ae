"""The fields of the model form, one value each, made from the model's own options; no widgets here."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from emtui.panes.model_form.generated_fields import generated_fields, generated_from, generated_texts
from emtui.spec.choose import make_model
from emtui.spec.labels_given import ALL, FEW, FEW_SHARE, NONE, parse_known
from emtui.spec.run_spec import RunSpec
from emtui.widgets.field_spec import FieldSpec
from engine.em.algorithms import ALGORITHMS, algorithm_named
from engine.em.model import Model
from engine.em.prediction_report import FORWARD, MARGINAL
from engine.em.stopping import KINDS, parse_rule
from engine.errors import EngineError, OptionError
from engine.models import model_class, model_names, model_title
from engine.options import Option
from engine.text import quoted

MODEL = "model"
BY_TOLERANCE = "by tolerance"
SUITED = "as it suits"
_OF_CHOICES = ["algorithm", "seed", "tol", "stop", "max_iter"]
_OF_CHOICES += ["test_share", "stratify", "rival", "same_start", "prediction", "known"]
_LABELS = {
    "n_components": "K",
    "n_states": "states",
    "covariance_type": "covariance",
    "init": "start",
    "reg_covar": "ridge",
    "n_trials": "tosses",
    "fixed_weights": "fixed weights",
    "max_iter": "iterations",
    "tol": "tolerance",
    "stop": "stop rule",
    "principal": "PCA components",
}
_SEED = Option(name="seed", kind="int", default=0, minimum=0, help="one seed gives the same run every time")
_TOL = Option(
    name="tol", kind="float", default=1e-6, minimum=0.0, help="stop at a smaller change of the objective per row"
)
_MAX_ITER = Option(name="max_iter", kind="int", default=200, minimum=0, help="stop after so many iterations at most")
_TEST_SHARE = Option(
    name="test_share", kind="float", default=0.4, minimum=0.0, maximum=0.99, help="share of the rows that are held back"
)
_STRATIFY = Option(name="stratify", kind="bool", default=True, help="hold back the same share of every class")
_SAME_START = Option(
    name="same_start", kind="bool", default=True, help="the other way to train it begins from the same weights"
)
_PREDICTION = Option(
    name="prediction",
    kind="choice",
    default=MARGINAL,
    choices=(MARGINAL, FORWARD),
    help="what both ways to train it are scored by: the marginal p(y|x), or the usual forward pass",
)
_PRINCIPAL = Option(
    name="principal", kind="int", default=None, minimum=1, help="so many principal components in place of the columns"
)
_STANDARDIZE = Option(
    name="standardize", kind="bool", default=False, help="give every column mean 0 and variance 1 first"
)
SCALING = _STANDARDIZE.name
_PRODUCTS = Option(
    name="products", kind="bool", default=False, help="squares and products of the inputs as further inputs: x², x·y"
)


_KNOWN = FieldSpec(
    "known",
    "known labels",
    f"classes that the components are given: {NONE}, {FEW} ({FEW_SHARE:z.0%} of each) or {ALL}",
    (NONE, FEW, ALL),
    parse_known,
)


class WrongFieldError(EngineError):
    """A line of the form can't be used; `key` says which."""

    def __init__(self, key: str, sentence: str) -> None:
        super().__init__(sentence)
        self.key = key


def fields_for(model_name: str, source: str = "", measured: bool = True) -> tuple[FieldSpec, ...]:
    """The form for this model: the model, its options, the run's own fields, how a generated set is made anew.

    source: the data, whose name tells whether they are a generated set. measured: it takes measurements; columns of
    counts, answers or symbols are not standardized.
    """
    options = tuple(_field(option, of_model=True) for option in model_class(model_name).options())
    model = model_class(model_name)
    of_classes = _network_fields() if model.supervised else (_KNOWN,) if model.takes_labels else ()
    if any(option.name == "hidden_units" for option in model.options()):
        of_classes = (*of_classes, _field(_PREDICTION))
    return (_model_field(), *options, *_run_fields(measured), *generated_fields(source), *of_classes)


def texts_of(spec: RunSpec, model: Model[Any, Any] | None = None) -> dict[str, str]:
    """The texts in the form for these choices, by key; with `model` in place of theirs if it is given."""
    model = spec.model if model is None else model
    texts, values = {MODEL: model.name}, model.option_values
    texts |= {option.name: option.format(values[option.name]) for option in model.options()}
    texts |= {
        "algorithm": spec.algorithm,
        "seed": _SEED.format(spec.seed),
        "tol": _TOL.format(spec.tol),
        "stop": BY_TOLERANCE if spec.stop is None else spec.stop,
        "max_iter": _MAX_ITER.format(spec.max_iter),
    }
    if model.takes_measurements:
        texts[SCALING] = _STANDARDIZE.format(spec.data.standardize)
    texts |= generated_texts(spec.data)
    if model.takes_labels:
        texts["known"] = spec.known
    if not model.supervised:
        return texts
    return texts | {
        "products": _PRODUCTS.format(spec.data.products),
        "test_share": _TEST_SHARE.format(spec.test_share),
        "stratify": _STRATIFY.format(spec.stratify),
        "rival": ", ".join(f"{key}={value}" for key, value in spec.rival) or SUITED,
        "same_start": _SAME_START.format(spec.same_start),
        **({"prediction": spec.prediction} if "hidden_units" in values else {}),
    }


def suited_model(spec: RunSpec, model_name: str) -> Model[Any, Any]:
    """The model of this name with the options that suit the data; the current model if it has that name.

    Raises:
        EngineError: it can't be made; one sentence.
    """
    return spec.model if model_name == spec.model.name else make_model(spec.dataset, model_name)


def settings_from(spec: RunSpec, texts: Mapping[str, str]) -> dict[str, Any]:
    """The fields of `RunSpec` that the form changes, checked; {} if it changes nothing.

    Raises:
        WrongFieldError: a line can't be used; it says which line and why.
    """
    fields = fields_for(texts[MODEL], spec.data.source, SCALING in texts)
    values = {field.key: _parsed(field, texts[field.key]) for field in fields}
    settings: dict[str, Any] = {}
    options = {field.key: values[field.key] for field in fields if field.of_model}
    present = spec.model
    if texts[MODEL] != present.name or present.option_values | options != present.option_values:
        try:
            settings["model"] = model_class(texts[MODEL])(**options)
        except EngineError as error:
            raise WrongFieldError(_named_in(str(error), options), str(error)) from error
    for key in _OF_CHOICES:
        if key in values and values[key] != getattr(spec, key):
            settings[key] = values[key]
    products = bool(values.get("products", False))
    generated = generated_from(spec.data, values)
    standardize = bool(values.get(SCALING, False))
    data = replace(spec.data, standardize=standardize, products=products, generated=generated)
    if data != spec.data:
        settings["data"] = data
    return settings


def problem_with(field: FieldSpec, text: str) -> str:
    """The sentence that says why this text can't be used, or ""."""
    try:
        field.parse(text)
    except EngineError as error:
        return _in_words(field, error)
    return ""


def _parsed(field: FieldSpec, text: str) -> Any:
    try:
        return field.parse(text)
    except EngineError as error:
        raise WrongFieldError(field.key, _in_words(field, error)) from error


def _in_words(field: FieldSpec, error: EngineError) -> str:
    """The option's own sentence, which begins with the option's name, with the form's label in its place."""
    sentence = str(error)
    return field.label + sentence[len(field.key) :] if sentence.startswith(f"{field.key} ") else sentence


def _named_in(sentence: str, options: Mapping[str, Any]) -> str:
    """The option that a sentence about several options names first."""
    found = [(sentence.find(key), key) for key in options if key in sentence]
    return min(found)[1] if found else MODEL


def _field(option: Option, of_model: bool = False) -> FieldSpec:
    words = ("yes", "no") if option.kind == "bool" else option.choices
    if words and option.default is None:
        words = ("auto", *words)
    label = _LABELS.get(option.name, option.name.removeprefix("n_").replace("_", " "))
    said = option.help if words else f"{option.help}: {option.allowed_in_words()}"
    if label.replace(" ", "_") != option.name:
        said += f" ({_shell_word(option.name, of_model)})"
    return FieldSpec(option.name, label, said, words, option.parse, of_model)


def _shell_word(name: str, of_model: bool) -> str:
    """How the option is given in the shell, whose word for it differs from the form's."""
    if name in _LABELS and _LABELS[name] == "K":
        return "-k"
    return f"--set {name}=" if of_model else f"--{name.replace('_', '-')}"


def standardize_field() -> FieldSpec:
    """The field that standardizes columns to mean 0 and variance 1."""
    return _field(_STANDARDIZE)


def principal_field() -> FieldSpec:
    """The field for principal components in place of the columns; empty for the columns themselves."""
    return _field(_PRINCIPAL)


def _model_field() -> FieldSpec:
    def parse(text: str) -> str:
        model_class(text)
        return text

    titles = {name: model_title(name) for name in model_names()}
    return FieldSpec(MODEL, "model", "the model that is fitted", model_names(), parse, about=titles)


def _run_fields(measured: bool) -> tuple[FieldSpec, ...]:
    ways = {name: kind.title for name, kind in ALGORITHMS.items()}
    algorithm = FieldSpec(
        "algorithm",
        "algorithm",
        "how the two steps are taken",
        tuple(ALGORITHMS),
        lambda text: algorithm_named(text).text,
        about=ways,
    )
    rules = f"by tolerance, or NAME=VALUE where NAME is {', '.join(KINDS)}"
    stop = FieldSpec("stop", _LABELS["stop"], rules, (), _parse_stop)
    scaling = (standardize_field(),) if measured else ()
    return algorithm, _field(_SEED), _field(_TOL), stop, _field(_MAX_ITER), *scaling


def _network_fields() -> tuple[FieldSpec, ...]:
    """How the rows are split, and the options of the other way to train a network."""
    rival = FieldSpec("rival", "rival", "KEY=VALUE, … of the other way to train it", (), _parse_rival)
    return _field(_PRODUCTS), _field(_TEST_SHARE), _field(_STRATIFY), rival, _field(_SAME_START)


def _parse_rival(text: str) -> tuple[tuple[str, str], ...]:
    words = " ".join(text.split())
    if words.lower() in {"", "auto", "none", SUITED}:
        return ()
    pairs = [part.partition("=") for part in words.split(",")]
    for key, equals, value in pairs:
        if not (key.strip() and equals and value.strip()):
            raise OptionError(f"rival needs KEY=VALUE, such as learning_rate=0.1, not {quoted(words)}.")
    return tuple((key.strip(), value.strip()) for key, _, value in pairs)


def _parse_stop(text: str) -> str | None:
    words = " ".join(text.split())
    if words.lower() in {"", "auto", "none", "tol", "tolerance", BY_TOLERANCE}:
        return None
    parse_rule(words)
    return words
