"""Encodings are told by the letters that come of the bytes."""

from __future__ import annotations

from pathlib import Path

import pytest

from engine import preview_table, read_table

WESTERN = (
    "größe;x", "Maße;Fuß", "GRÖßE;x", "créée;née", "«été»;x", "sää;x", "temp °C;m²", "µg;x", "¿qué?;año", "nº;Código",
    "“Größe”;x", "å;ä", "œuf;x", "2000–2001;Straße", "price €;x", "perché;così",
)  # fmt: skip
EASTERN = {
    "cp949": (
        "이름,나이", "type,A형", "남,x", "1월,x", "수,월", "kg당,x", "키 (cm),나이", "똠방각하,펲시", "LG전자,x",
    ),
    "cp932": ("名前,年齢", "ひらがな,カタカナ", "県,人口", "血圧,LDL値"),
    "gb18030": ("姓名,年龄", "温度,湿度", "性别,身高", "城市,x"),
    "big5": ("姓名,年齡", "城市,人口"),
    "euc_jp": ("データの長さ,x",),
}  # fmt: skip


@pytest.mark.parametrize("names", WESTERN)
def test_words_of_latin_letters_are_western(tmp_path: Path, names: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(f"{names}\n1;2\n3;5\n".encode("cp1252"))
    assert read_table(path, delimiter=";", header=True).feature_names == tuple(names.split(";"))


@pytest.mark.parametrize(("encoding", "names"), [(key, names) for key in EASTERN for names in EASTERN[key]])
def test_common_letters_of_east_asia_are_told(tmp_path: Path, encoding: str, names: str) -> None:
    path = tmp_path / "table.csv"
    path.write_bytes(f"{names}\n1,2\n3,5\n".encode(encoding))
    assert preview_table(path).encoding == encoding.upper()
    data = read_table(path, header=True)
    assert data.feature_names == tuple(names.split(","))
    assert f"The encoding was taken to be {encoding.upper()}" in " ".join(data.notes)
