"""One line of a form: a label and a value that is typed or chosen, a mark while it is changed, a sentence if wrong."""

from __future__ import annotations

import textwrap
from typing import ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events
from textual.geometry import Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget

from emtui.charts.cell_text import pad
from emtui.panes.model_form.model_form_fields import FormField
from emtui.widgets.line_edit import LineEdit
from engine.text import clean

CHANGED, WRONG, FOCUSED = "*", "!", "▸"


class Field(Widget, can_focus=True):
    """A line of the form.

    `applied` is the text that holds at present, `text` what stands in the field. Letters belong to a field that is
    typed in; a field with choices takes ←, → and space, and leaves letters to the app.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "field--label",
        "field--value",
        "field--cursor",
        "field--mark",
        "field--wrong",
    }
    DEFAULT_CSS = """
    Field { height: auto; width: 1fr; }
    Field .field--label { color: $text-muted; }
    Field .field--value { color: $text; }
    Field .field--mark { color: $warning; text-style: bold; }
    Field .field--wrong { color: $error; }
    Field .field--cursor { text-style: reverse; }
    Field:focus { background: $boost; }
    Field:focus .field--label { color: $text; text-style: bold; }
    """

    class Edited(Message):
        """The text in the field is another one now."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    class Entered(Message):
        """Enter was pressed: what stands in the form is wanted."""

    class Left(Message):
        """Escape was pressed: the field has its applied text again, and focus should go."""

        def __init__(self, field: Field) -> None:
            super().__init__()
            self.field = field

    class Moved(Message):
        """The field before (−1) or after (1) is wanted."""

        def __init__(self, field: Field, by: int) -> None:
            super().__init__()
            self.field = field
            self.by = by

    def __init__(self, spec: FormField, text: str, label_width: int) -> None:
        super().__init__(markup=False)
        self.spec = spec
        self.applied = clean(text)
        self.label_width = label_width
        self._edit = LineEdit.at_end(self.applied)
        self._fresh = False  # entered and not yet touched: what is typed takes the place of the text
        self._problem = ""

    @property
    def text(self) -> str:
        """What stands in the field."""
        return self._edit.text

    @property
    def changed(self) -> bool:
        """Its text is not the applied one."""
        return self.text.strip() != self.applied

    @property
    def problem(self) -> str:
        """The sentence that says why the text can't be used, or ""."""
        return self._problem

    def say(self, problem: str) -> None:
        """Show this sentence under the field; "" for none."""
        if problem != self._problem:
            self._problem = problem
            self.refresh(layout=True)

    def put(self, applied: str, text: str | None = None) -> None:
        """Another applied text; the field's own text follows unless it was changed, or is given."""
        keep = self.text if self.changed else applied
        self.applied = clean(applied)
        self._set(LineEdit.at_end(clean(keep if text is None else text)), quiet=True)

    def restore(self) -> None:
        """Back to the applied text."""
        self._set(LineEdit.at_end(self.applied))

    def _set(self, edit: LineEdit, quiet: bool = False) -> None:
        before, self._edit = self.text, edit
        if edit.text != before:
            self.say("")
            if not quiet:
                self.post_message(self.Edited(self))
        self.refresh()

    def choose(self, text: str) -> None:
        """This text, as if it had been typed."""
        self._set(LineEdit.at_end(clean(text)))

    def take_next(self) -> None:
        """The next of its words."""
        self._cycle(1)

    def _cycle(self, by: int) -> None:
        words = self.spec.words
        place = words.index(self.text) if self.text in words else 0
        self._set(LineEdit.at_end(words[(place + by) % len(words)]))

    # keys and clicks

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """A field that is typed in keeps every printable key to itself."""
        return not self.spec.words and character is not None and character.isprintable()

    def on_key(self, event: events.Key) -> None:
        """What the field makes of a key; what it has no use for goes on to the app."""
        if self._navigate(event.key) or (self._choose(event.key) if self.spec.words else self._type(event)):
            event.stop()
            event.prevent_default()

    def _navigate(self, key: str) -> bool:
        if key == "enter":
            self.post_message(self.Entered())
        elif key == "escape":
            self.restore()
            self.post_message(self.Left(self))
        elif key in ("up", "down") or (self.spec.words and key in ("j", "k")):
            self.post_message(self.Moved(self, 1 if key in ("down", "j") else -1))
        else:
            return False
        return True

    def _choose(self, key: str) -> bool:
        if key in ("right", "space", "l"):
            self._cycle(1)
        elif key in ("left", "h"):
            self._cycle(-1)
        else:
            return False
        return True

    def _type(self, event: events.Key) -> bool:
        edit = LineEdit() if self._fresh and event.key in ("backspace", "delete") else self._edit.key(event.key)
        if edit is None and event.character is not None and event.is_printable:
            edit = (LineEdit() if self._fresh else self._edit).insert(event.character)
        if edit is None:
            return False
        self._fresh = False
        self._set(edit)
        return True

    def on_paste(self, event: events.Paste) -> None:
        """The first line of what was pasted goes to the cursor of a field that is typed in."""
        event.stop()
        if not self.spec.words and event.text.strip():
            self._set((LineEdit() if self._fresh else self._edit).insert(event.text.strip().splitlines()[0]))
            self._fresh = False

    def on_click(self, event: events.Click) -> None:
        """A click on a choice takes the next one; in a text it puts the cursor there."""
        event.stop()
        column = event.x - self._value_column
        if event.y != 0 or column < 0:
            return
        if self.spec.words:
            self._cycle(1)
        else:
            self._edit, self._fresh = self._edit.go_to(column), False
            self.refresh()

    def on_focus(self) -> None:
        """The cursor starts behind the text, all of which the first letter replaces."""
        self._edit, self._fresh = self._edit.go_to(len(self.text)), not self.changed

    # drawing

    @property
    def _value_column(self) -> int:
        return 1 + min(self.label_width, max(4, self.size.width // 2)) + 1

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line, and those of the sentence under it."""
        return 1 + len(self._problem_lines(width))

    def _problem_lines(self, width: int) -> list[str]:
        return textwrap.wrap(clean(self._problem), max(8, width - 2)) if self._problem else []

    def render_line(self, y: int) -> Strip:
        """The line of the value, then the sentence."""
        width = self.size.width
        if y > 0:
            lines = self._problem_lines(width)
            text = f"  {lines[y - 1]}" if y <= len(lines) else ""
            return self._strip([Segment(pad(text, width), self._style("field--wrong"))])
        mark = WRONG if self._problem else CHANGED if self.changed else FOCUSED if self.has_focus else " "
        label_room = self._value_column - 2
        segments = [
            Segment(mark, self._style("field--wrong" if self._problem else "field--mark")),
            Segment(pad(self.spec.label, label_room) + " ", self._style("field--label")),
        ]
        room = max(0, width - self._value_column)
        return self._strip(segments + (self._choice(room) if self.spec.words else self._typed(room)))

    def _choice(self, room: int) -> list[Segment]:
        text = pad(self.text, min(len(self.text), max(0, room - 2)))
        return [Segment(text, self._style("field--value")), Segment(" ▾", self._style("field--label"))]

    def _typed(self, room: int) -> list[Segment]:
        value = self._style("field--value")
        if not self.has_focus:
            return [Segment(pad(self.text, room), value)]
        text, cursor = self._edit.window(room)
        text += " "
        if self._fresh and cursor == len(text) - 1 > 0:  # all of it is marked
            return [Segment(text[:cursor], self._style("field--cursor")), Segment(" ", value)]
        return [
            Segment(text[:cursor], value),
            Segment(text[cursor], self._style("field--cursor")),
            Segment(text[cursor + 1 :], value),
        ]

    def _style(self, component: str) -> Style:
        return self.get_component_rich_style(component)

    def _strip(self, segments: list[Segment]) -> Strip:
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)
