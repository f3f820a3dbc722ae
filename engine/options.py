"""A model's options: declared once, as dataclass fields; checked, parsed and offered from that one place."""

from __future__ import annotations

import dataclasses
import math
import numbers
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, TypedDict, Unpack

from engine.errors import OptionError
from engine.text import did_you_mean

Kind = Literal["int", "float", "choice", "bool", "array", "sizes"]
_METADATA_KEY = "engine.option"


@dataclass(frozen=True, kw_only=True)
class Option:
    """One option of a model, as a form, the shell and the constructor need it.

    `choices` are all that it may be; `words` are what a number may be instead.
    """

    name: str
    kind: Kind
    default: Any
    choices: tuple[str, ...] = ()
    words: tuple[str, ...] = ()
    minimum: float = -math.inf
    maximum: float = math.inf
    exclusive_minimum: bool = False
    help: str

    def check(self, value: Any) -> Any:
        """The value, in the option's own type. Raises OptionError for a wrong kind, or out of range."""
        if value is None and self.default is None:
            return None
        if isinstance(value, str) and value in self.words:
            return value
        if self.kind == "choice":
            if value not in self.choices:
                raise OptionError(f"{self.name} can't be {value!r}: choose {_either(self.choices)}.")
            return value
        if self.kind == "array":
            return value
        if self.kind == "sizes":
            return self._check_sizes(value)
        if self.kind == "bool":
            if not isinstance(value, bool):
                raise OptionError(f"{self.name} can't be {value!r}: say yes or no.")
            return value
        return self._check_number(value)

    def _check_sizes(self, value: Any) -> int | tuple[int, ...]:
        """One whole number as itself, several as a tuple; the limits hold for each."""
        if not isinstance(value, (tuple, list)):
            return int(self._check_number(value))
        if not value:
            raise OptionError(f"{self.name} must hold at least one whole number{self.range_in_words()}.")
        sizes = tuple(int(self._check_number(size)) for size in value)
        return sizes[0] if len(sizes) == 1 else sizes

    def _check_number(self, value: Any) -> float | int:
        wanted = "a number" if self.kind == "float" else "a whole number"
        whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
        real = isinstance(value, numbers.Real) and not isinstance(value, bool)
        fits = (real if self.kind == "float" else whole) and math.isfinite(value) and value <= self.maximum
        if not fits or (value <= self.minimum if self.exclusive_minimum else value < self.minimum):
            raise OptionError(f"{self.name} must be {wanted}{self.range_in_words()}, not {value!r}.")
        return float(value) if self.kind == "float" else int(value)

    def parse(self, text: str) -> Any:
        """The value of a typed text. Raises OptionError where it is none of this option."""
        text = text.strip()
        if self.default is None and text.lower() in {"", "none", "auto"}:
            return None
        if text.lower() in self.words:
            return text.lower()
        if self.kind == "choice":
            lowered = {choice.lower(): choice for choice in self.choices}
            return self.check(lowered.get(text.lower(), text))
        if self.kind == "bool":
            words = {"yes": True, "true": True, "on": True, "1": True}
            words |= {"no": False, "false": False, "off": False, "0": False}
            return self.check(words.get(text.lower(), text))
        if self.kind == "array":
            return self._parse_array(text)
        try:
            if self.kind == "sizes":
                return self.check(tuple(int(part) for part in text.strip("()").removesuffix(",").split(",")))
            return self.check(int(text) if self.kind == "int" else float(text))
        except OptionError:
            raise
        except ValueError:
            kinds = {"int": "a whole number", "sizes": "whole numbers with commas between them, each"}
            wanted = kinds.get(self.kind, "a number")
            raise OptionError(f"{self.name} must be {wanted}{self.range_in_words()}, not {text!r}.") from None

    def _parse_array(self, text: str) -> tuple[float, ...]:
        try:
            parts = text.replace(";", ",").strip().removesuffix(",").split(",")
            numbers = tuple(float(part) for part in parts) if any(parts) else ()
        except ValueError:
            numbers = (math.nan,)
        if not all(map(math.isfinite, numbers)):
            raise OptionError(f"{self.name} must be finite numbers with commas between them, not {text!r}.")
        return numbers

    def format(self, value: Any) -> str:
        """The value as it stands in a form or after `--set`: `parse(format(v)) == v`."""
        if value is None:
            return "auto"
        if isinstance(value, str) and value in self.words:
            return value
        if self.kind == "bool":
            return "yes" if value else "no"
        if self.kind == "float":
            return f"{value:zg}" if float(f"{value:zg}") == value else repr(value)
        if self.kind == "array":
            return ",".join(repr(float(part)) for part in value)
        if self.kind == "sizes" and isinstance(value, tuple):
            return ",".join(str(part) for part in value)
        return str(value)

    def allowed_in_words(self) -> str:
        """All that it may be: "full | tied", "yes | no", "number above 0, or auto"."""
        auto = self.default is None and "auto" not in (*self.words, *self.choices)
        if self.kind == "choice":
            return " | ".join(("auto", *self.choices) if auto else self.choices)
        if self.kind == "bool":
            return "yes | no"
        kinds = {"int": "whole number", "float": "number", "array": "numbers with commas", "sizes": "whole numbers"}
        return kinds[self.kind] + self.range_in_words() + (", or auto" if auto else "")

    def range_in_words(self) -> str:
        """The limits after the word "number": " of at least 1", " from 0 to 1", or nothing; then the words."""
        return self._limits_in_words() + "".join(f", or {word}" for word in self.words)

    def _limits_in_words(self) -> str:
        low, high = math.isfinite(self.minimum), math.isfinite(self.maximum)
        if low and high:
            return f" from {self.minimum:zg} to {self.maximum:zg}"
        if low:
            return f" above {self.minimum:zg}" if self.exclusive_minimum else f" of at least {self.minimum:zg}"
        return f" of at most {self.maximum:zg}" if high else ""


