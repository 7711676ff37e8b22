"""Pages on which one drags something and sees a number move, each in one file: `make drag` writes docs/drag."""
