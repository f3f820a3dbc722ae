"""The model and how it is run, as a form: checked while typing, applied with enter."""

from __future__ import annotations

from typing import Any

from textual import events, on
from textual.app import ComposeResult
from textual.containers import VerticalScroll

from emtui.panes.messages import ModelChosen, SettingsChanged
from emtui.panes.model_form.generated_fields import GENERATED
from emtui.panes.model_form.model_form_fields import (
    MODEL,
    SCALING,
    WrongFieldError,
    fields_for,
    problem_with,
    settings_from,
    suited_model,
    texts_of,
)
from emtui.panes.pane import Pane
from emtui.session.snapshot import StepSnapshot
from emtui.spec.run_spec import RunSpec
from emtui.spec.takes_data import refused_models
from emtui.views.registry import view_problems
from emtui.widgets.border_text import border_text
from emtui.widgets.form_field import FormField
from emtui.widgets.table_columns import joined
from engine.errors import EngineError
from engine.models import model_problems

CHOOSE = "enter lists · ← → choose"
_AMID = GENERATED | {SCALING}  # of the run's lines those that only some have
_LABEL_WIDTH = 13
_ROOM_FOR_SENTENCES = 4  # lines below which a sentence goes to the border


class ModelForm(Pane):
    """One line for each field: the model, its own options, algorithm, seed, stopping, standardizing.

    A changed field is marked `*` until enter applies the form, a wrong one `!` with its sentence below it. Posts
    `ModelChosen` where only the model was changed, else `SettingsChanged` with the fields of `RunSpec` that differ.
    """

    label = "model"

    DEFAULT_CSS = """
    ModelForm VerticalScroll { height: 1fr; scrollbar-size-vertical: 1; }
    """

    def __init__(self, *, id: str | None = None) -> None:
        super().__init__(id=id)
        self._spec: RunSpec | None = None
        self._fields: dict[str, FormField] = {}
        self._built_for = ""  # the model whose lines they are

    def on_mount(self) -> None:
        """Say which models and views of other packages can't be used."""
        for problem in (*model_problems(), *view_problems()):
            self.app.notify(problem, severity="warning", markup=False)

    def compose(self) -> ComposeResult:
        """The lines come with the first frame."""
        yield VerticalScroll(can_focus=False)

    def draw(self, snapshot: StepSnapshot) -> None:
        """Show the snapshot's choices; the fields stay as they are while the choices stay the same.

        Other choices (a new start, say) take the place of a model that was picked but not applied.
        """
        spec, before = snapshot.spec, self._spec
        if spec is before:
            return
        self._spec = spec
        texts = texts_of(spec)
        other = before is None or before.dataset is not spec.dataset or self._built_for != spec.model.name
        if other or texts.keys() != self._fields.keys():
            self._build(spec.model.name, texts, texts)
        else:
            for key, text in texts.items():
                self._fields[key].put(text)
        self._say()

    def _build(self, model_name: str, applied: dict[str, str], texts: dict[str, str]) -> None:
        """Make the lines for this model; lines that it shares with the last model stay."""
        assert self._spec is not None
        specs = fields_for(model_name, self._spec.data.source, SCALING in texts)
        if model_name == self._built_for and [spec.key for spec in specs] == list(self._fields):
            for key, field in self._fields.items():
                field.put(applied[key], texts[key])
            return
        self._built_for = model_name
        box = self.query_one(VerticalScroll)
        keep = {spec.key for spec in specs if not spec.of_model} & self._fields.keys()
        if {spec.key for spec in specs} & _AMID != self._fields.keys() & _AMID:
            keep &= {MODEL}  # they stand in the middle: all but the line with the focus are made in order
        for key, field in list(self._fields.items()):
            if key not in keep:
                del self._fields[key]
                field.remove()
        made = {}
        for spec in specs:
            text = texts[spec.key]
            made[spec.key] = self._fields.get(spec.key) or FormField(
                spec, applied.get(spec.key, ""), _LABEL_WIDTH, menu=True
            )
            made[spec.key].put(applied.get(spec.key, ""), text)
        if MODEL in keep:
            box.mount_all([made[spec.key] for spec in specs if spec.of_model], after=made[MODEL])
            box.mount_all([made[spec.key] for spec in specs if not spec.of_model and spec.key not in keep])
        else:
            box.mount_all(list(made.values()))
        self._fields = made

    # the fields' texts

    @property
    def texts(self) -> dict[str, str]:
        """The texts in the form, by key."""
        return {key: field.text.strip() for key, field in self._fields.items()}

    @on(FormField.Edited)
    def _edited(self, event: FormField.Edited) -> None:
        """Check the line; another model brings its own options, set to suit the data."""
        event.stop()
        field = event.field
        if self._spec is None or self._fields.get(field.spec.key) is not field:
            return
        if field.spec.key == MODEL:
            self._offer(field.text)
        else:
            field.say(problem_with(field.spec, field.text))
        self._say()

    def _offer(self, model_name: str) -> None:
        """Show the lines of another model before it is applied."""
        assert self._spec is not None
        try:
            texts = texts_of(self._spec, suited_model(self._spec, model_name))
        except EngineError as error:
            self._fields[MODEL].say(str(error))
            return
        applied = texts_of(self._spec)
        now = self.texts
        specs = fields_for(model_name, self._spec.data.source, SCALING in texts)
        run = {spec.key: now[spec.key] for spec in specs if not spec.of_model and spec.key in now}
        own = texts if model_name != self._spec.model.name else applied
        self._build(model_name, own | applied, texts | run)

    @on(FormField.Moved)
    def _moved(self, event: FormField.Moved) -> None:
        event.stop()
        fields = list(self._fields.values())
        if event.field in fields:
            place = fields.index(event.field) + event.by
            fields[max(0, min(len(fields) - 1, place))].focus()

    @on(FormField.Left)
    def _left(self, event: FormField.Left) -> None:
        event.stop()
        self.screen.set_focus(None)

    @on(FormField.Entered)
    def _entered(self, event: FormField.Entered) -> None:
        """Apply the changes; without any, enter on a choice opens the list of its values, as a click does."""
        event.stop()
        fields = self._fields.values()
        choice = next((field for field in fields if field.active and field.spec.words), None)
        if choice is not None and not any(field.changed for field in fields):
            self._open_menu(choice)
        else:
            self.apply()

    @on(FormField.MenuWanted)
    def _menu_wanted(self, event: FormField.MenuWanted) -> None:
        event.stop()
        event.field.focus()
        self._open_menu(event.field)

    def _open_menu(self, field: FormField) -> None:
        """Open the list of a choice; models that can't take the data are refused in it, with the reason."""
        assert self._spec is not None
        field.open_menu(refused_models(self._spec) if field.spec.key == MODEL else {})

    # applying

    def apply(self) -> None:
        """Post the changes and leave the form; if a line can't be used, go to that line instead."""
        if self._spec is None:
            return
        try:
            settings = settings_from(self._spec, self.texts)
        except WrongFieldError as error:
            field = self._fields.get(error.key, self._fields[MODEL])
            field.say(str(error))
            field.focus()
            self._say()
            return
        if settings:
            self.post_message(self._message(settings))
        self.screen.set_focus(None)  # so that the next key is a step, not a letter in the field

    def _message(self, settings: dict[str, Any]) -> ModelChosen | SettingsChanged:
        assert self._spec is not None
        model = settings.get("model")
        if model is not None and len(settings) == 1 and model.name != self._spec.model.name:
            suited = texts_of(self._spec, suited_model(self._spec, model.name))
            if suited == texts_of(self._spec, model):
                return ModelChosen(model.name)
        return SettingsChanged(**settings)

    def restore(self) -> None:
        """Put every line back to its applied text."""
        if self._spec is not None:
            texts = texts_of(self._spec)
            self._build(self._spec.model.name, texts, texts)
            self._say()

    @on(events.DescendantFocus)
    @on(events.DescendantBlur)
    def _say(self) -> None:
        """The text on the border: what is wrong, what has changed, or what the field is for."""
        wrong = next((field.problem for field in self._fields.values() if field.problem), "")
        changed = sum(field.changed for field in self._fields.values())
        focused = next((field for field in self._fields.values() if field.active), None)
        for field in self._fields.values():
            field.explain(field.active and self.size.height >= _ROOM_FOR_SENTENCES)
        if wrong:
            said = wrong if self.size.height < _ROOM_FOR_SENTENCES else "! can't be used yet"
        elif changed:
            said = f"{changed} changed: enter applies"
        else:
            low = self.size.height < _ROOM_FOR_SENTENCES
            said = focused.spec.help if focused is not None and low else ""
            if focused is not None and focused.spec.words:
                said = joined(list(filter(None, [CHOOSE, said])), self.size.width - 4)
        self.border_subtitle = border_text(said)
