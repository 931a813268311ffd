"""The error of a field of the page's form."""


class FieldError(ValueError):
    """What was typed into *field* cannot be used; the text says why, for viewers."""

    def __init__(self, field: str, text: str) -> None:
        super().__init__(text)
        self.field = field
