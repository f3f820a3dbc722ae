"""The lines that a widget drew last are freed with it: Textual keeps those of a thousand widgets that were closed."""

from __future__ import annotations

from typing import Any

from textual._styles_cache import StylesCache

_METHOD = "get_inner_outer"


def free_with_widgets() -> None:
    """Let the remembered styles of two backgrounds hang on these alone, and no longer on the widget that asked.

    Textual remembers the last 1,024 answers of this method (`functools.lru_cache`) under its arguments, the cache of
    the widget's lines among them, so that each answer keeps a screenful alive. Its first argument is called `cls`, and
    nothing is asked of it: it was meant to be a class method, and is made one. Where it is one already, it stays.
    """
    method: Any = vars(StylesCache).get(_METHOD)
    if hasattr(method, "cache_info") and not isinstance(method, classmethod):
        setattr(StylesCache, _METHOD, classmethod(method))
