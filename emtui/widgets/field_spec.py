"""What a line of a form asks for: a name, its words or how it is read, and what it is for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class FieldSpec:
    """What a line of a form asks for.

    Attributes:
        key: the name of the option, or of the field of `RunSpec`.
        label: what stands before the value.
        help: what it is for, in a few words.
        words: the values to choose from; () where the value is typed.
        parse: the value that the words stand for; raises OptionError with a sentence.
        of_model: an option of the model, not of the run.
        about: what each of the words means, where that is known.
    """

    key: str
    label: str
    help: str
    words: tuple[str, ...]
    parse: Callable[[str], Any]
    of_model: bool = False
    about: Mapping[str, str] = field(default_factory=dict)
