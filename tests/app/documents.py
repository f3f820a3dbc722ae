"""The README and the guide's chapters, their fenced blocks, and the screens that the app shows where one stands.

A block ```screen WORDS | KEYS | WIDTHxHEIGHT | CROP``` holds what stands on the screen of `emtui WORDS` in a terminal
of that size once the keys were pressed. `ascii` before the words is that setting. KEYS are Textual's names or single
characters; "text in quotes" is typed, ×N repeats the key before it. CROP is nothing (the whole screen), `box TITLE`, or
`rows A-B`.

After a change on purpose, `python tests/app/documents.py` writes all of them anew, and what the Python examples print.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import re
import shlex
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from driving import Driver, driving
from textual.worker import WorkerCancelled

from emtui.cli.arguments import parse
from emtui.session.saved.saving import save
from emtui.session.session import Session
from emtui.settings.config import Config
from emtui.spec.choose import choose

ROOT = Path(__file__).resolve().parents[2]
GUIDE = ROOT / "emtui" / "guide"
DOCUMENTS = (ROOT / "README.md", *sorted(GUIDE.glob("*.md")))


@dataclass(frozen=True)
class Block:
    """A fenced block: what stands behind the fence, its text, and where it begins."""

    path: Path
    info: str
    text: str
    line: int

    @property
    def kind(self) -> str:
        """The first word behind the fence."""
        return self.info.split(" ")[0]

    @property
    def name(self) -> str:
        """Where it is, to find it again."""
        return f"{self.path.name}:{self.line}"


def blocks(path: Path) -> list[Block]:
    """The fenced blocks of a document, in their order."""
    found: list[Block] = []
    info, lines, start = None, [""], 0
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if not line.startswith("```"):
            lines.append(line)
        elif info is None:
            info, lines, start = line[3:].strip(), [], number
        else:
            found.append(Block(path, info, "\n".join(lines), start))
            info = None
    assert info is None, f"{path.name}: the block of line {start} does not end"
    return found


def all_blocks(*kinds: str) -> list[Block]:
    """The blocks of these kinds in all documents."""
    return [block for path in DOCUMENTS for block in blocks(path) if block.kind in kinds]


@dataclass(frozen=True)
class Recipe:
    """How a screen comes about."""

    words: tuple[str, ...]
    keys: tuple[str, ...]
    size: tuple[int, int]
    crop: str

    @classmethod
    def read(cls, info: str) -> Recipe:
        """What stands behind the fence."""
        words, keys, size, *crop = (part.strip() for part in info.removeprefix("screen").split("|"))
        width, height = size.split("x")
        return cls(
            tuple(shlex.split(words)), tuple(_keys(keys)), (int(width), int(height)), crop[0] if crop else "whole"
        )


def _keys(text: str) -> Iterator[str]:
    """The keys one by one."""
    last = ""
    for typed, key in re.findall(r'"([^"]*)"|(\S+)', text):
        if typed:
            yield from ("space" if letter == " " else letter for letter in typed)
        elif re.fullmatch(r"×\d+", key):
            yield from [last] * (int(key[1:]) - 1)
        else:
            yield key
        last = key or typed[-1]


async def at_rest(app: Driver) -> None:
    """Wait for the session and for every thread of the screens; the loader of a tree of files never ends."""
    for _ in range(2):
        await app.settle()
        for worker in [worker for worker in app.app.workers if worker.group != "_loader" and not worker.is_finished]:
            with suppress(WorkerCancelled):
                await worker.wait()
    await app.settle()


async def taken(recipe: Recipe) -> str:
    """What stands on the screen, cropped."""
    ascii_only = recipe.words[:1] == ("ascii",)
    spec = choose(**parse(recipe.words[ascii_only:], str).spec)
    async with driving(spec, size=recipe.size, config=Config(ascii=ascii_only)) as app:
        for _, repeated in itertools.groupby(recipe.keys):
            await app.pilot.press(*repeated)
            await at_rest(app)
        return cropped(app.text, recipe.crop)


def cropped(text: str, crop: str) -> str:
    """The part of a screen that is shown."""
    how, _, what = crop.partition(" ")
    lines = text.splitlines()
    if how == "rows":
        first, last = map(int, what.split("-"))
        lines = lines[first - 1 : last]
    elif how == "box":
        assert f"╭─ {what}" in text, f"no box {what!r} in\n{text}"
        top, left = next((y, line.index(f"╭─ {what}")) for y, line in enumerate(lines) if f"╭─ {what}" in line)
        right = lines[top].index("╮", left) + 1
        bottom = next(y for y in range(top + 1, len(lines)) if lines[y][left : left + 1] == "╰")
        lines = [line[left:right] for line in lines[top : bottom + 1]]
    else:
        assert how == "whole", crop
    return "\n".join(line.rstrip() for line in lines).strip("\n")


@contextlib.contextmanager
def in_a_folder_with_files() -> Iterator[Path]:
    """A folder that holds the files that the documents speak of, and is the current one."""
    before = Path.cwd()
    with tempfile.TemporaryDirectory() as temporary:
        folder = Path(temporary) / "herbarium"
        folder.mkdir()
        write_files(folder)
        os.chdir(folder)
        try:
            yield folder
        finally:
            os.chdir(before)


def write_files(folder: Path) -> None:
    """A table with semicolons, decimal commas and umlauts in CP1252; texts; a table like the bundled one."""
    rows = ["Länge;Breite;Farbe;Art"]
    for i in range(60):
        lily, big = ("Türkenbund", 4.0 + i % 7 * 0.2) if i % 2 == 0 else ("Feuerlilie", 7.0 + i % 11 * 0.25)
        width = "" if i in (7, 40) else f"{big * 0.4 + i % 5 * 0.07:.2f}".replace(".", ",")
        rows.append(f"{big:.1f};{width};{('weiß', 'gelb', 'rosé')[i % 3]};{lily}".replace(".", ",", 1))
    (folder / "lilies.csv").write_text("\n".join(rows) + "\n", encoding="cp1252")
    (folder / "iris.csv").write_bytes((ROOT / "datasets" / "iris.csv").read_bytes())
    session = Session(choose("coins"))
    for _ in range(2):
        session.take_iteration()
    session.timeline.go_to(2)
    session.weigh_row(4, 0.0)
    session.take_iteration()
    save(session, folder / "two-coins.emtui")
    letters = folder / "letters"
    letters.mkdir()
    for i in range(6):
        subject = "rain wind cloud storm sun" if i % 2 else "bread butter cheese salt oven"
        (letters / f"letter-{i}.txt").write_text(" ".join(subject.split()[: 3 + i % 3] * 4) + ".\n", encoding="utf-8")


def rewrite(path: Path) -> int:
    """Put the screens and the output of today into a document; how many have changed."""
    lines = path.read_text(encoding="utf-8").splitlines()
    changed = 0
    found = blocks(path)
    for before, block in reversed(list(zip([None, *found], found, strict=False))):
        with in_a_folder_with_files():
            if block.kind == "screen":
                now = asyncio.run(taken(Recipe.read(block.info)))
            elif block.kind == "output" and before is not None:
                now = subprocess.run(
                    [sys.executable, "-c", before.text], capture_output=True, text=True, check=True
                ).stdout.rstrip()
            else:
                continue
        if now != block.text:
            changed += 1
            lines[block.line : block.line + len(block.text.splitlines())] = now.splitlines()
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return changed


if __name__ == "__main__":
    for document in [Path(word) for word in sys.argv[1:]] or DOCUMENTS:
        print(f"{document.name}: {rewrite(document)} blocks changed")
