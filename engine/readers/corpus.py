"""A folder of text files of the user's own, counted: documents × vocabulary.

A word is a run of letters, apostrophes inside it included, in lower case. The vocabulary is what is left when stop
words, short words and rare words are gone, most frequent first.
"""

from __future__ import annotations

import os
import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from engine.arrays import Array, frozen
from engine.errors import DataError, OptionError
from engine.options import whole_number
from engine.readers.byte_source import expanded, refuse_address
from engine.readers.stop_words import STOP_WORDS
from engine.readers.text_file import TextFile, encoding_name, open_text
from engine.text import clean, quoted

if TYPE_CHECKING:
    from engine.data.dataset import Dataset

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_SHORTEST = 2
_MOST_DOCUMENTS = 100_000
_MOST_CELLS = 50_000_000  # of a dense table: 400 MB
_LONGEST_WORD = 40


@dataclass(frozen=True, eq=False)
class WordCounts:
    """Documents × vocabulary.

    Attributes:
        counts: (n, V) float64 `scipy.sparse.csr_array`.
        words: V words, the most frequent first.
        names: n names of the documents.
        n_left_out: words of the texts that the vocabulary does not have.
        notes: sentences about what was left out or guessed.
    """

    counts: Any
    words: tuple[str, ...]
    names: tuple[str, ...]
    n_left_out: int
    notes: tuple[str, ...] = ()


def words_of(text: str) -> list[str]:
    """The words of a text in their order: letters of any script, in lower case, with ’ as '."""
    return [word.replace("’", "'") for word in _WORD.findall(text.lower())]


def count_words(
    texts: Iterable[str],
    names: Sequence[str],
    *,
    stop_words: str | Iterable[str] = "english",
    min_count: int = 2,
    max_share: float = 1.0,
    max_words: int | None = 2000,
) -> WordCounts:
    """Count the words of some texts.

    Args:
        texts: the documents, one at a time; none of them is kept.
        names: a name for each.
        stop_words: "english", "none", or the words to leave out.
        min_count: a word that occurs less often in all of the texts is left out.
        max_share: a word that occurs in a larger share of the texts is left out.
        max_words: the most frequent words that are kept; None for all.

    Raises:
        DataError: no word is left. OptionError: an option that can't be.
    """
    stopped = _stop_words(stop_words)
    whole_number("min_count", min_count, 1)
    if max_words is not None:
        whole_number("max_words", max_words, 1)
    if isinstance(max_share, bool) or not isinstance(max_share, (int, float)) or not 0 < max_share <= 1:
        raise OptionError(f"max_share must be a number above 0 and at most 1, not {max_share!r}.")
    documents: list[Counter[str]] = []
    total: Counter[str] = Counter()
    spread: Counter[str] = Counter()  # documents that a word occurs in
    for text in texts:
        found = Counter(word for word in words_of(text) if len(word) <= _LONGEST_WORD)
        documents.append(found)
        total.update(found)
        spread.update(found.keys())
    kept = [
        (word, count)
        for word, count in total.items()
        if count >= min_count
        and spread[word] <= max_share * len(documents)
        and len(word) >= _SHORTEST
        and word not in stopped
    ]
    kept.sort(key=lambda pair: (-pair[1], pair[0]))
    vocabulary = tuple(word for word, _ in kept[:max_words])
    if not vocabulary:
        raise DataError(
            f"no word of the {len(documents)} documents occurs {min_count} times or more beside stop words: "
            "take more or longer texts, a smaller min_count, or no stop words."
        )
    place = {word: v for v, word in enumerate(vocabulary)}
    counts = _sparse(documents, place)
    left_out = sum(total.values()) - int(counts.sum())
    return WordCounts(counts, vocabulary, tuple(names), left_out)


def count_folder(
    folder: str | os.PathLike[str],
    *,
    pattern: str = "*.txt",
    encoding: str | None = None,
    stop_words: str | Iterable[str] = "english",
    min_count: int = 2,
    max_share: float = 1.0,
    max_words: int | None = 2000,
) -> WordCounts:
    """Count the words of every text file in a folder: a file is a document, called by its name.

    Args:
        folder: where the files are; folders within it are not entered.
        pattern: which files.
        encoding: of all of them; None to detect that of each.
        stop_words, min_count, max_share, max_words: as for `count_words`.

    Raises:
        DataError: no such folder, no such file in it, a file that can't be read, or no word left; one sentence.
    """
    paths, name = text_files(folder, pattern), quoted(str(expanded(folder)), 200)
    guessed: list[str] = []
    empty: list[str] = []

    def texts() -> Iterable[str]:
        for path in paths:
            if _is_empty(path):
                empty.append(path.name)
                yield ""
                continue
            file = _opened(path, encoding)
            if file.guessed:
                guessed.append(f"{quoted(path.name)} as {encoding_name(file.encoding)}")
            yield file.text()

    found = count_words(
        texts(),
        [path.stem for path in paths],
        stop_words=stop_words,
        min_count=min_count,
        max_share=max_share,
        max_words=max_words,
    )
    notes = [_told(guessed, "was read", "were read", "its encoding is a guess"), _told(empty, "is empty", "are empty")]
    bare = int((np.diff(found.counts.indptr) == 0).sum()) - len(empty)
    if bare > 0:
        notes.append(
            f"{bare} of {len(paths)} documents in {name} {'has' if bare == 1 else 'have'} no word of the vocabulary."
        )
    notes.append(f"{found.n_left_out:,} words that are stop words, rare or beyond the vocabulary were left out.")
    return WordCounts(found.counts, found.words, found.names, found.n_left_out, tuple(note for note in notes if note))


