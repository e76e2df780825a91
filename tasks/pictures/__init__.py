"""Pictures of states: described once as shapes, shown as SVG text or as an array of pixels.

A task overrides `Task.picture(state)` and draws on a `Picture`; `Task.draw` (SVG) and render_mode "rgb_array" follow::

    def picture(self, state):
        picture = Picture(120, 60)
        picture.rect(5, 5, 50, 50, "#eef4fb", line="#3b5b7d", radius=6)
        picture.text(30, 36, "12", 20, anchor="middle")
        return picture

All states of one problem should give pictures of one size, since videos need frames of one size.
"""

from .cards import cards
from .picture import Picture
from .text import text_picture

__all__ = ["Picture", "cards", "text_picture"]
