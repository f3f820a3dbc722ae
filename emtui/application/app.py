"""The terminal app: themes, keys and the first screen.

Nothing heavy is imported here: the first frame is drawn before numpy is loaded.
"""

from __future__ import annotations

import asyncio
import os
import signal
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from functools import partial
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, Any, ClassVar

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
from emtui.charts.under_way import arrive
from emtui.settings import themes
from emtui.settings.config import Config, load_config
from emtui.settings.first_start import is_first_start
from emtui.settings.layout import too_small

if TYPE_CHECKING:
    from emtui.session.saved.opening import Reopening
    from emtui.spec.run_spec import RunSpec

SignalHandler = Callable[[int, FrameType | None], Any]
_STOPPING = 0.1  # seconds within which a signal to stop has its effect
_SHOWN = 200  # cells of a text that was copied
_LEAVING = 3.0  # seconds after which a process without a terminal ends, even if it is waiting for something


def _commands() -> type[Provider]:
    from emtui.application.palette import ExploreCommands

    return ExploreCommands


class EmtuiApp(LettingGo):
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
        self._is_away = False  # the terminal was given back for ctrl+z
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
            self._leave_on_signals()
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

    def _leave_on_signals(self) -> None:
        """SIGTERM and SIGHUP end the app like `q`, so that the terminal is restored; the exit status says which.

        They go to the event loop: it may be asleep, and a handler of Python's own would not wake it.
        """
        loop = asyncio.get_running_loop()
        with suppress(NotImplementedError, RuntimeError, AttributeError):  # Windows has no such thing
            loop.add_signal_handler(signal.SIGTERM, lambda: self.exit(return_code=128 + signal.SIGTERM))
            loop.add_signal_handler(signal.SIGHUP, self._hung_up)
            resume = signal.getsignal(signal.SIGCONT)
            if callable(resume):
                signal.signal(signal.SIGCONT, partial(self._continued, resume))

    def _hung_up(self) -> None:
        """The terminal may be gone, and writing to it can block for ever, so leaving has a time limit."""
        status = 128 + signal.SIGHUP
        last = threading.Timer(_LEAVING, os._exit, (status,))
        last.daemon = True
        last.start()
        self.exit(return_code=status)

    def _continued(self, resume: SignalHandler, number: int, frame: FrameType | None) -> None:
        """Take the terminal again after ctrl+z; after SIGSTOP it was never given back, and is only drawn on anew.

        Textual takes it in either case, and then waits for ever for the thread that reads the keys of before.
        """
        if self._is_away:
            self._take_the_terminal()
        elif getattr(self._driver, "_must_signal_resume", True):
            resume(number, frame)
        else:
            self.refresh(layout=True)

    def action_suspend_process(self) -> None:
        """Stop as any command does on ctrl+z: all of the terminal's foreground, with what waits for the app in it.

        Textual stops its own process alone: a wrapper (`sh -c`, `uv run`) would wait on, and no shell come back.
        """
        driver = self._driver
        if driver is None or not driver.can_suspend or not _has_the_foreground():
            super().action_suspend_process()
            return
        self.app_suspend_signal.publish(self)
        driver.suspend_application_mode()
        self._is_away = True
        handler = signal.signal(signal.SIGTSTP, signal.SIG_DFL)
        try:
            os.killpg(os.getpgrp(), signal.SIGTSTP)
            time.sleep(_STOPPING)
        finally:
            signal.signal(signal.SIGTSTP, handler)
        self._take_the_terminal()  # where no shell is there to come back to, the system stops nobody

    def _take_the_terminal(self) -> None:
        """Once, after ctrl+z."""
        if self._is_away and self._driver is not None:
            self._is_away = False
            self._driver.resume_application_mode()
            self.call_later(self.app_resume_signal.publish, self)

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


def _has_the_foreground() -> bool:
    """Whether this process belongs to the commands that have the terminal, which a shell can take back."""
    try:
        return os.tcgetpgrp(0) == os.getpgrp()
    except (OSError, AttributeError):  # it is no terminal of this session, or this is Windows
        return False


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
