"""Excel workbooks of a few cells, written by hand."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Sequence
from xml.sax.saxutils import quoteattr

_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_RELATIONS = "http://schemas.openxmlformats.org/package/2006/relationships"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_TYPES = "http://schemas.openxmlformats.org/package/2006/content-types"
_OF = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def workbook(**sheets: Sequence[Sequence[str | float]]) -> bytes:
    """An .xlsx of these sheets."""
    out = io.BytesIO()
    numbers = range(1, len(sheets) + 1)
    parts = "".join(f'<Override PartName="/xl/s{i}.xml" ContentType="{_OF}.worksheet+xml"/>' for i in numbers)
    parts += f'<Override PartName="/xl/workbook.xml" ContentType="{_OF}.sheet.main+xml"/>'
    types = f'<Default Extension="rels" ContentType="application/vnd.openxmlformats-package.relationships+xml"/>{parts}'
    listed = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{i}" r:id="r{i}"/>' for i, name in zip(numbers, sheets, strict=True)
    )
    links = "".join(f'<Relationship Id="r{i}" Type="{_OFFICE}/worksheet" Target="s{i}.xml"/>' for i in numbers)
    whole = f'<Relationship Id="r" Type="{_OFFICE}/officeDocument" Target="xl/workbook.xml"/>'
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("[Content_Types].xml", f'<Types xmlns="{_TYPES}">{types}</Types>')
        archive.writestr("_rels/.rels", f'<Relationships xmlns="{_RELATIONS}">{whole}</Relationships>')
        book = f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}"><sheets>{listed}</sheets></workbook>'
        archive.writestr("xl/workbook.xml", book)
        archive.writestr("xl/_rels/workbook.xml.rels", f'<Relationships xmlns="{_RELATIONS}">{links}</Relationships>')
        for i, rows in zip(numbers, sheets.values(), strict=True):
            lines = "".join(f"<row>{''.join(map(_cell, row))}</row>" for row in rows)
            archive.writestr(f"xl/s{i}.xml", f'<worksheet xmlns="{_MAIN}"><sheetData>{lines}</sheetData></worksheet>')
    return out.getvalue()


def _cell(value: str | float) -> str:
    if isinstance(value, str):
        return f'<c t="inlineStr"><is><t>{value}</t></is></c>'
    return f"<c><v>{value}</v></c>"
