"""Commands for operators: one module for each noun, each with a ``group``."""
