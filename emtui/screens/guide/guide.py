"""The guide on screen: the chapters at the left, the chosen one beside them; in a narrow window one or the other."""

from __future__ import annotations

from typing import ClassVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, VerticalScroll
from textual.content import Content
from textual.screen import Screen
from textual.widgets import Markdown, OptionList, Static
from textual.widgets.markdown import MarkdownBlock, MarkdownFence
from textual.widgets.option_list import Option

from emtui.screens.guide.chapters import chapters, place_of
from emtui.widgets.choice_list import ChoiceList
from emtui.widgets.key_items import KeyHints

_WIDE = 100  # columns from which chapters and text stand side by side
_SIDEWAYS = 20  # columns that a wide picture moves at a time


class GuideScreen(Screen[None]):
    """Chapters with their sections, and the text of one of them. `number` is the chapter to open; None: the list."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,q", "back", "back", id="guide.back", show=False),
        Binding("tab", "turn", "list or text", id="guide.turn", show=False),
        Binding("full_stop,n", "chapter(1)", "next", id="guide.next", show=False),
        Binding("comma,p", "chapter(-1)", "previous", id="guide.previous", show=False),
    ]
    DEFAULT_CSS = """
    GuideScreen { layout: vertical; }
    GuideScreen #head { background: $panel; height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    GuideScreen #hint { color: $text-muted; height: 1; padding: 0 1; text-wrap: nowrap; text-overflow: ellipsis; }
    GuideScreen ChoiceList { width: 34; height: 1fr; padding: 0 1; }
    GuideScreen ChoiceList:focus { padding: 0 1; }
    GuideScreen Reader { width: 1fr; height: 1fr; scrollbar-size-vertical: 1; border-left: solid $foreground 20%; }
    GuideScreen.-narrow ChoiceList { width: 1fr; }
    GuideScreen.-narrow Reader { border-left: none; scrollbar-size-vertical: 0; }
    GuideScreen.-narrow.-list Reader, GuideScreen.-narrow.-text ChoiceList { display: none; }
    GuideScreen Markdown { padding: 0; }
    GuideScreen Markdown > * { padding: 0 1; }
    GuideScreen Markdown > MarkdownFence, GuideScreen MarkdownFence > Label { padding: 0; }
    GuideScreen MarkdownH1 { content-align: left middle; margin: 0 0 1 0; }
    """

    def __init__(self, number: int | None = None) -> None:
        super().__init__()
        self.number = number or 0
        self._listed = number is None
        self._came_from: list[int] = []  # the chapters whose links were followed
        self._head, self._text = Static("", id="head", markup=False), Markdown(open_links=False)

    def compose(self) -> ComposeResult:
        """Where one is, the list and the text, and the keys."""
        yield self._head
        with Horizontal():
            yield ChoiceList()
            with Reader():
                yield self._text
        yield KeyHints("tab list or text · n p chapter · ↑ ↓ ← → space scroll · esc back")

    async def on_mount(self) -> None:
        """Show the chapter, or the list of them."""
        await self.open(self.number)
        if not self.query(Reader):
            return
        self._show_list(self._listed)
        self.watch(self.query_one(Reader), "scroll_y", self._say_where)

    def on_resize(self) -> None:
        """Side by side where there is room."""
        self.set_class(self.size.width < _WIDE, "-narrow")

    async def open(self, number: int, heading: str = "") -> None:
        """Show a chapter from its beginning, or from a heading."""
        self.number = number
        await self._text.update(chapters()[number].text)
        for reader in self.query(Reader):  # none where the screen was left meanwhile
            reader.scroll_home(animate=False)
            self._say_where()
            if heading:
                self._text.goto_anchor(heading)

    def _say_where(self) -> None:
        """The chapter, and how much of it lies above: a narrow window has no room for a scroll bar."""
        reader = self.query_one(Reader)
        above = f" · {reader.scroll_y / reader.max_scroll_y:z.0%}" if reader.max_scroll_y and reader.scroll_y else ""
        head = f"guide {self.number + 1} of {len(chapters())} · {chapters()[self.number].title}{above}"
        self._head.update(Content(head))

    def _show_list(self, listed: bool) -> None:
        """Give the focus to the list or to the text; in a narrow window only that is seen."""
        self.set_class(listed, "-list")
        self.set_class(not listed, "-text")
        self.query_one(ChoiceList if listed else Reader).focus()

    @on(Markdown.TableOfContentsUpdated)
    def _contents_changed(self, event: Markdown.TableOfContentsUpdated) -> None:
        """List every chapter, and below the open one its sections."""
        event.stop()
        options: list[Option] = []
        for number, chapter in enumerate(chapters()):
            options.append(Option(Content(f"{number + 1:2} {chapter.title}"), id=f"chapter-{number}"))
            if number == self.number:
                sections = [(name, block) for level, name, block in event.markdown.table_of_contents if level == 2]
                options += [Option(Content(f"     {name}"), id=block) for name, block in sections if block]
        listed = self.query_one(ChoiceList)
        listed.clear_options().add_options(options)
        listed.highlighted = self.number

    @on(OptionList.OptionSelected)
    async def _selected(self, event: OptionList.OptionSelected) -> None:
        event.stop()
        name = event.option_id or ""
        if name.startswith("chapter-"):
            await self.open(int(name.removeprefix("chapter-")))
        else:
            block = self.query_one(f"#{name}", MarkdownBlock)
            self.call_after_refresh(self.query_one(Reader).scroll_to_widget, block, top=True, animate=False)
        self._show_list(False)

    @on(Markdown.LinkClicked)
    async def _followed(self, event: Markdown.LinkClicked) -> None:
        """A link to another chapter opens it; one to elsewhere is said, and not followed."""
        event.stop()
        place = place_of(event.href)
        if place is None:
            self.notify(event.href, markup=False)
            return
        self._came_from.append(self.number)
        await self.open(*place)

    async def action_chapter(self, by: int) -> None:
        """The chapter after this one, or before it."""
        await self.open((self.number + by) % len(chapters()))

    def action_turn(self) -> None:
        """From the list to the text, and back."""
        self._show_list(not self.query_one(ChoiceList).has_focus)

    async def action_back(self) -> None:
        """To the chapter whose link was followed; in a narrow window from the text to the list; else out."""
        if self._came_from:
            await self.open(self._came_from.pop())
        elif self.has_class("-narrow") and self.has_class("-text"):
            self._show_list(True)
        else:
            self.dismiss()


class Reader(VerticalScroll, can_focus=True, inherit_bindings=False):
    """The text, scrolled by lines and pages; pictures that are wider than it move sideways."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("down,j", "scroll_down", "down", show=False),
        Binding("up,k", "scroll_up", "up", show=False),
        Binding("space,pagedown", "page_down", "page down", show=False),
        Binding("pageup", "page_up", "page up", show=False),
        Binding("home", "scroll_home", "home", show=False),
        Binding("end", "scroll_end", "end", show=False),
        Binding("right,l", "sideways(1)", "right", show=False),
        Binding("left,h", "sideways(-1)", "left", show=False),
    ]

    def action_sideways(self, by: int) -> None:
        """Move what is wider than the window."""
        for fence in self.query(MarkdownFence):
            fence.scroll_relative(x=by * _SIDEWAYS, animate=False)
