"""Small files with bytes changed, cut out and put in: each gives a data set or one sentence, and soon.

`pytest tests/engine/test_damaged_files.py --examples 1700` tries a hundred thousand of them.
"""

from __future__ import annotations

import bz2
import gzip
import io
import json
import lzma
import random
import time
import zipfile
from pathlib import Path

import numpy as np
import pytest
from counts import examples

import engine
from engine.errors import EngineError
from engine.readers.table import preview_table

FILES = Path(__file__).resolve().parents[1] / "files"
MOST_SECONDS = 2.0
USUAL = 60


def originals() -> list[bytes]:
    """The small files of the tests, as they are, packed, and in forms that are no text."""
    texts = [path.read_bytes() for path in sorted(FILES.iterdir()) if path.suffix in (".csv", ".tsv", ".txt")]
    table = b"len;wid;kind\n1,5;2;a\n2,5;3;b\n0,1;;a\n3,25;4;b\n"
    texts += [table, "\ufeffn\u00e4me,x\n\u00fc,1\n\u00e9,2\n".encode(), "a\tb\n1\t2\n".encode("utf-16")]
    zipped, arrays, array = io.BytesIO(), io.BytesIO(), io.BytesIO()
    with zipfile.ZipFile(zipped, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("t.csv", table)
    X = np.arange(12.0).reshape(4, 3)
    np.savez_compressed(arrays, X=X, y=np.arange(4))
    np.save(array, X)
    records = "\n".join(json.dumps({"a": i, "p": {"x": i / 7}, "k": "uv"[i % 2]}) for i in range(5)).encode()
    packed = [pack(table) for pack in (gzip.compress, bz2.compress, lzma.compress)]
    return [*texts, *packed, zipped.getvalue(), arrays.getvalue(), array.getvalue(), records, gzip.compress(records)]


def damaged(content: bytes, chance: random.Random) -> bytes:
    """With a few bytes changed, cut out, put in, doubled, or the end cut off."""
    changed = bytearray(content)
    for _ in range(chance.choice([1, 1, 2, 5, 20])):
        at, how = chance.randrange(len(changed) + 1), chance.random()
        if how < 0.5:
            changed[at : at + 1] = bytes([chance.choice([chance.randrange(256), *b'",;\n\t\0 .-'])])
        elif how < 0.6:
            del changed[at : at + chance.randrange(1, 9)]
        elif how < 0.7:
            changed[at:at] = chance.randbytes(chance.randrange(1, 9))
        elif how < 0.8:
            changed[at : at + 4] = chance.choice([b"\xff\xff\xff\xff", bytes(4), b"\xff\xff\xff\x7f"])
        elif how < 0.9:
            del changed[at:]
        else:
            changed[at:at] = changed[: chance.randrange(1, 64)]
    return bytes(changed)


def try_to_read(path: Path) -> None:
    """A data set whose texts are safe to print, or one sentence that is."""
    began = time.process_time()
    try:
        preview_table(path)
        data = engine.read_table(path)
        said = (*data.notes, *data.feature_names, *data.class_names)
    except EngineError as error:
        said = (str(error),)
    assert all(text.isprintable() for text in said), said
    assert time.process_time() - began < MOST_SECONDS


def test_a_damaged_file_gives_a_data_set_or_a_sentence(tmp_path: Path) -> None:
    chance, wholes, path = random.Random(0), originals(), tmp_path / "t"
    for whole in wholes:
        path.write_bytes(whole)
        try_to_read(path)
    for number in range(examples(USUAL)):
        content = damaged(chance.choice(wholes), chance)
        path.write_bytes(content)
        try:
            try_to_read(path)
        except Exception as error:
            error.add_note(f"file {number}: {content!r}")
            raise


@pytest.mark.parametrize("form", ["parquet", "feather", "xlsx", "ods"])
def test_a_damaged_file_of_another_form_gives_a_data_set_or_a_sentence(tmp_path: Path, form: str) -> None:
    pytest.importorskip("pyarrow" if form in ("parquet", "feather") else "python_calamine")
    chance, path = random.Random(0), tmp_path / "t"
    if form in ("xlsx", "ods"):
        whole = (FILES / f"sheets.{form}").read_bytes()
    else:
        import pandas as pd

        table = pd.DataFrame({"x": [1.5, 2.5, None], "k": ["a", "b", "a"]})
        getattr(table, f"to_{form}")(path)
        whole = path.read_bytes()
    for _ in range(examples(3 if form in ("xlsx", "ods") else 20)):
        path.write_bytes(damaged(whole, chance))
        try_to_read(path)
