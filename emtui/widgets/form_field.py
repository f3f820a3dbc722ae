"""One line of a form: a label and a value that is typed or chosen, a mark while it is changed, a sentence if wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from rich.segment import Segment
from rich.style import Style
from textual import events, on
from textual.app import ComposeResult
from textual.geometry import Region, Size
from textual.message import Message
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input

from emtui.charts.cell_text import pad
from emtui.charts.drawn_text import DrawnText
from emtui.widgets.field_menu import FieldMenu, under
from emtui.widgets.field_spec import FieldSpec
from emtui.widgets.text_input import NumberInput
from engine.text import clean

CHANGED, WRONG, FOCUSED = "*", "!", "▸"


class FieldInput(NumberInput):
    """The value of a field that is typed in: without the focus it shows its beginning, and that it is cut."""

    DEFAULT_CSS = """
    FieldInput, FieldInput:focus { background: transparent; background-tint: transparent; color: $text; }
    FieldInput > .input--cursor, FieldInput > .input--selection {
        background: transparent; color: $text; text-style: reverse;
    }
    """

    def render_line(self, y: int) -> Strip:
        """The one line."""
        if self.has_focus or y:
            return super().render_line(y)
        return Strip([Segment(pad(self.value, self.size.width), self.rich_style)])


class FormField(DrawnText, can_focus=True):
    """A line of the form.

    `applied` is the text that holds at present, `text` what stands in the field. Letters belong to a field that is
    typed in; a field with choices takes ←, → and space, and leaves letters to the app. Its words open as a list below
    it (`open_menu`), in which ↑ ↓ point, enter takes and escape leaves all as it was.
    """

    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "field--label",
        "field--value",
        "field--mark",
        "field--wrong",
        "field--refused",
    }
    DEFAULT_CSS = """
    FormField { height: auto; width: 1fr; }
    FormField .field--label { color: $text-muted; }
    FormField .field--value { color: $text; }
    FormField .field--mark { color: $warning; text-style: bold; }
    FormField .field--wrong { color: $error; }
    FormField .field--refused { color: $text-disabled; }
    FormField:focus-within { background: $boost; }
    FormField:focus-within .field--label { color: $text; text-style: bold; }
    """

    @dataclass(eq=False)
    class Edited(Message):
        """The text in the field has changed."""

        field: FormField

    @dataclass(eq=False)
    class MenuWanted(Message):
        """A click on a choice whose words open as a list."""

        field: FormField

    class Entered(Message):
        """Enter was pressed: apply the form."""

    class Left(Message):
        """Escape was pressed: the field is back to its applied text, and the focus should leave."""

    @dataclass(eq=False)
    class Moved(Message):
        """Go to the field before (−1) or after (1)."""

        field: FormField
        by: int

    def __init__(self, spec: FieldSpec, text: str, label_width: int, *, menu: bool = False) -> None:
        super().__init__(markup=False)
        self.spec = spec
        self.applied = self._text = clean(text)
        self.label_width = label_width
        self._problem = ""
        self._menu, self._explained = menu, False
        self._list: FieldMenu | None = None  # the open list
        self._refused: Mapping[str, str] = {}  # the words that the last one refused
        self._input = None if spec.words else FieldInput(self.applied)
        if self._input is not None:
            self._input.cursor_blink = False
            self._input.styles.margin = (0, 0, 0, label_width + 2)
            self.can_focus = False

    def compose(self) -> ComposeResult:
        """The widget in which the value is typed; a choice is drawn by the field itself."""
        if self._input is not None:
            yield self._input

    @property
    def text(self) -> str:
        """The text in the field."""
        return self._text

    @property
    def changed(self) -> bool:
        """Its text differs from the applied one."""
        return self.text.strip() != self.applied

    @property
    def problem(self) -> str:
        """The sentence that says why the text can't be used, or ""."""
        return self._problem

    @property
    def active(self) -> bool:
        """It has the keys."""
        return (self if self._input is None else self._input).has_focus

    def focus(self, scroll_visible: bool = True, **options: Any) -> FormField:
        """Give it the keys."""
        if self._input is None:
            super().focus(scroll_visible, **options)
        else:
            self._input.focus(scroll_visible, **options)
        return self

    def say(self, problem: str) -> None:
        """Show this sentence under the field; "" for none."""
        if problem != self._problem:
            self._problem = problem
            self.refresh(layout=True)

    def explain(self, wanted: bool) -> None:
        """Say under the field what it is for, or no longer."""
        if not self.active:
            self.close_menu()
            if self._problem in self._refused.values():  # its text is as it was
                self.say("")
        if wanted != self._explained:
            self._explained = wanted
            self.refresh(layout=True)

    @property
    def menu_open(self) -> bool:
        """Its words stand below it."""
        return self._list is not None

    def open_menu(self, refused: Mapping[str, str]) -> None:
        """Open the list of its words; `refused` are those that can't be taken, with the reasons."""
        words = self.spec.words
        self._refused = refused
        self._list = FieldMenu(self.spec, refused, words.index(self.text) if self.text in words else 0)
        self.say("")
        self._show_pointed()

    def _show_pointed(self) -> None:
        """Draw the list, and scroll to what is pointed at."""

        def scroll() -> None:
            if self._list is not None and isinstance(self.parent, Widget):
                said = len(self._list.note(self.size.width))
                place = self.virtual_region
                lines = Region(place.x, place.y + 1 + self._list.pointed, place.width, 1 + said)
                self.parent.scroll_to_region(lines, animate=False)

        self.refresh(layout=True)
        self.call_after_refresh(scroll)

    def close_menu(self) -> None:
        """Close the list; the text stays as it was."""
        if self._list is not None:
            self._list = None
            self.refresh(layout=True)

    def _take(self, word: str) -> None:
        """Take this word of the list, or say why that can't be."""
        self.close_menu()
        if word in self._refused:
            self.say(self._refused[word])
        else:
            self._set(word)

    def _in_menu(self, key: str, menu: FieldMenu) -> bool:
        steps = {"down": 1, "j": 1, "up": -1, "k": -1}
        if key in steps:
            self._list = replace(menu, pointed=(menu.pointed + steps[key]) % len(self.spec.words))
            self._show_pointed()
        elif key in ("enter", "space"):
            self._take(menu.word)
        elif key == "escape":
            self.close_menu()
        else:
            return False
        return True

    def put(self, applied: str, text: str | None = None) -> None:
        """Set the applied text; the field's own text follows unless it was changed or is given."""
        keep = self.text if self.changed else applied
        self.applied = clean(applied)
        self._set(clean(keep if text is None else text), quiet=True)

    def restore(self) -> None:
        """Back to the applied text."""
        self._set(self.applied)

    def choose(self, text: str) -> None:
        """Take this text as if it had been typed."""
        self._set(clean(text))

    def take_next(self) -> None:
        """The next of its words."""
        self._cycle(1)

    def _cycle(self, by: int) -> None:
        words = self.spec.words
        place = words.index(self.text) if self.text in words else 0
        self._set(words[(place + by) % len(words)])

    def _set(self, text: str, quiet: bool = False) -> None:
        before, self._text = self._text, text
        if self._input is not None:
            with self._input.prevent(Input.Changed):
                self._input.value = text
                self._input.cursor_position = len(text)
        if text != before:
            self.say("")
            if not quiet:
                self.post_message(self.Edited(self))
        self.refresh()

    @on(Input.Changed)
    def _typed(self, event: Input.Changed) -> None:
        event.stop()
        if event.value != self._text:
            self._text = event.value
            self.say("")
            self.post_message(self.Edited(self))
            self.refresh()

    # keys and clicks

    def on_key(self, event: events.Key) -> None:
        """Use the keys that the field knows; the others go on to the app."""
        if self._list is not None and self._in_menu(event.key, self._list):
            event.stop()
            event.prevent_default()
            return
        self.close_menu()
        if self._navigate(event.key) or (self.spec.words and self._choose(event.key)):
            event.stop()
            event.prevent_default()

    def _navigate(self, key: str) -> bool:
        if key == "enter":
            self.post_message(self.Entered())
        elif key == "escape":
            self.restore()
            self.post_message(self.Left())
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

    def on_click(self, event: events.Click) -> None:
        """A click on a choice opens its list, or takes the next word where it has none; in the list it takes one."""
        event.stop()
        if self._list is not None and event.y > 0:
            word = self._list.word_at(event.y - 1, self.size.width)
            if word is not None:
                self._take(word)
            return
        if self._menu and self.spec.words and event.y == 0 and event.x >= self._value_column:
            self.close_menu() if self.menu_open else self.post_message(self.MenuWanted(self))
            return
        if self.spec.words and event.y == 0 and event.x >= self._value_column:
            self._cycle(1)

    @on(Input.Blurred)
    def _left(self, event: Input.Blurred) -> None:
        """On the next visit the first letter replaces the whole text, unless it was changed already."""
        event.stop()
        event.input.select_on_focus = not self.changed
        event.input.cursor_position = len(self.text)

    # drawing

    @property
    def _value_column(self) -> int:
        return 1 + min(self.label_width, max(4, self.size.width // 2)) + 1

    def on_resize(self) -> None:
        """The value stands behind the label."""
        if self._input is not None:
            self._input.styles.margin = (0, 0, 0, self._value_column)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:
        """One line, and those under it."""
        return 1 + len(self._lines_below(width))

    def _lines_below(self, width: int) -> list[tuple[str, str]]:
        """The open list, the sentence about what is wrong, or what the field is for: each line and its style."""
        if self._list is not None:
            return self._list.lines(width)
        if self._problem:
            return under(self._problem, width, 2, "field--wrong")
        if self._explained:
            said = ". ".join(filter(None, (self.spec.about.get(self.text), self.spec.help)))
            return under(said, width, 2, "field--label")
        return []

    def render_line(self, y: int) -> Strip:
        """The line of the value, then the sentence."""
        width = self.size.width
        if y > 0:
            lines = self._lines_below(width)
            text, style = lines[y - 1] if y <= len(lines) else ("", "field--label")
            return self._strip([Segment(pad(text, width), self._style(style))])
        mark = WRONG if self._problem else CHANGED if self.changed else FOCUSED if self.active else " "
        segments = [
            Segment(mark, self._style("field--wrong" if self._problem else "field--mark")),
            Segment(pad(self.spec.label, self._value_column - 2) + " ", self._style("field--label")),
        ]
        if self.spec.words:
            text = pad(self.text, min(len(self.text), max(0, width - self._value_column - 2)))
            segments += [Segment(text, self._style("field--value")), Segment(" ▾", self._style("field--label"))]
        return self._strip(segments)

    def _style(self, component: str) -> Style:
        return self.get_component_rich_style(component)

    def _strip(self, segments: list[Segment]) -> Strip:
        return Strip(segments).adjust_cell_length(self.size.width, self.rich_style)
