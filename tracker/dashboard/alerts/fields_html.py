"""The fields of the form of a rule as HTML, each with its error."""

from collections.abc import Sequence
from dataclasses import dataclass

from markupsafe import Markup

from tracker.render.format.templating import Fragment, join

NOTHING = Markup("")
SELECTED, CHECKED, DISABLED = Markup(" selected"), Markup(" checked"), Markup(" disabled")
HALF = "is-half"
WHOLE = "form"  # in place of the name of a field

_FIELD = Fragment('<label class="{}" data-key="{}">{}{}</label>')
_SELECT = Fragment('<select name="{}"{}>{}</select>')
_OPTION = Fragment('<option value="{}"{} data-key="option {}">{}</option>')  # what is chosen stays with its key
_INPUT = Fragment(
    '<input name="{}" value="{}" placeholder="{}" maxlength="{}" autocomplete="off" spellcheck="false"{}>'
)
_INVALID = Markup(' aria-invalid="true" aria-describedby="bt-alert-error"')
_ERROR = Fragment('<p class="bt-field-error" id="bt-alert-error" role="alert" data-key="error">{}</p>')

Choices = Sequence[tuple[str, str]]  # values with their texts


@dataclass(frozen=True, slots=True)
class FormFields:
    """
    Writes fields.

    Attributes:
        wrong: the name of the one that cannot be used; "" for none.
        problem: why.
    """

    wrong: str = ""
    problem: str = ""

    def select(self, name: str, label: str, chosen: str, choices: Choices, more: Markup = NOTHING) -> Markup:
        """Return a list of which *chosen* is chosen; *more*: attributes."""
        options = [
            _OPTION.format(value, SELECTED if value == chosen else NOTHING, value, text) for value, text in choices
        ]
        control = _SELECT.format(name, more + self._invalid(name), join(options))
        return _FIELD.format(HALF, name, label, control) + self.error(name)

    def text(
        self, name: str, label: str, value: str, placeholder: str, longest: int, style: str = HALF, key: str = ""
    ) -> Markup:
        """Return a field of one line, of at most *longest* characters; with another *key* it is another field."""
        control = _INPUT.format(name, value, placeholder, longest, self._invalid(name))
        return _FIELD.format(style, f"{name} {key}".strip(), label, control) + self.error(name)

    def error(self, name: str) -> Markup:
        """Return what is wrong with the field *name*, or with the form as a whole."""
        if not self.problem or self.wrong != name:
            return NOTHING
        return _ERROR.format(self.problem if name == WHOLE else f"{self.problem[:1].upper()}{self.problem[1:]}")

    def _invalid(self, name: str) -> Markup:
        return _INVALID if self.problem and self.wrong == name else NOTHING
