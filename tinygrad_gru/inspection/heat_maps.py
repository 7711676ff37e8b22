"""Gates, states and influence for a notebook: arrays as small pictures, with their pixels enlarged."""

from __future__ import annotations

import base64
import struct
import zlib
from collections.abc import Sequence
from html import escape
from typing import Any

import numpy as np

from ..core.support.arrays import Array
from ..diagram.render.theme import LIGHT, Scale

__all__ = ["figure", "png"]

ROWS, STEPS = 128, 400  # of a map that are shown
PIXELS = 6  # of a row, at least
ALARM = (255, 212, 0)  # NaN and infinity, as in the strips


def png(pixels: Array) -> bytes:
    """Pixels (rows, columns, 3) of 0 to 255 as a PNG."""
    height, width, _ = pixels.shape
    lines = np.concatenate([np.zeros((height, 1), np.uint8), pixels.astype(np.uint8).reshape(height, -1)], axis=1)
    header = struct.pack(">2I5B", width, height, 8, 2, 0, 0, 0)  # eight bits of red, green and blue
    parts = [(b"IHDR", header), (b"IDAT", zlib.compress(lines.tobytes())), (b"IEND", b"")]
    chunks = (struct.pack(">I", len(d)) + kind + d + struct.pack(">I", zlib.crc32(kind + d)) for kind, d in parts)
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunks)


def figure(maps: Sequence[tuple[str, Array]], influence: Array, labels: Sequence[str], gates: frozenset[str]) -> str:
    """The maps (T, units) under each other, time to the right, and the influence [t, s] of step s on output t below."""
    shown = [_map(name, values.T, _scale(name, values, gates)) for name, values in maps]
    strongest = Scale(LIGHT.heat_ramp[-1], LIGHT.heat_ramp[-1], _largest(influence))
    shown.append(_map("‖∂hₜ/∂xₛ‖, output t below each other, input s to the right", influence, strongest))
    first, last = (escape(labels[i]) for i in (0, -1)) if labels else ("", "")
    return f'<div style="max-width: 720px">{"".join(shown)}<div>{len(labels)} steps, from {first} to {last}</div></div>'


def _scale(name: str, values: Array, gates: frozenset[str]) -> Scale:
    return LIGHT.gate_scale() if name in gates else LIGHT.value_scale(_largest(values))


def _largest(values: Array) -> float:
    finite = np.abs(values[np.isfinite(values)])
    return float(finite.max()) if finite.size else 0.0


def _map(name: str, values: Array, scale: Scale) -> str:
    values = values[:ROWS, :STEPS]
    data = base64.b64encode(png(_colours(values, scale))).decode()
    low, high = (
        ("0", f"{scale.largest:.3g}") if scale.low == scale.high else (f"−{scale.largest:.3g}", f"{scale.largest:.3g}")
    )
    what = f"{escape(name)}, {values.shape[0]} × {values.shape[1]}, from {low} to {high}"
    size = f"width: 100%; height: {max(PIXELS * values.shape[0], 24)}px; image-rendering: pixelated"
    return f'<div>{what}</div><img alt="{what}" style="{size}" src="data:image/png;base64,{data}">'


def _colours(values: Array, scale: Scale) -> Any:
    """The colour of each number, (rows, columns, 3)."""
    zero, low, high = (
        np.array([int(c[i : i + 2], 16) for i in (1, 3, 5)]) for c in (scale.zero, scale.low, scale.high)
    )
    finite = np.isfinite(values)
    share = np.clip(np.abs(np.where(finite, values, 0.0)) / (scale.largest or 1.0), 0.0, 1.0)[..., None]
    coloured = zero + share * (np.where(values[..., None] < 0, low, high) - zero)
    return np.where(finite[..., None], coloured.round(), np.array(ALARM))
