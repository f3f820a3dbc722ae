"""A package of another author, as an installer leaves it."""

from __future__ import annotations

import shutil
import tomllib
from pathlib import Path

from shell import ROOT, shell

HERE = Path(__file__).parent


def installed_at(folder: Path, package: str) -> Path:
    """Put a package's module there, and a dist-info with the entry points of its pyproject.toml; the folder."""
    project = tomllib.loads((HERE / package / "pyproject.toml").read_text())["project"]
    info = folder / f"{project['name'].replace('-', '_')}-{project['version']}.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {project['name']}\nVersion: {project['version']}\n")
    lines = []
    for group, points in project["entry-points"].items():
        lines += [f"[{group}]", *(f"{name} = {target}" for name, target in points.items())]
    (info / "entry_points.txt").write_text("\n".join(lines) + "\n")
    for module in (HERE / package).glob("*.py"):
        shutil.copy(module, folder)
    return folder


def with_package(site: Path, *words: str) -> tuple[int, str, str]:
    """Exit status, stdout and stderr of the shell where the package is installed."""
    done = shell(*words, PYTHONPATH=f"{ROOT}:{site}")
    return done.returncode, done.stdout, done.stderr