def read_corpus(folder: str | os.PathLike[str], **how: Any) -> Dataset:
    """A folder of text files as a data set: a row is a document, a column is a word; see `count_folder`.

    The default model is "topics". A larger corpus than a dense table can hold is for `count_folder`, whose counts are
    sparse and may be given to the model as they are.

    Raises:
        DataError: as `count_folder`, or too many documents × words for a table.
    """
    from engine.data.dataset import Dataset

    found = count_folder(folder, **how)
    n, V = found.counts.shape
    if n * V > _MOST_CELLS:
        raise DataError(
            f"{n:,} documents × {V:,} words are too many for a table: set max_words to {_MOST_CELLS // n:,} or fewer, "
            "or give engine.readers.corpus.count_folder's sparse counts to the model."
        )
    where = expanded(folder)
    return Dataset(
        name=where.name or str(where),
        X=frozen(found.counts.toarray()),
        feature_names=found.words,
        row_names=found.names,
        title=where.name or str(where),
        description="one document, as counts of its words",
        source=f"text files in {quoted(str(where), 200)}",
        model="topics",
        notes=found.notes,
    )


def text_files(folder: str | os.PathLike[str], pattern: str = "*.txt") -> list[Path]:
    """The documents of a folder, by name: files that match the pattern and are not hidden.

    Raises:
        DataError: no such folder, no such file in it, or too many; one sentence.
    """
    refuse_address(folder)
    where = expanded(folder)
    name = quoted(str(where), 200)
    try:
        if not where.is_dir():
            raise DataError(f"There is no folder {name}: name a folder of text files.")
        os.listdir(where)  # a glob passes over a folder that can't be listed
        paths = sorted(path for path in where.glob(pattern) if path.is_file() and not path.name.startswith("."))
    except (OSError, ValueError) as error:
        if isinstance(error, DataError):
            raise
        reason = clean(getattr(error, "strerror", None) or "it can't be listed").lower()
        raise DataError(f"{name} can't be read ({reason}): check the name and its permissions.") from None
    if not paths:
        raise DataError(
            f"There is no {pattern} file in the folder {name}: put a document in each, or name a table in it."
        )
    if len(paths) > _MOST_DOCUMENTS:
        raise DataError(f"{name} has {len(paths):,} files and at most {_MOST_DOCUMENTS:,} can be read: keep fewer.")
    return paths


def _opened(path: Path, encoding: str | None) -> TextFile:
    """The file as text. If it is something else, the error gives a remedy for a corpus rather than for a table."""
    try:
        return open_text(path, encoding, tables=False)
    except DataError as error:
        what, looks, _ = str(error).partition(", not a table")
        if not looks:
            raise
        raise DataError(f"{what}, not plain text: save it as text, or take it out of the folder.") from None


def _is_empty(path: Path) -> bool:
    try:
        return path.stat().st_size == 0
    except OSError:
        return False  # opening it says what is wrong


def _stop_words(chosen: str | Iterable[str]) -> frozenset[str]:
    if not isinstance(chosen, str):
        return frozenset(word.lower().replace("’", "'") for word in chosen)
    choices: Mapping[str, frozenset[str]] = {"english": STOP_WORDS, "none": frozenset()}
    if chosen not in choices:
        raise OptionError(f"stop_words can't be {chosen!r}: choose english or none, or give the words.")
    return choices[chosen]


def _sparse(documents: Sequence[Counter[str]], place: Mapping[str, int]) -> Any:
    from scipy.sparse import csr_array

    indptr, indices, data = [0], [], []
    for found in documents:
        row = sorted((place[word], count) for word, count in found.items() if word in place)
        indices += [v for v, _ in row]
        data += [count for _, count in row]
        indptr.append(len(indices))
    values: Array = np.array(data, dtype=np.float64)
    shape = (len(documents), len(place))
    return csr_array((values, np.array(indices, dtype=np.int64), np.array(indptr)), shape=shape)


def _told(names: Sequence[str], one: str, many: str, why: str = "") -> str:
    """A sentence about some files, or "" where there are none."""
    if not names:
        return ""
    shown = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    because = f": {why}" if why else ""
    return f"{shown} {one if len(names) == 1 else many}{because}."
