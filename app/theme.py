"""The application's own colour theme; Textual's themes, the terminal's own colours (ansi-dark, ansi-light) too, stay
available in the palette."""

from __future__ import annotations

from textual.theme import Theme

SLATE = Theme(
    name="slate",
    primary="#6cb6ff",
    secondary="#8ea3b8",
    accent="#c8a6ff",
    foreground="#d6dde6",
    background="#10151c",
    surface="#151c25",
    panel="#1d2732",
    success="#5fd38d",
    warning="#e5b454",
    error="#ff7a72",
    dark=True,
    variables={
        "border": "#3c4c5e",
        "border-blurred": "#2b3846",
        "block-cursor-background": "#2b4a6b",
        "block-cursor-foreground": "#ffffff",
        "block-cursor-text-style": "none",
        "footer-key-foreground": "#6cb6ff",
    },
)
