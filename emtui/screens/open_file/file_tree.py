"""Finding a table on the disk: a tree of folders and tables, and the rest of a path that is being typed."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.message import Message
from textual.suggester import Suggester
from textual.widgets import DirectoryTree

from engine.readers.byte_source import TABLE_ENDINGS, expanded
from engine.text import clean

_LOOKED_AT = 5_000


def is_table_name(name: str) -> bool:
    """A file that is a table by its ending."""
    return name.lower().endswith(TABLE_ENDINGS)


class TableTree(DirectoryTree):
    """Folders and tables; hidden ones are left out, and names are shown without control characters."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("backspace", "folder_up", "folder above", show=False),
        Binding("t", "texts", "read as texts", show=False),
        Binding("j", "cursor_down", "down", show=False),
        Binding("k", "cursor_up", "up", show=False),
    ]
    DEFAULT_CSS = """
    TableTree { height: 1fr; min-height: 3; padding: 0; background: transparent; scrollbar-size-vertical: 1; }
    """
    ICON_NODE = "▸ "
    ICON_NODE_EXPANDED = "▾ "
    ICON_FILE = "  "

    @dataclass(eq=False)
    class TextsWanted(Message):
        """The texts of this folder are wanted, as a corpus."""

        folder: Path

    def filter_paths(self, paths: Iterable[Path]) -> Iterable[Path]:
        """Folders and tables that are not hidden."""
        return [
            path
            for path in paths
            if not path.name.startswith(".") and (is_table_name(path.name) or self._safe_is_dir(path))
        ]

    def process_label(self, label: str | Text) -> Text:
        """A name from the disk as one printable line, never markup."""
        return Text(clean(label if isinstance(label, str) else label.plain) or "?", no_wrap=True)

    def action_texts(self) -> None:
        """The texts of the folder under the cursor, or of that which holds the file under it."""
        node = self.cursor_node
        path = Path(self.path) if node is None or node.data is None else Path(node.data.path)
        self.post_message(self.TextsWanted(path if self._safe_is_dir(path) else path.parent))

    def action_folder_up(self) -> None:
        """The folder that holds the current one."""
        self.path = Path(self.path).resolve().parent


class PathSuggester(Suggester):
    """The rest of a path: the first folder or table, by name, that begins as what was typed."""

    def __init__(self) -> None:
        super().__init__(use_cache=False, case_sensitive=True)

    async def get_suggestion(self, value: str) -> str | None:
        """The path completed as far as one entry, or None."""
        return await asyncio.to_thread(completed, value)


def completed(typed: str) -> str | None:
    """What was typed, completed to the first folder or table that begins so; names that can't be shown are left out."""
    folder, _, start = typed.rpartition(os.sep)
    if not typed or not start:
        return None
    place = expanded(folder + os.sep if os.sep in typed else ".")
    names = []
    try:
        with os.scandir(place) as entries:
            for _, entry in zip(range(_LOOKED_AT), entries, strict=False):
                if entry.name.startswith(start) and clean(entry.name) == entry.name:
                    is_folder = entry.is_dir()
                    if is_folder or is_table_name(entry.name):
                        names.append(entry.name + (os.sep if is_folder else ""))
    except OSError:
        return None
    return typed[: len(typed) - len(start)] + min(names) if names else None
