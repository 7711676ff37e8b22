"""The intermediate representation: instructions in the notation of the equations, and programs of them."""

from .program import Instruction, Program, Stage

__all__ = ["Instruction", "Program", "Stage"]
