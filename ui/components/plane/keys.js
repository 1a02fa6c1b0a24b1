// The keys, while the plane has the focus. Fields and sliders keep those that are theirs.

export class Keys {
  constructor(plane, box, signal) {
    this.plane = plane;
    this.space = false; // held, it makes a drag move the map
    this.used = false; // it did
    const on = (name, act) => box.addEventListener(name, act, { signal });
    on("keydown", (event) => this.press(event));
    on("keyup", (event) => this.lift(event));
    on("focusout", () => { this.space = false; });
  }

  press(event) {
    const target = event.composedPath()[0];
    const typing = ["number", "text", "search"].includes(target.type) || target.tagName === "SELECT";
    const slides = target.type === "range" && /^(Arrow|Home)/.test(event.key);
    const presses = event.key === " " && target !== this.plane.overlay.canvas;
    if (typing || slides || presses || event.ctrlKey || event.metaKey) return;
    if (event.key === " ") {
      this.space = true;
      if (!event.repeat) this.used = false;
    } else if (!this.plane.buttons.press(event)) return;
    event.preventDefault();
    event.stopPropagation(); // Streamlit has keys of its own
  }

  lift(event) {
    if (event.key === " " && this.space) {
      this.space = false;
      if (!this.used) this.plane.walk.toggle();
    }
    if (event.key.startsWith("Arrow") && event.composedPath()[0].tagName !== "INPUT") this.plane.cursor.rest();
  }
}
