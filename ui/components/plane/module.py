"""The plane's program as one module for the browser. It is sent deflated: the browser unpacks it by itself."""

from __future__ import annotations

import base64
import zlib
from collections.abc import Sequence
from pathlib import Path

HERE = Path(__file__).parent
SCRIPTS = (
    "plane.css", "../tools.js", "network.js", "decoder.js", "points.js", "codes.js", "view.js", "splat.js",
    "questions.js", "card.js", "legend.js", "layers.js", "ground.js", "overlay.js", "panel.js", "cursor.js",
    "pointer.js", "keys.js", "walk.js", "record.js", "actions.js", "plane.js", "open.js",
)  # fmt: skip
UNPACK = """\
// ui/components/plane/*.js and the kernel, deflated
const packed = Uint8Array.from(atob("{packed}"), (letter) => letter.charCodeAt(0));
const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
const bytes = new Uint8Array(await new Response(stream).arrayBuffer());
const kernel = `const KERNEL = "${{btoa(String.fromCharCode(...bytes.subarray(0, {size})))}}";\\n`;
const address = URL.createObjectURL(new Blob([kernel, bytes.subarray({size})], {{ type: "text/javascript" }}));
const module = await import(address);
URL.revokeObjectURL(address);
export default module.default;
"""


def shipped(scripts: Sequence[str] = SCRIPTS) -> str:
    """What Streamlit sends: the kernel's bytes and the program, small, and how to unpack them."""
    kernel = (HERE / "kernel.wasm").read_bytes()
    packed = zlib.compress(kernel + _program(scripts).encode(), 9)
    return UNPACK.format(packed=base64.b64encode(packed).decode(), size=len(kernel))


def _program(scripts: Sequence[str]) -> str:
    """The files without indentation and lines that are only a comment; the style sheets as a text named STYLE."""
    styles = [_lean(name) for name in scripts if name.endswith(".css")]
    style = ["const STYLE = `", *styles, "`;"] if styles else []
    return "\n".join([*style, *(_lean(name) for name in scripts if name.endswith(".js"))])


def _lean(name: str) -> str:
    lines = (line.strip() for line in (HERE / name).read_text("utf-8").splitlines())
    return "\n".join(line for line in lines if line and not line.startswith("//"))
