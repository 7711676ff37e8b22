"""From a cell to a program: its step and the backward pass of the step, recorded and lowered to primitives."""

from .recording import Recording, Refused, record

__all__ = ["Recording", "Refused", "record"]
