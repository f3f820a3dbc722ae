"""What a newcomer is told of data, model and the first two steps: in words of the catalogue, or general ones."""

from __future__ import annotations

from dataclasses import dataclass

from emtui.spec.labels_given import ALL, NONE
from emtui.spec.run_spec import RunSpec
from emtui.views.registry import view_for
from emtui.views.sentences import noun_in
from engine.data.catalogue import entry_of
from engine.text import clean

_ALL_GIVEN = "You gave all the classes, so nothing is left to guess."
_SOME_GIVEN = "You gave the classes of some rows. Which {kind} the others belong to is hidden."


@dataclass(frozen=True)
class FirstWords:
    """title: of the data. story: what they are. hidden: what was never seen.

    guess, learn: what `e` and `m` will do; guessed, learned: what they have done.
    """

    title: str
    story: str
    hidden: str
    guess: str
    learn: str
    guessed: str
    learned: str


def first_words(spec: RunSpec) -> FirstWords:
    """The words for these choices: what is hidden in the catalogue's words where its model is the one that is used."""
    data, model = spec.dataset, spec.model
    entry = None if spec.data.principal else entry_of(data)
    suited = entry if entry is not None and entry.model == model.name else None
    words = view_for(model).plain_words(model)
    row = noun_in(data.description)
    kind = suited.kind if suited is not None and suited.kind else words.kind
    hidden = suited.hidden if suited is not None and suited.hidden else words.hidden
    if model.takes_labels and spec.known != NONE:
        hidden = _ALL_GIVEN if spec.known == ALL else _SOME_GIVEN
    story = entry.story.format(rows=f"{data.n_samples:,}") if entry is not None and entry.story else _story(spec)

    def said(text: str) -> str:
        return text.replace("{row}", row).replace("{kind}", kind)

    return FirstWords(
        title=clean(data.title or data.name),
        story=clean(story),
        hidden=said(hidden),
        guess=f"guess: {said(words.guess)}",
        learn=f"learn: {said(words.learn)}",
        guessed=f"You guessed (e): {said(words.guessed)}",
        learned=f"You learned (m): {said(words.learned)}",
    )


def _story(spec: RunSpec) -> str:
    """What can be said of any data: how many rows and columns there are, and the first of these by name."""
    data = spec.dataset
    rows = "1 row" if data.n_samples == 1 else f"{data.n_samples:,} rows"
    if data.n_features == 1:
        return f"{rows} with one column, {data.feature_names[0]}."
    named = ", ".join(data.feature_names[:3]) + (", …" if data.n_features > 3 else "")
    return f"{rows} with {data.n_features:,} columns: {named}."
