"""The headless engine: everything mathreason-tui does, without a front end.

Nothing below this package imports textual, app or screens (import-linter and a test watch over it).
"""
