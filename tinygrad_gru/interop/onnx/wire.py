"""What protobuf would take for the objects of an ONNX file, counted on its bytes before they are parsed.

An empty message has two bytes in a file, and as an object of protobuf's a few hundred. So the fields are walked first,
as they stand: a tag (the field's number, and how long it is), then a number, or a length and so many bytes. Which of
these bytes are messages themselves is what the descriptors of the package onnx say.
"""

from __future__ import annotations

from typing import Any

from ...errors import FileError

__all__ = ["refuse_many_objects", "size_of_objects"]

MESSAGE = 256  # bytes that a message takes as an object, as measured with the largest of ONNX's, the attribute
STRING = 16  # that a string takes beside its letters
FREE, TIMES = 60_000_000, 16  # bytes that the objects of any file may take, and how many more for each byte of it
DEEPEST = 100  # messages within one another: protobuf reads no more
VARINT, EIGHT, BYTES, FOUR = 0, 1, 2, 5  # how long a field is: what its tag says in the lowest three bits


def refuse_many_objects(data: bytes, message: Any, title: str) -> None:
    """Raise FileError if the objects in the bytes of such a message would take more than 60 MB + 16 × the bytes.

    ValueError says where the bytes are no message.
    """
    limit = FREE + TIMES * len(data)
    if size_of_objects(data, message, limit) > limit:
        raise FileError(
            f"{title} has {len(data)} bytes, and its messages would take more than {limit} in memory. "
            "try: a part of the model"
        )


def size_of_objects(data: bytes, message: Any, limit: int) -> int:
    """The bytes that the messages and strings in the bytes of such a message take; above the limit, any such number."""
    taken, known = 0, dict[str, dict[int, Any]]()
    place, end, fields = 0, len(data), _messages_in(message.DESCRIPTOR, known)
    above: list[tuple[int, dict[int, Any]]] = []  # (end, fields) of the messages that this one is in
    while above or place < end:
        if place >= end:
            if place > end:
                raise ValueError("a field goes on beyond its message")
            end, fields = above.pop()
            continue
        tag, place = (data[place], place + 1) if data[place] < 128 else _varint(data, place)  # most are short
        kind = tag & 7
        if kind == BYTES:
            short = place < end and data[place] < 128
            length, place = (data[place], place + 1) if short else _varint(data, place)
            inside = fields.get(tag >> 3)
            taken += STRING if inside is None else MESSAGE
            if taken > limit:
                return taken
            if place + length > end:
                raise ValueError("a field goes on beyond its message")
            if inside is None:
                place += length
            elif len(above) < DEEPEST:
                above.append((end, fields))
                end, fields = place + length, _messages_in(inside, known)
            else:
                raise ValueError(f"more than {DEEPEST} messages within one another")
        elif kind == VARINT:
            _, place = _varint(data, place)
        elif kind in (EIGHT, FOUR):
            place += 8 if kind == EIGHT else 4
        else:
            raise ValueError(f"a field of kind {kind}, which ONNX has none of")
    if place > end:
        raise ValueError("a field goes on beyond its message")
    return taken


def _messages_in(descriptor: Any, known: dict[str, dict[int, Any]]) -> dict[int, Any]:
    """The fields of a message that are messages, by their numbers."""
    if descriptor.full_name not in known:
        known[descriptor.full_name] = {f.number: f.message_type for f in descriptor.fields if f.message_type}
    return known[descriptor.full_name]


def _varint(data: bytes, place: int) -> tuple[int, int]:
    """A number, seven bits in each byte, the lowest first, and where it ends."""
    number = shift = 0
    for byte in data[place : place + 10]:
        number |= (byte & 127) << shift
        place += 1
        if byte < 128:
            return number, place
        shift += 7
    raise ValueError("a number that does not end")
