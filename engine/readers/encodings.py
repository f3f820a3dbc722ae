"""Which encoding text is in, where it is neither marked nor UTF-8: by the letters that come of its bytes."""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

_LETTERS = "A-Za-zÀ-ÖØ-öø-ÿŠšŽžŒœŸ"
_LOWER, _UPPER = "a-zß-öø-ÿšžœ", "A-ZÀ-ÖØ-ÞßŠŽŒŸ"
_TOKEN = re.compile(rf"[{_LETTERS}\x80-\uffff]+")
_BEYOND_ASCII = re.compile(r"[^\x00-\x7f]")
_LATIN_WORD = re.compile(
    rf"[°µ«¿¡“‘„±€£§]?(?:([{_UPPER}]?[{_LOWER}]+|[{_UPPER}]+)(?:[’·–]|$|(?=[²³ºª»”°])))+[²³ºª»”°]?"
)
_ALONE = re.compile(rf"[°µ«»²³ºª€£§±½¼¾–—…“”‘’„·×\xa0{_LETTERS}]")
_ENOUGH_LATIN, _ENOUGH_COMMON = 0.75, 0.6
_AT_MOST = 1 << 16  # bytes that are looked at

# In order, as the first of two that fit alike is taken: Korean is told by its syllables alone, the others share them.
_EAST_ASIAN: tuple[tuple[str, Callable[[int, int], float]], ...] = (
    ("cp949", lambda lead, trail: (0xB0 <= lead <= 0xC8) * (1.0 if trail >= 0xA1 else 0.3)),
    ("cp932", lambda lead, trail: (lead in (0x82, 0x83)) + 0.95 * (0x88 <= lead <= 0x97)),
    ("gb18030", lambda lead, trail: 0.95 * (0xB0 <= lead <= 0xD7 and trail >= 0xA1)),
    ("big5", lambda lead, trail: 0.9 * (0xA4 <= lead <= 0xC6)),
    ("euc_jp", lambda lead, trail: (lead in (0xA4, 0xA5)) + 0.9 * (0xB0 <= lead <= 0xCF)),
)


def east_asian_encoding(block: bytes) -> str | None:
    """The encoding in which these lines are common letters of Korean, Japanese or Chinese; None for Western text.

    Bytes that read as words of Latin letters are Western text ("größe"), whatever else they could be.
    """
    sample = _lines_beyond_ascii(block)
    if _latin(sample) >= _ENOUGH_LATIN:
        return None
    common = {encoding: _common(sample, encoding, weigh) for encoding, weigh in _EAST_ASIAN}
    best = max(common, key=lambda encoding: common[encoding])
    return best if common[best] >= _ENOUGH_COMMON else None


def _lines_beyond_ascii(block: bytes) -> bytes:
    """The lines with other than ASCII, up to 64 KB, without one that the sample would cut."""
    lines = [line for line in block.splitlines() if not line.isascii()]
    sample = b"\n".join(lines)[: _AT_MOST + 1]
    return sample if len(sample) <= _AT_MOST else sample[: max(sample.rfind(b"\n"), 0)] or sample


def _latin(sample: bytes) -> float:
    """Which share of the words beyond ASCII look like words of Latin letters, in CP1252."""
    try:
        text = sample.decode("cp1252")
    except UnicodeDecodeError:
        return 0.0
    words = [word for word in _TOKEN.findall(text) if not word.isascii()]
    return sum(map(_is_latin, words)) / max(len(words), 1)


def _is_latin(word: str) -> bool:
    if len(word) == 1:
        return bool(_ALONE.fullmatch(word))
    if not _LATIN_WORD.fullmatch(word):
        return False
    ascii_letters, others = sum(map(str.isascii, word)), sum(c.isalpha() and not c.isascii() for c in word)
    return ascii_letters >= (others if word.isupper() else others / 3) and ascii_letters > 0


def _common(sample: bytes, encoding: str, weigh: Callable[[int, int], float]) -> float:
    """How common the letters are that the bytes are in this encoding, from 0 to 1; 0 where they are in another."""
    try:
        text = codecs.getincrementaldecoder(encoding)().decode(sample)
    except UnicodeDecodeError:
        return 0.0
    weights, kana = [], False
    for letter in _BEYOND_ASCII.findall(text):
        code = letter.encode(encoding)
        private = "\ue000" <= letter <= "\uf8ff"  # a place of the encoding that means nothing
        if private or (letter.isalpha() and letter != "ー"):  # the mark of a long vowel stands among the signs
            weights.append(weigh(code[0], code[1]) if len(code) == 2 else 0.0)
            kana = kana or "\u3041" <= letter <= "\u30fe"
    if encoding == "euc_jp" and not kana:  # its other letters are those of GB 2312, too
        return 0.0
    return sum(weights) / max(len(weights), 1)
