"""The user's settings: a small TOML file in the platform's config folder; mistakes in it are reported, not fatal."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

_MOST_BYTES = 1 << 15
_SWITCHES = {"ascii": False, "autosave": True, "mouse": True, "reduce_motion": False}


@dataclass(frozen=True)
class Config:
    """The settings in the file, with defaults for the rest.

    theme: a name of Textual's themes or ours; "" for the one of last time. keymap: binding ids to keys. ascii: no
    braille, no blocks. autosave: what is explored is kept, to be resumed. mouse: clicks and drags come to the app, not
    to the terminal's own marking. reduce_motion: pictures change at once.
    warnings: sentences about lines that could not be used.
    """

    theme: str = ""
    keymap: dict[str, str] = field(default_factory=dict)
    ascii: bool = False
    autosave: bool = True
    mouse: bool = True
    reduce_motion: bool = False
    warnings: tuple[str, ...] = ()


def config_path() -> Path:
    """Where the file is looked for: `EMTUI_CONFIG`, else the platform's own folder."""
    given = os.environ.get("EMTUI_CONFIG")
    if given:
        return Path(given)
    from platformdirs import user_config_path

    return user_config_path("emtui") / "config.toml"


def load_config(path: Path | None = None) -> Config:
    """The user's settings; defaults if there is no file, and a warning for each line that can't be used."""
    import tomllib

    path = path or config_path()
    try:
        if not stat.S_ISREG(path.stat().st_mode):
            return _unreadable(path, "it is no file")
        if path.stat().st_size > _MOST_BYTES:
            return _unreadable(path, f"it has over {_MOST_BYTES:,} bytes")
        said = tomllib.loads(path.read_text(encoding="utf-8-sig"))
    except FileNotFoundError:
        return Config()
    except RecursionError:
        return _unreadable(path, "it is nested too deeply")
    except (OSError, ValueError) as error:  # ValueError: wrong TOML, text that is no UTF-8, a path with a zero in it
        return _unreadable(path, getattr(error, "strerror", None) or str(error))
    return _checked(said, path)


def _unreadable(path: Path, reason: str) -> Config:
    return Config(warnings=(f"The settings in {path} can't be read ({reason}): the defaults are used.",))


def _checked(said: dict[str, Any], path: Path) -> Config:
    from emtui.settings.keys import EXPLORE

    warnings = [
        f"{path} has a setting {key!r} that is not known: use theme, {', '.join(_SWITCHES)} or [keys]."
        for key in said
        if key not in {"theme", "keys", *_SWITCHES}
    ]
    theme, keys = said.get("theme", ""), said.get("keys", {})
    if not isinstance(theme, str):
        warnings.append(f"theme in {path} must be a name in quotes.")
        theme = ""
    switches = {name: said.get(name, usual) for name, usual in _SWITCHES.items()}
    for name, value in switches.items():
        if not isinstance(value, bool):
            warnings.append(f"{name} in {path} must be true or false.")
            switches[name] = _SWITCHES[name]
    known = {binding.id for binding in EXPLORE}
    keymap = {}
    for name, key in keys.items() if isinstance(keys, dict) else ():
        if name in known and isinstance(key, str) and key.strip():
            keymap[name] = key
        else:
            warnings.append(f"[keys] in {path} has {name!r}: name a binding from the help, and a key in quotes.")
    return Config(theme, keymap, warnings=tuple(warnings), **switches)
