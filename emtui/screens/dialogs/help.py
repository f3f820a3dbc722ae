"""Help: the keys as they are bound, the idea of EM in a page, what each pane shows, and the words."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import ClassVar

from rich.cells import cell_len
from textual import on
from textual.app import ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.keys import format_key
from textual.widgets import Input, Static

from emtui.charts.cell_text import clean, pad, wrapped
from emtui.panes.pane import Pane
from emtui.screens.dialogs.dialog import Dialog
from emtui.screens.dialogs.help_here import Here
from emtui.screens.dialogs.help_places import MOUSE, SCREENS
from emtui.screens.dialogs.help_text import IDEA, PANES, WORDS
from emtui.settings.keys import PANE_KEYS
from emtui.widgets.table_columns import joined
from emtui.widgets.text_input import TextInput
from engine.text import quoted

_TITLES = {"step": "steps", "look": "looking", "choose": "choosing", "app": "the app"}
_OTHER = "more"
_KEYS = ("/ search", "g guide", "esc closes", "enter first card", "↑ ↓ scroll")


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

    `bindings` are the app's own, in order; `panes` those whose own keys are listed too; `place` is where it
    was asked for.
    `/` searches: what does not have the words is left out, of the guide the chapters that have them stay.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("question_mark", "close", "close", show=False),
        Binding("escape,q", "cancel", "close", show=False),
        Binding("slash", "search", "search", show=False),
        Binding("j", "scroll(1)", "down", show=False),
        Binding("k", "scroll(-1)", "up", show=False),
        Binding("space", "page", "page down", show=False),
        Binding("enter", "card", "the first card", show=False),
        Binding("g", "guide", "guide", show=False),
    ]
    DEFAULT_CSS = """
    HelpScreen #box { max-width: 100; width: 96%; height: 96%; max-height: 48; }
    HelpScreen #search { dock: bottom; display: none; }
    HelpScreen.-searching #search { display: block; }
    """

    def __init__(
        self, bindings: Iterable[Binding | ActiveBinding], panes: Iterable[Pane] = (), place: Here | None = None
    ) -> None:
        super().__init__()
        self._groups = key_groups(bindings) | pane_groups(panes)
        self._place = place
        self.search = ""

    def compose(self) -> ComposeResult:
        """One long text in a box that scrolls."""
        with VerticalScroll(id="box") as box:
            box.border_title = "help"
            yield Static("", id="text", markup=False)
            yield TextInput(placeholder="words to look for", id="search")

    def on_mount(self) -> None:
        """Lay the text out."""
        self.query_one("#box").focus()
        self._lay_out()

    def on_resize(self) -> None:
        """Lay the text out for this width."""
        self.call_after_refresh(self._lay_out)

    def _lay_out(self) -> None:
        box = self.query_one("#box")
        width = box.content_size.width - 1
        box.border_subtitle = joined(_KEYS, width)
        if width > 0:
            self.query_one("#text", Static).update(
                Content.assemble(*help_parts(self._groups, width, self._place, self.search))
            )

    def action_scroll(self, by: int) -> None:
        """A line down or up."""
        self.query_one("#box").scroll_relative(y=by, animate=False)

    def action_page(self) -> None:
        """A page down."""
        self.query_one("#box").scroll_page_down(animate=False)

    # searching

    def action_search(self) -> None:
        """Ask for words."""
        self.add_class("-searching")
        self.query_one(TextInput).focus()

    @on(Input.Changed)
    def _searched(self, event: Input.Changed) -> None:
        event.stop()
        self.search = event.value.strip()
        self._lay_out()
        self.query_one("#box").scroll_home(animate=False)

    @on(Input.Submitted)
    def _found(self, event: Input.Submitted) -> None:
        event.stop()
        self.query_one("#box").focus()

    def action_close(self) -> None:
        """Leave, whatever was searched for."""
        self.dismiss(None)

    def action_cancel(self) -> None:
        """Leave the search; else leave."""
        if not self.has_class("-searching"):
            self.dismiss(None)
            return
        self.remove_class("-searching")
        self.query_one(TextInput).value = ""
        self.query_one("#box").focus()

    def action_card(self) -> None:
        """Close this, and show the card of the first start again."""
        app = self.app
        self.dismiss()
        app.call_later(app.run_action, "card")

    def action_guide(self) -> None:
        """Open the guide over this: the first chapter that was found, or the list of chapters."""
        from emtui.screens.guide.guide import GuideScreen

        found = chapters_with(self.search) if self.search else []
        self.app.push_screen(GuideScreen(found[0][0] if found else None))


def chapters_with(search: str) -> list[tuple[int, str, str]]:
    """The chapters of the guide that have these words: place, title, and what each is about."""
    from emtui.screens.guide.chapters import chapters

    return [
        (place, chapter.title, chapter.about)
        for place, chapter in enumerate(chapters())
        if search.casefold() in f"{chapter.title} {chapter.about} {chapter.text}".casefold()
    ]


def help_parts(
    groups: dict[str, list[tuple[str, str]]], width: int, place: Here | None = None, search: str = ""
) -> Iterator[tuple[str, str]]:
    """The help as pieces of text with their styles, wrapped to a width; with words to look for, what has them."""
    if search:
        yield from _found_parts(groups, width, search)
        return
    yield "enter", "bold"
    yield " shows the first card again: what the data are, what is hidden, what e and m do\n", ""
    yield "g", "bold"
    yield " opens the guide: chapters on everything, from first steps to networks\n\n", ""
    if place is not None:
        yield from _here_parts(place, width)
    yield "EM in a page\n", "bold $accent"
    for paragraph in IDEA:
        yield "\n".join(wrapped(paragraph, max(10, width))) + "\n\n", ""
    for name, lines in groups.items():
        yield from _table(name, lines, width)
    for title, further in _further():
        yield from _table(title, further, width)


def _further() -> Iterator[tuple[str, Sequence[tuple[str, str]]]]:
    """What follows the keys."""
    yield "the panes", [(f"{PANE_KEYS.get(name, ' ')} {name}", said) for name, said in PANES]
    yield "the mouse", MOUSE
    yield "further screens", list(dict(SCREENS.values()).items())
    yield "words", WORDS


def _here_parts(place: Here, width: int) -> Iterator[tuple[str, str]]:
    """The place where the help was asked for: what it shows, its keys, the mouse."""
    yield f"here: {place.title}\n", "bold $accent"
    yield "\n".join(wrapped(place.said, max(10, width))) + "\n", ""
    keys = [line for lines in key_groups(place.bindings).values() for line in lines]
    yield from _table("", [*keys, *([("mouse", place.mouse)] if place.mouse else [])], width)


def _found_parts(groups: dict[str, list[tuple[str, str]]], width: int, search: str) -> Iterator[tuple[str, str]]:
    """The lines that have the words, under their headings, and the chapters of the guide."""
    wanted, none = search.casefold(), True
    chapters = [(f"{place + 1} {title}", about) for place, title, about in chapters_with(search)]
    idea = [("EM in a page", said) for said in IDEA]
    sections: list[tuple[str, Sequence[tuple[str, str]]]] = [*groups.items(), *_further(), ("the idea", idea)]
    for title, lines in sections:
        having = [(name, said) for name, said in lines if wanted in f"{name} {said}".casefold()]
        if having:
            none = False
            yield from _table(title, having, width)
    if chapters:
        yield from _table("the guide (g opens the first of these)", chapters, width)
    elif none:
        yield "\n".join(wrapped(f"Nothing here has {quoted(search)}.", max(10, width))), ""


def _table(title: str, lines: Iterable[tuple[str, str]], width: int) -> Iterator[tuple[str, str]]:
    """A heading, then names at the left and their meaning at the right, or below if it is narrow."""
    lines = [(clean(name), clean(said)) for name, said in lines]
    if title:
        yield f"{title}\n", "bold $accent"
    first = max((cell_len(name) for name, _ in lines), default=0) + 2
    beside = width - first >= 24
    indent = first if beside else 2
    for name, said in lines:
        yield (pad(name, first) if beside else f"{name}\n{' ' * indent}"), "bold"
        yield f"\n{' ' * indent}".join(wrapped(said, max(10, width - indent))) + "\n", ""
    yield "\n", ""
