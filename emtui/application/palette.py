"""The command palette: every key by its words, every data set, model, theme, picture and chapter of the guide."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from functools import partial
from typing import TYPE_CHECKING, Any

from textual.command import DiscoveryHit, Hit, Hits, Provider

from emtui.panes.messages import DatasetChosen, ModelChosen
from emtui.settings.keys import EXPLORE
from engine.data.catalogue import datasets
from engine.data.data_spec import DataSpec
from engine.models import model_names, model_title

if TYPE_CHECKING:
    from emtui.screens.explore.explore import ExploreScreen

Command = tuple[str, str, Callable[[], Any]]


class ExploreCommands(Provider):
    """What the explorer can do in its current state."""

    async def search(self, query: str) -> Hits:
        """Commands whose words match."""
        matcher = self.matcher(query)
        for words, tip, call in self._commands():
            score = matcher.match(words)
            if score > 0:
                yield Hit(score, matcher.highlight(words), call, help=tip)

    async def discover(self) -> AsyncIterator[DiscoveryHit]:
        """Everything, before anything is typed."""
        for words, tip, call in self._commands():
            yield DiscoveryHit(words, call, help=tip)

    def _commands(self) -> Iterator[Command]:
        from emtui.screens.explore.explore import ExploreScreen

        screen = self.screen
        if not isinstance(screen, ExploreScreen):
            return
        for binding in EXPLORE:
            if binding.action != "app.command_palette":
                name = binding.description if "pane(" not in binding.action else binding.tooltip
                group = (binding.id or "").partition(".")[0]
                yield f"{group}: {name}", binding.tooltip, partial(screen.run_action, binding.action)
        yield from self._data(screen)
        yield from self._guide()
        yield from screen.picture_commands()
        yield (
            "look: plain letters",
            "ASCII in place of our signs, and back",
            partial(self.app.run_action, "plain_letters"),
        )
        for name in sorted(self.app.available_themes):
            yield f"theme: {name}", "colours", partial(setattr, self.app, "theme", name)

    def _data(self, screen: ExploreScreen) -> Iterator[Command]:
        for entry in datasets():
            call = partial(screen.post_message, DatasetChosen(DataSpec(entry.key)))
            yield f"data: {entry.title}", entry.row, call
        for name in model_names():
            yield f"model: {name}", model_title(name), partial(screen.post_message, ModelChosen(name))

    def _guide(self) -> Iterator[Command]:
        from emtui.screens.guide.chapters import chapters

        for number, chapter in enumerate(chapters()):
            yield f"guide: {chapter.title}", chapter.about, partial(self._open_guide, number)

    def _open_guide(self, number: int) -> None:
        from emtui.screens.guide.guide import GuideScreen

        self.app.push_screen(GuideScreen(number))
