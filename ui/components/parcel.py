"""One run of bytes for the browser: a length, a JSON header, then the parts that the header points to."""

from __future__ import annotations

import json
import struct
from collections.abc import Mapping
from typing import Any


class Parcel:
    """Collects parts; each is known in the header by where it starts and how long it is."""

    def __init__(self) -> None:
        self._parts: list[bytes] = []
        self.size = 0

    def add(self, part: bytes) -> list[int]:
        place = [self.size, len(part)]
        padded = part + b"\0" * (-len(part) % 4)
        self._parts.append(padded)
        self.size += len(padded)
        return place

    def sealed(self, header: Mapping[str, Any]) -> bytes:
        text = json.dumps(header, separators=(",", ":"), allow_nan=False).encode()
        text += b" " * (-len(text) % 4)
        return struct.pack("<I", len(text)) + text + b"".join(self._parts)
