"""Names of a package that are imported when they are first used; which there are stands in its stub `__init__.pyi`.

Type checkers read the same stub, so a name is written down once.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any


def attach(package: str, file: str) -> tuple[Callable[[str], Any], Callable[[], list[str]], list[str]]:
    """`__getattr__`, `__dir__` and `__all__` of a package: its stub's lines `from module import name as name`.

    Args:
        package: its `__name__`.
        file: its `__file__`; the stub lies beside it.
    """
    with open(f"{file.removesuffix('.py')}.pyi", encoding="utf-8") as text:  # pathlib takes as long as all of this
        stub = ast.parse(text.read())
    imports = [node for node in stub.body if isinstance(node, ast.ImportFrom)]
    homes = {name.asname: (str(node.module), name.name) for node in imports for name in node.names if name.asname}
    names = sorted(homes)

    def find(name: str) -> Any:
        if name not in homes:
            raise AttributeError(f"module {package!r} has no attribute {name!r}")
        module, own_name = homes[name]
        home = None if module == package else import_module(module)
        value = getattr(home, own_name) if hasattr(home, own_name) else import_module(f"{module}.{own_name}")
        setattr(sys.modules[package], name, value)
        return value

    return find, lambda: list(names), names
