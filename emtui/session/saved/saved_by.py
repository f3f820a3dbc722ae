"""What decides the last bits of numbers: versions, and the kernels that this processor's matrix products run by."""

from __future__ import annotations

import platform
from importlib.metadata import PackageNotFoundError, version

import numpy as np

import engine
from emtui.session.saved.session_file import SavedBy


def saved_by_this() -> SavedBy:
    """This emtui, on this machine."""
    return SavedBy(
        emtui=engine.__version__,
        python=platform.python_version(),
        numpy=np.__version__,
        scipy=_installed("scipy"),
        machine=" ".join((platform.system(), platform.machine(), *platform.libc_ver())).strip(),
        kernels=_kernels(),
    )


def same_machine(one: SavedBy, other: SavedBy) -> bool:
    """Numbers come out of both to the last bit, as far as can be told."""
    return one == other


def _installed(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return ""


def _kernels() -> str:
    """NumPy's own BLAS, and the kernels that it has chosen; another library that is loaded later changes nothing."""
    from threadpoolctl import threadpool_info

    found = [one for one in threadpool_info() if one.get("user_api") == "blas"]
    own = [one for one in found if "numpy" in str(one.get("filepath", ""))] or found
    words = {f"{one.get('internal_api')} {one.get('version')} {one.get('architecture', '')}".strip() for one in own}
    return ", ".join(sorted(words))
