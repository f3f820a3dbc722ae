"""The theme of last time: one line in the platform's folder for state, written whole or not at all."""

from __future__ import annotations

from contextlib import suppress
from pathlib import Path

_LONGEST = 100  # letters of a name


def theme_file() -> Path:
    """Where it lies."""
    from platformdirs import user_state_path

    return user_state_path("emtui") / "theme"


def remembered(file: Path) -> str:
    """The name; "" where there is none, or none that can be read."""
    try:
        with file.open(encoding="utf-8") as lines:
            name = lines.read(_LONGEST).strip()
    except (OSError, ValueError):
        return ""
    return name if name.isprintable() else ""


def remember(file: Path, name: str) -> None:
    """Write it down; where nothing can be written it is not remembered, and nothing else is lost."""
    from emtui.spec.atomic_files import ExportError, write_file

    with suppress(OSError, ExportError):
        file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        write_file(file, [f"{name}\n"], overwrite=True)