class Limits(TypedDict, total=False):
    """Which values an option may have: see `Option`."""

    choices: tuple[str, ...]
    words: tuple[str, ...]
    minimum: float
    maximum: float
    exclusive_minimum: bool


def option(default: Any, help: str, *, kind: Kind | None = None, **limits: Unpack[Limits]) -> Any:
    """Declare a dataclass field that is an option of a model; the kind follows from the default if it is not given."""
    if kind is None:
        number: Kind = "int" if isinstance(default, int) else "float"
        kind = "choice" if "choices" in limits else "bool" if isinstance(default, bool) else number
    declared = {"kind": kind, "default": default, "help": help, **limits}
    return dataclasses.field(default=default, metadata={_METADATA_KEY: declared})


def whole_number(name: str, value: Any, least: int, most: int | None = None) -> int:
    """The argument of that name as an int. Raises OptionError where it is no whole number within the limits."""
    whole = isinstance(value, numbers.Integral) and not isinstance(value, bool)
    if not whole or value < least or (most is not None and value > most):
        within = f"of at least {least}" if most is None else f"from {least} to {most:,}"
        raise OptionError(f"{name} must be a whole number {within}, not {value!r}.")
    return int(value)


def options_of(model: Any) -> tuple[Option, ...]:
    """The options that a model class (or a model) declares, in the order of its constructor."""
    return tuple(
        Option(name=field.name, **field.metadata[_METADATA_KEY])
        for field in dataclasses.fields(model)
        if _METADATA_KEY in field.metadata
    )


def check_options(model: Any) -> None:
    """Check every option of a model that is being made, and put each into its own type."""
    for declared in options_of(model):
        object.__setattr__(model, declared.name, declared.check(getattr(model, declared.name)))


class HasOptions:
    """What is chosen by options: a model, or an algorithm. Subclasses are frozen dataclasses, fields by `option`."""

    def __post_init__(self) -> None:
        """Check the options."""
        check_options(self)

    @classmethod
    def options(cls) -> tuple[Option, ...]:
        """The options that the constructor takes."""
        return options_of(cls)

    @property
    def option_values(self) -> dict[str, Any]:
        """The value of each option."""
        return {option.name: getattr(self, option.name) for option in self.options()}


def parse_options(model_class: Any, pairs: Mapping[str, str]) -> dict[str, Any]:
    """Constructor keywords from `KEY=VALUE` words. Raises OptionError for a key or value that the model can't take."""
    known = {declared.name: declared for declared in options_of(model_class)}
    parsed = {}
    for key, text in pairs.items():
        if key not in known:
            hint = did_you_mean(key, known, otherwise=f"it has {', '.join(known)}.")
            raise OptionError(f"the {model_class.name} model has no option {key!r}: {hint}")
        parsed[key] = known[key].parse(text)
    return parsed


def _either(choices: tuple[str, ...]) -> str:
    return choices[0] if len(choices) == 1 else f"{', '.join(choices[:-1])} or {choices[-1]}"
