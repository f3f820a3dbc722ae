"""The terminal app: themes, keys and the first screen.

Nothing heavy is imported here: the first frame is drawn before numpy is loaded.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.command import CommandPalette, Provider
from textual.filter import LineFilter
from textual.theme import Theme

from emtui.application import caps_lock, drawn_lines, gc_pause, one_heap, terminal_probe, theme_memory, threads
from emtui.application.key_order import KeyDealtWith, KeyOrder
from emtui.application.letting_go import LettingGo
from emtui.application.line_filters import NoColors, PlainLetters, TogetherFromRight
from emtui.application.splash import OpeningScreen
from emtui.application.suspending import SuspendableApp
from emtui.charts.under_way import arrive
from emtui.settings import themes
from emtui.settings.config import Config, load_config
from emtui.settings.first_start import is_first_start
from emtui.settings.layout import too_small

if TYPE_CHECKING:
    from emtui.session.saved.opening import Reopening
    from emtui.spec.run_spec import RunSpec

_SHOWN = 200  # cells of a text that was copied


def _commands() -> type[Provider]:
    from emtui.application.palette import ExploreCommands

    return ExploreCommands


class EmtuiApp(SuspendableApp, LettingGo):
    """Opens the explorer on the given choices, which may be made after the first frame is drawn, or on a session."""

    TITLE = "emtui"
    CSS_PATH = "app.tcss"
    COMMANDS: ClassVar[set[type[Provider] | Callable[[], type[Provider]]]] = {_commands}
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+c", "interrupt", show=False, priority=True),
        Binding("y", "copy_command", show=False, id="choose.copy"),  # from screens over the explorer, too
        Binding("ctrl+z", "suspend_process", show=False, priority=True),
        Binding("question_mark", "help", show=False, id="app.help"),
        Binding("q", "back", show=False, id="app.quit"),  # on further screens; the explorer has its own
    ]

    def __init__(
        self,
        spec: RunSpec | Reopening | Callable[[], RunSpec],
        config: Config | None = None,
        *,
        theme: str = "",
        theme_file: Path | None = None,
        welcoming: bool = False,
    ) -> None:
        drawn_lines.free_with_widgets()
        one_heap.share()
        self._config = config or load_config()
        if os.environ.get("NO_COLOR") == "":  # set to nothing it asks for nothing (https://no-color.org)
            del os.environ["NO_COLOR"]
        super().__init__()
        self._key_order = KeyOrder(self)
        self._spec = spec
        self._welcoming = welcoming  # the card of the first start is shown, unless it was closed before
        for own in themes.OURS:
            self.register_theme(own)
        before = "" if theme_file is None else theme_memory.remembered(theme_file)
        wanted = (theme, self._config.theme, before)
        self.theme = next((name for name in wanted if name in self.available_themes), themes.DARK.name)
        self._theme_file, self._last_theme = theme_file, self.theme
        if self._config.reduce_motion:
            self.animation_level = "none"
        self.set_class(self._config.ascii, "-ascii")
        self.set_keymap(self._config.keymap)

    def get_default_screen(self) -> OpeningScreen:
        """The outlines, until the explorer is there."""
        return OpeningScreen(id="_default")

    def get_line_filters(self) -> list[LineFilter]:
        """What every line passes before it is sent."""
        ours: list[LineFilter] = [PlainLetters()] if self.has_class("-ascii") else []
        ours += [NoColors()] if self.no_color else [one for one in super().get_line_filters() if one.enabled]
        return [*ours, TogetherFromRight()]

    def on_mount(self) -> None:
        """Open the explorer once the outlines are drawn, and report settings that could not be used."""
        threads.leave_nothing()
        if not self.is_headless:
            self.leave_on_signals()
            self._ask_the_terminal()
        self.call_after_refresh(self._open)
        for warning in self._config.warnings:
            self.notify(warning, severity="warning", markup=False)
        if self._config.theme and self._config.theme not in self.available_themes:
            self.notify(f"There is no theme {self._config.theme!r}: {self.theme} is used.", markup=False)
        if self._theme_file is not None:
            self.theme_changed_signal.subscribe(self, self._remember_theme)

    def on_session_screen_complete(self) -> None:
        """Everything loaded until now stays, so the garbage collector need not look through it."""
        gc_pause.let_go()

    def _ask_the_terminal(self) -> None:
        """Offer plain letters where the terminal can't draw ours; one that draws them wide says so in an answer."""
        if not self._config.ascii:
            why = terminal_probe.why_plain_letters()
            if why:
                self._offer_plain_letters(why)
            elif self._driver is not None:
                self._driver.write(terminal_probe.QUESTION)

    def on_cursor_position(self, event: events.CursorPosition) -> None:
        """The terminal's answer, where the cursor stands after some signs."""
        if event.y == 0 and terminal_probe.draws_wide(event.x) and not self.has_class("-ascii"):
            self._offer_plain_letters("This terminal draws some signs two cells wide, so that frames break")

    def _offer_plain_letters(self, why: str) -> None:
        self.notify(f"{why}: {terminal_probe.OFFER}", severity="warning", markup=False, timeout=20)

    def action_plain_letters(self) -> None:
        """ASCII letters in place of our signs, and back."""
        self.set_class(not self.has_class("-ascii"), "-ascii")
        self.theme_changed_signal.publish(self.current_theme)  # pictures carry their letters, as they do their colours
        self.refresh_css(animate=False)

    def _remember_theme(self, theme: Theme) -> None:
        """Write down what was turned to; not what the app was started with."""
        if self._theme_file is not None and theme.name != self._last_theme:
            self._last_theme = theme.name
            theme_memory.remember(self._theme_file, theme.name)

    def action_help(self) -> None:
        """Keys, panes and words, of the screen and the pane in front first."""
        from emtui.screens.dialogs.help import HelpScreen
        from emtui.screens.dialogs.help_here import here
        from emtui.screens.explore.explore import ExploreScreen

        explorer = next((screen for screen in self.screen_stack if isinstance(screen, ExploreScreen)), None)
        if explorer is not None and not isinstance(self.screen, HelpScreen):
            self.push_screen(HelpScreen(*explorer.keys_for_help, here(self.screen)))

    async def action_back(self) -> None:
        """What escape does on this screen: back to the one below; on the first one leave."""
        back = self.screen.active_bindings.get("escape")
        if back is None:
            await self.action_quit()
        else:
            await self.run_action(back.binding.action, back.node)

    async def on_event(self, event: events.Event) -> None:
        """Hand on what was typed or pasted once the key before it is dealt with (`emtui.application.key_order`)."""
        if isinstance(event, events.Key | events.Paste | events.MouseDown):
            arrive()  # what moves is there at once
        if not isinstance(event, events.Key | events.Paste) or event.is_forwarded:
            await super().on_event(event)
        elif not self._key_order.holds(event):
            await super().on_event(event)
            self._key_order.follow()

    async def on_key_dealt_with(self, event: KeyDealtWith) -> None:
        """The next key goes on."""
        event.stop()
        following = self._key_order.came_back(event.number)
        if following is not None:
            await self.on_event(following)

    def action_interrupt(self) -> None:
        """ctrl+c: stop what runs; else copy what is marked, or the text of the field; else say how to leave."""
        from textual.widgets import Input

        from emtui.widgets.stops_work import StopsWork

        screen = self.screen
        if isinstance(screen, StopsWork) and screen.stop_work():
            return
        field = self.focused if isinstance(self.focused, Input) else None
        text = screen.get_selected_text() or (field and (field.selected_text or field.value))
        if text:
            self.copy_to_clipboard(text)
        else:
            first = len(self.screen_stack) <= 2  # the explorer, over the splash
            leave = f"{self._config.keymap.get('app.quit', 'q')} leaves" if first else "esc goes back"
            self.notify(f"Nothing runs that ctrl+c could stop, and nothing is marked: {leave}.", markup=False)

    def action_copy_command(self) -> None:
        """On a screen over the explorer: the command that leads to the step below."""
        from emtui.screens.explore.explore import ExploreScreen

        for screen in self.screen_stack:
            if isinstance(screen, ExploreScreen):
                screen.action_copy_command()

    def action_card(self) -> None:
        """The card of the first start again, over whatever lies over the explorer."""
        from emtui.screens.explore.explore import ExploreScreen

        for screen in self.screen_stack:
            if isinstance(screen, ExploreScreen):
                screen.action_card()

    def copy_to_clipboard(self, text: str) -> None:
        """Copy, and say how."""
        from emtui.charts.cell_text import fit
        from emtui.widgets.clipboard import copy
        from engine.text import clean

        shown = fit(clean(text.strip()), _SHOWN)
        copy(self, text, lambda how: self.notify(f"{how}: {shown}", markup=False))

    def on_resize(self, event: events.Resize) -> None:
        """Close the palette if the window becomes too small: its list fails at zero height."""
        if too_small(event.size) and isinstance(self.screen, CommandPalette):
            self.pop_screen()

    def action_command_palette(self) -> None:
        """Every command by name, if there is room for the list."""
        if not too_small(self.size):
            super().action_command_palette()

    def _open(self) -> None:
        from emtui.screens.explore.explore import ExploreScreen
        from emtui.spec.run_spec import RunSpec

        spec = self._spec() if callable(self._spec) else self._spec
        explorer = ExploreScreen(spec, autosave=self._config.autosave)
        self.push_screen(explorer)
        if self._welcoming and isinstance(spec, RunSpec) and is_first_start():
            explorer.call_after_refresh(explorer.action_card)
        self._key_order.follow()  # what was typed before it was there


def open_app(spec: RunSpec | Reopening | Callable[[], RunSpec], *, mouse: bool = True, theme: str = "") -> int:
    """Run the app until the user leaves; the exit status. Without the mouse the terminal marks text by itself.

    theme: a name; else that of the settings, or of last time.
    """
    terminal_probe.write_utf8()
    caps_lock.ignore_for_keys()
    config = load_config()
    app = EmtuiApp(spec, config, theme=theme, theme_file=theme_memory.theme_file(), welcoming=True)
    os.environ.setdefault("ESCDELAY", "25")
    app.run(mouse=mouse and config.mouse)
    return app.return_code or 0
