"""chatd: a chat daemon that people reach with nothing but a terminal."""

__version__ = "0.1.0"
