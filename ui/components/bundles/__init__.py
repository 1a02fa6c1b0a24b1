"""The programs that the browser gets: `make bundles` makes them of the components' scripts, and they are committed."""

from __future__ import annotations

import base64
import zlib
from pathlib import Path

HERE = Path(__file__).parent
UNPACK = """\
// ui/components/bundles/{name}.js, deflated
const packed = Uint8Array.from(atob("{packed}"), (letter) => letter.charCodeAt(0));
const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
const program = await new Response(stream, {{ headers: {{ "Content-Type": "text/javascript" }} }}).blob();
const {{ default: mount }} = await import(URL.createObjectURL(program)); // its workers begin there, too
export default mount;
"""


def text(name: str) -> str:
    return (HERE / f"{name}.js").read_text("utf-8")


def shipped(name: str) -> str:
    """What Streamlit sends: the program deflated, and how to unpack it, or as it is where that is shorter."""
    program = text(name)
    packed = base64.b64encode(zlib.compress(program.encode(), 9)).decode()
    return min(UNPACK.format(name=name, packed=packed), program, key=len)
