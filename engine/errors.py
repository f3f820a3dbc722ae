"""The errors that the engine raises for its user: one sentence each, saying what, where and what to do."""

from __future__ import annotations


class EngineError(ValueError):
    """Something the user asked for can't be done; the message is one sentence with the remedy."""


class DataError(EngineError):
    """The data can't be used as they are: a file, a column, a row, a shape."""


class OptionError(EngineError):
    """An option has a value that it can't have."""
