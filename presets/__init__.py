"""Data, not code: hardware presets, recipes and the templates of the problem generator.

This file makes the folder a regular package: importlib.resources of Python 3.11 cannot read a namespace package that
was installed in editable mode.
"""
