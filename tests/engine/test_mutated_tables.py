"""Small files, damaged in many ways: each opens or gets a sentence, and soon.

pytest tests/engine/test_mutated_tables.py --mutations 100000
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from engine.errors import EngineError
from engine.readers.table import preview_table, read_from, read_table

FILES = Path(__file__).parent.parent / "files"
SECONDS = 2.0  # of CPU, for a look and a reading
TOKENS = (
    b'"', b'""', b"'", b",", b";", b"\t", b"|", b" ", b"\n", b"\r", b"\r\n", b"\n\n", b"#", b"%", b"//", b"\\", b'\\"',
    b"-", b"--", b".", b"NA", b"nan", b"inf", b"1e999", b"-0", b"1_0", b"12%", b"(1.5)", b"1,234", b"1.234,5", b"0x1f",
    b"9" * 400, b"a" * 5_000, b"\x00", b"\x1b[2J", b"\xff", b"\xfe\xff", b"\xff\xfe", b"\xef\xbb\xbf", b"\xe2\x80\x8b",
    b"\xe2\x88\x92", b"\xc2\xa0", b"\xea\xb0\x80", b"\xb0\xa1", b"sep=;\n", b"Unnamed: 0", b"====", b"----", b"{", b"<",
    b",,,,,,,,", b"2020-01-01", b"True", b"yes", b"\x0c", b"\x85", b"\xe2\x80\xa8", b"[1]",
)  # fmt: skip


def sources() -> list[bytes]:
    """The small tables of the tests."""
    paths = [path for path in sorted(FILES.iterdir()) if path.suffix in (".csv", ".tsv", ".txt")]
    return [content for path in paths if len(content := path.read_bytes()) < 6_000]


def damaged(content: bytes, chance: random.Random) -> bytes:
    """The bytes after a few changes."""

    def place() -> int:
        return chance.randrange(len(content) + 1)

    for _ in range(chance.choice((1, 1, 2, 3, 5, 12))):
        a, b = sorted((place(), place()))
        lines = content.splitlines(keepends=True)
        chance.shuffle(lines)
        content = chance.choice(
            (
                content[:a] + chance.choice(TOKENS) + content[a:],
                content[:a] + chance.choice(TOKENS) + content[a:],
                content[:a] + chance.randbytes(1) + content[a + 1 :],
                content[:a] + content[b:] if b - a < 40 else content[:a] + content[a + 1 :],
                content[:b] + content[a:b] * chance.choice((1, 1, 3)) + content[b:],
                content[:b],
                b"".join(lines),
                content.replace(
                    *chance.choice(((b",", b";"), (b".", b","), (b"\n", b"\r"), (b",", b"  "), (b"1", b"")))
                ),
            )
        )[:20_000]
    return content


def options(chance: random.Random) -> dict[str, Any]:
    """What is said of how it is written; mostly nothing."""
    if chance.random() < 0.6:
        return {}
    choices: dict[str, tuple[Any, ...]] = {
        "header": (True, False),
        "delimiter": (",", ";", " ", "\t", "aligned", "x"),
        "decimal": (".", ","),
        "skip": (0, 1, 3, 1000),
        "comment": ("", "#", "1", "a,"),
        "missing_marks": (("1",), ("x", "NA")),
        "encoding": ("utf-8", "utf-16", "cp949", "latin-1", "utf-7", "idna", "punycode", "unicode_escape"),
    }
    return {name: chance.choice(choices[name]) for name in chance.sample(sorted(choices), chance.choice((1, 1, 2, 3)))}


def sentences(read: Callable[[], Any]) -> list[str]:
    """What would be shown: the notes of what was read, or the sentence of a refusal."""
    try:
        return [*read().notes]
    except EngineError as error:
        return [str(error)]


def test_a_damaged_table_opens_or_gets_a_sentence(tmp_path: Path, request: pytest.FixtureRequest) -> None:
    count, whole = request.config.getoption("--mutations"), sources()
    path = tmp_path / "table.csv"
    for seed in range(count):
        chance = random.Random(seed)
        path.write_bytes(damaged(chance.choice(whole), chance))
        how, label = options(chance), chance.choice((None, "", 0))
        began = time.process_time()
        try:
            said = sentences(partial(preview_table, path, **how))
            said += sentences(partial(read_table, path, label=label, **how))
            if not how:
                said += sentences(lambda: read_from(preview_table(path).table, columns=[0], missing="keep"))
        except Exception as error:
            raise AssertionError(f"seed {seed}, {how}: {path.read_bytes()!r}") from error
        assert time.process_time() - began < SECONDS, f"seed {seed}, {how}"
        assert all(text.isprintable() and text.endswith(".") for text in said), (seed, said)
