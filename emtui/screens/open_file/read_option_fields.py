"""How a file is written, as fields: they show what was detected, and a star marks what the user chose."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from textual import events, on
from textual.app import ComposeResult
from textual.containers import Container
from textual.message import Message

from emtui.spec.read_options import DECIMAL_WORDS, DELIMITER_WORDS, NO_COMMENT, delimiter_from, delimiter_word
from emtui.widgets.field_spec import FieldSpec
from emtui.widgets.form_field import FormField
from engine.data.data_spec import ReadOptions
from engine.errors import EngineError
from engine.readers.table import TablePreview
from engine.readers.text_file import known_encoding
from engine.text import clean, quoted

UNTOLD = "?"  # stands where nothing could be told from the file
_LABEL_WIDTH = len("delimiter") + 1
_HEADER_WORDS = {"yes": True, "no": False}
_TYPED = ("encoding", "skip", "comment", "missing")
_USUAL_MARKS = "as usual"


class DelimiterField(FormField):
    """Words to choose from; another character, no letter and no digit, is typed."""

    def on_key(self, event: events.Key) -> None:
        """A character that may part cells is taken as it is; any other key is for the field of words."""
        character = event.character
        if character is None or not event.is_printable or character.isalnum() or character.isspace():
            return
        if delimiter_from(character) is not None:
            self.choose(delimiter_word(character))
            event.stop()
            event.prevent_default()


class ReadOptionFields(Container):
    """Encoding, delimiter, decimal mark, header, lines to skip, comments, words for missing values; and the sheet
    of a workbook that has several.

    An empty field, or one as it was found, says nothing.
    """

    DEFAULT_CSS = """
    ReadOptionFields { layout: grid; grid-size: 2; grid-gutter: 0 1; height: auto; grid-rows: auto; }
    ReadOptionFields.-slim { grid-size: 1; }
    """

    class Changed(Message):
        """The user chose another reading option."""

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        specs = (
            ("encoding", FormField, ()),
            ("delimiter", DelimiterField, tuple(word for word in DELIMITER_WORDS if not word.startswith("\\"))),
            ("decimal", FormField, tuple(DECIMAL_WORDS)),
            ("header", FormField, tuple(_HEADER_WORDS)),
            ("skip", FormField, ()),
            ("comment", FormField, ()),
            ("missing", FormField, ()),
            ("sheet", FormField, (UNTOLD,)),
        )
        self._fields: Mapping[str, FormField] = {
            key: kind(FieldSpec(key, key, "", words, str), "", _LABEL_WIDTH) for key, kind, words in specs
        }

    def compose(self) -> ComposeResult:
        """A field for each."""
        self._fields["sheet"].display = False
        yield from self._fields.values()

    # the row

    @property
    def read_options(self) -> ReadOptions:
        """What the user chose; what is impossible is left out, and `problem` says so."""
        said = {key: field.text.strip() for key, field in self._fields.items() if _is_said(field)}
        said = {key: text for key, text in said.items() if not self._problem_with(key)}
        delimiter, comment, missing = said.get("delimiter"), said.get("comment"), said.get("missing")
        return ReadOptions(
            encoding=said.get("encoding"),
            delimiter=None if delimiter is None else delimiter_from(delimiter),
            decimal=DECIMAL_WORDS.get(said.get("decimal", "")),
            header=_HEADER_WORDS.get(said.get("header", "")),
            skip=int(said["skip"]) if "skip" in said else None,
            comment="" if comment == NO_COMMENT else comment,
            missing_marks=None if missing is None else _words_in(missing),
            sheet=said.get("sheet"),
        )

    def _problem_with(self, key: str) -> str:
        """Why what is typed there is impossible, in a sentence, or ""."""
        field = self._fields[key]
        text = field.text.strip()
        if not _is_said(field):
            return ""
        if key == "skip" and not (text.isdecimal() and len(text) < 10):
            return f"The lines to skip can't be {quoted(text)}: write a whole number of at least 0."
        if key == "comment" and '"' in text:
            return f"Comments can't begin with {quoted(text)}: write a mark such as #, or none."
        if key == "encoding":
            try:
                known_encoding(text)
            except EngineError as error:
                return str(error)
        return ""

    @property
    def _wrong(self) -> str:
        """The field with something impossible in it, or ""."""
        return next((key for key in _TYPED if self._problem_with(key)), "")

    @property
    def problem(self) -> str:
        """Why something typed is impossible, in a sentence, or ""."""
        return self._problem_with(self._wrong) if self._wrong else ""

    @property
    def complaint(self) -> str:
        """The problem, unless it is still being typed."""
        return "" if self._wrong and self._fields[self._wrong].active else self.problem

    def focus_wrong(self) -> None:
        """Go to what is impossible."""
        if self._wrong:
            self._fields[self._wrong].focus()

    @on(FormField.Edited)
    def _edited(self, event: FormField.Edited) -> None:
        """Half an encoding's name says nothing yet."""
        event.stop()
        if not self.problem:
            self.post_message(self.Changed())

    @on(events.DescendantBlur)
    def _left(self) -> None:
        """A field that was emptied shows what is detected; something impossible is reported now."""
        for key in _TYPED:
            field = self._fields[key]
            if not field.text.strip():
                field.put(field.applied, field.applied)
        if self.problem:
            self.post_message(self.Changed())

    # what was found

    def forget(self) -> None:
        """Start again for another file: nothing is chosen or detected."""
        for field in self._fields.values():
            _put(field, "", "")
        self._fields["sheet"].display = False

    def show(self, preview: TablePreview | None) -> None:
        """Show what was detected where nothing is chosen; None for a file that could not be read."""
        if preview is None:
            for field in self._fields.values():
                if field.spec.words and not field.applied and not _is_said(field):
                    _put(field, UNTOLD, UNTOLD)
            return
        found = {
            "encoding": preview.encoding,
            "delimiter": delimiter_word(preview.delimiter),
            "decimal": next(word for word, mark in DECIMAL_WORDS.items() if mark == preview.decimal),
            "header": "yes" if preview.header else "no",
            "skip": str(preview.skip),
            "comment": preview.comment or NO_COMMENT,
            "missing": _USUAL_MARKS,
            "sheet": preview.sheet,
        }
        sheet = self._fields["sheet"]
        sheet.display = len(preview.sheets) > 1
        sheet.spec = replace(sheet.spec, words=preview.sheets or (UNTOLD,))
        for key, field in self._fields.items():
            if not _is_said(field):
                being_typed = field.active and not field.text.strip()
                _put(field, found[key], "" if being_typed else found[key])


def _words_in(text: str) -> tuple[str, ...]:
    """The words between commas."""
    return tuple(word.strip() for word in text.split(",") if word.strip())


def _is_said(field: FormField) -> bool:
    text = field.text.strip()
    return text not in ("", UNTOLD) and text != field.applied


def _put(field: FormField, applied: str, text: str) -> None:
    """Another value that was found; "?" is among the words only while it stands there."""
    words = tuple(word for word in field.spec.words if word != UNTOLD)
    if words:
        field.spec = replace(field.spec, words=(UNTOLD, *words) if applied == UNTOLD else words)
    if (clean(applied), clean(text)) != (field.applied, field.text):
        field.put(applied, text)
    field.refresh()
