"""Files are written whole or not at all, and nothing is replaced unasked."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from emtui.spec.atomic_files import ExportError, file_name, write_file, write_numbered

ROOT = Path(__file__).resolve().parents[2]


# files


def test_a_file_is_written_whole(tmp_path: Path) -> None:
    assert write_file(tmp_path / "a.txt", ["one ", "두\n"]) == tmp_path / "a.txt"
    assert (tmp_path / "a.txt").read_bytes() == "one 두\n".encode()
    assert os.listdir(tmp_path) == ["a.txt"]


def test_nothing_is_overwritten_unasked(tmp_path: Path) -> None:
    file = tmp_path / "a.txt"
    file.write_text("mine")
    with pytest.raises(ExportError, match=r"'.*a\.txt' exists already"):
        write_file(file, ["yours"])
    assert file.read_text() == "mine"
    write_file(file, ["yours"], overwrite=True)
    assert file.read_text() == "yours"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_free_names_are_numbered(tmp_path: Path) -> None:
    names = [write_numbered(tmp_path, "iris-gmm-steps.csv", [str(i)]).name for i in range(3)]
    assert names == ["iris-gmm-steps.csv", "iris-gmm-steps-2.csv", "iris-gmm-steps-3.csv"]
    assert [(tmp_path / name).read_text() for name in names] == ["0", "1", "2"]
    (tmp_path / "iris-gmm-steps-2.csv").unlink()
    assert write_numbered(tmp_path, "iris-gmm-steps.csv", ["again"]).name == "iris-gmm-steps-2.csv"


def test_a_dangling_link_is_not_written_through(tmp_path: Path) -> None:
    (tmp_path / "a.txt").symlink_to(tmp_path / "nowhere")
    assert write_numbered(tmp_path, "a.txt", ["x"]).name == "a-2.txt"
    assert not (tmp_path / "nowhere").exists()


@pytest.mark.parametrize("links", [True, False])
def test_without_hard_links_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, links: bool) -> None:
    if not links:

        def link(*_: object) -> None:
            raise PermissionError(1, "Operation not permitted")

        monkeypatch.setattr(os, "link", link)
    assert [write_numbered(tmp_path, "a.txt", ["x"]).name for _ in range(2)] == ["a.txt", "a-2.txt"]
    with pytest.raises(ExportError, match="exists already"):
        write_file(tmp_path / "a.txt", ["y"])
    assert sorted(os.listdir(tmp_path)) == ["a-2.txt", "a.txt"]


def test_a_folder_that_is_not_there_or_is_no_folder(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    for folder in ("nowhere", "file"):
        with pytest.raises(ExportError, match=rf"no folder '.*{folder}'"):
            write_file(tmp_path / folder / "a.txt", ["x"])
        with pytest.raises(ExportError, match=rf"no folder '.*{folder}'"):
            write_numbered(tmp_path / folder, "a.txt", ["x"])
    with pytest.raises(ExportError, match="is a folder"):
        write_file(tmp_path, ["x"])


def test_a_folder_that_can_not_be_written_to(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> int:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(os, "open", refuse)
    with pytest.raises(ExportError, match=r"can't be written \(Permission denied\)"):
        write_file(tmp_path / "a.txt", ["x"])


def test_a_failure_half_way_leaves_nothing(tmp_path: Path) -> None:
    def chunks(error: BaseException) -> Iterator[str]:
        yield "x" * 100_000
        raise error

    with pytest.raises(ExportError, match="No space left on device"):
        write_file(tmp_path / "a.txt", chunks(OSError(28, "No space left on device")))
    with pytest.raises(KeyboardInterrupt):
        write_file(tmp_path / "a.txt", chunks(KeyboardInterrupt()))
    assert os.listdir(tmp_path) == []


def test_a_full_disk_leaves_what_was_there(tmp_path: Path) -> None:
    code = (
        "from emtui.spec.atomic_files import write_file\n"
        "try:\n    write_file('a.txt', ['x' * 1000] * 100, overwrite=True)\n"
        "except ValueError as error:\n    print(error)\n"
    )
    (tmp_path / "a.txt").write_text("before")
    done = subprocess.run(
        ["bash", "-c", 'ulimit -f 1; exec "$0" -c "$1" | cat', sys.executable, code],
        cwd=tmp_path,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert "'a.txt' can't be written (File too large)" in done.stdout
    assert (tmp_path / "a.txt").read_text() == "before"
    assert os.listdir(tmp_path) == ["a.txt"]


def test_the_mode_follows_the_umask(tmp_path: Path) -> None:
    before = os.umask(0o027)
    try:
        written = write_file(tmp_path / "a.txt", ["x"])
    finally:
        os.umask(before)
    assert written.stat().st_mode & 0o777 == 0o640


@given(st.lists(st.text(max_size=30), max_size=3))
def test_file_names_are_harmless(parts: list[str]) -> None:
    name = file_name(*parts, ending="csv")
    assert name.isprintable()
    assert not name.startswith((".", "-"))
    assert not set('/\\:*?"<>| \0') & set(name)
    assert name.endswith(".csv")
    assert len(name) <= 84
