"""Help: the keys as they are bound, the idea of EM in a page, what each pane shows, and the words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import ClassVar

from rich.cells import cell_len
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.keys import format_key
from textual.widgets import Static

from emtui.charts.cell_text import clean, pad, wrapped
from emtui.panes.pane import Pane
from emtui.screens.dialogs.dialog import Dialog
from emtui.screens.dialogs.help_text import IDEA, PANES, WORDS
from emtui.settings.keys import PANE_KEYS

_TITLES = {"step": "steps", "look": "looking", "choose": "choosing", "app": "the app"}
_OTHER = "more"


def keys_of(binding: Binding) -> str:
    """The keys of a binding as they are shown: `e`, `+`, `home`, `← h`."""
    return binding.key_display or " ".join(format_key(key.strip()) for key in binding.key.split(","))


def key_groups(bindings: Iterable[Binding | ActiveBinding]) -> dict[str, list[tuple[str, str]]]:
    """Keys and what they do, by group in the order of the bindings; the keys of one binding stand on one line."""
    groups: dict[str, dict[str, list[str]]] = {}
    for given in bindings:
        binding = given.binding if isinstance(given, ActiveBinding) else given
        said = binding.tooltip or binding.description
        if binding.system or not said:
            continue
        name = _OTHER if binding.group is None else binding.group.description
        keys = groups.setdefault(_TITLES.get(name, name), {}).setdefault(said, [])
        if keys_of(binding) not in keys:
            keys.append(keys_of(binding))
    return {name: [(" ".join(keys), said) for said, keys in lines.items()] for name, lines in groups.items()}


def pane_groups(panes: Iterable[Pane]) -> dict[str, list[tuple[str, str]]]:
    """Each pane's own keys and what they do; they work while it has the focus."""
    groups = {}
    for pane in panes:
        kinds = reversed(type(pane).__mro__)
        own = [binding for kind in kinds for binding in kind.__dict__.get("BINDINGS", ())]
        lines = key_groups(binding for binding in own if isinstance(binding, Binding) and binding.id and binding.show)
        if lines:
            groups[f"while in {pane.label}"] = lines[_OTHER]
    return groups


class HelpScreen(Dialog[None]):
    """Keys, the idea, panes and words, one below the other.

    `bindings` are the app's own, in order; `panes` those whose own keys are listed too.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark,q", "cancel", "close", show=False),
        Binding("j", "scroll(1)", "down", show=False),
        Binding("k", "scroll(-1)", "up", show=False),
        Binding("space", "page", "page down", show=False),
        Binding("enter", "card", "the first card", show=False),
        Binding("g", "guide", "guide", show=False),
    ]
    DEFAULT_CSS = """
    HelpScreen #box { max-width: 100; width: 96%; height: 96%; max-height: 48; }
    """

    def __init__(self, bindings: Iterable[Binding | ActiveBinding], panes: Iterable[Pane] = ()) -> None:
        super().__init__()
        self._groups = key_groups(bindings) | pane_groups(panes)

    def compose(self) -> ComposeResult:
        """One long text in a box that scrolls."""
        with VerticalScroll(id="box") as box:
            box.border_title = "help"
            box.border_subtitle = "enter first card · g guide · ↑ ↓ scroll · esc closes"
            yield Static("", id="text", markup=False)

    def on_mount(self) -> None:
        """Lay the text out."""
        self.query_one("#box").focus()
        self._lay_out()

    def on_resize(self) -> None:
        """Lay the text out for this width."""
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        width = self.query_one("#box").content_size.width - 1
        if width > 0:
            self.query_one("#text", Static).update(Content.assemble(*help_parts(self._groups, width)))

    def action_scroll(self, by: int) -> None:
        """A line down or up."""
        self.query_one("#box").scroll_relative(y=by, animate=False)

    def action_page(self) -> None:
        """A page down."""
        self.query_one("#box").scroll_page_down(animate=False)

    def action_card(self) -> None:
        """Close this, and show the card of the first start again."""
        app = self.app
        self.dismiss()
        app.call_later(app.run_action, "card")

    def action_guide(self) -> None:
        """Open the guide over this; its list of chapters comes first."""
        from emtui.screens.guide.guide import GuideScreen

        self.app.push_screen(GuideScreen())


def help_parts(groups: dict[str, list[tuple[str, str]]], width: int) -> Iterator[tuple[str, str]]:
    """The help as pieces of text with their styles, wrapped to a width."""
    yield "enter", "bold"
    yield " shows the first card again: what the data are, what is hidden, what e and m do\n", ""
    yield "g", "bold"
    yield " opens the guide: chapters on everything, from first steps to networks\n\n", ""
    yield "EM in a page\n", "bold $accent"
    for paragraph in IDEA:
        yield "\n".join(wrapped(paragraph, max(10, width))) + "\n\n", ""
    for name, lines in groups.items():
        yield from _table(name, lines, width)
    panes = [(f"{PANE_KEYS.get(name, ' ')} {name}", said) for name, said in PANES]
    yield from _table("the panes", panes, width)
    yield from _table("words", WORDS, width)


def _table(title: str, lines: Iterable[tuple[str, str]], width: int) -> Iterator[tuple[str, str]]:
    """A heading, then names at the left and their meaning at the right, or below if it is narrow."""
    lines = [(clean(name), clean(said)) for name, said in lines]
    yield f"{title}\n", "bold $accent"
    first = max((cell_len(name) for name, _ in lines), default=0) + 2
    beside = width - first >= 24
    indent = first if beside else 2
    for name, said in lines:
        yield (pad(name, first) if beside else f"{name}\n{' ' * indent}"), "bold"
        yield f"\n{' ' * indent}".join(wrapped(said, max(10, width - indent))) + "\n", ""
    yield "\n", ""
