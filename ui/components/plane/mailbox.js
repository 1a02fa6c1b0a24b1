// What Python wants to say to a plane that is already drawn. It has nothing to see and takes no room on the page.

class Mailbox {
  constructor(root) {
    this.life = new AbortController();
    this.place = (root.host ?? root).closest('[data-testid="stElementContainer"]');
    this.hide("none");
    document.addEventListener("loupe-ready", () => this.send(), { signal: this.life.signal });
  }

  // The page may give the place to something else later.
  hide(display) {
    if (this.place) this.place.style.display = display;
  }

  put(letter) {
    this.letter = letter;
    this.send();
  }

  // Every plane hears every letter, and keeps to those with its own name.
  send() {
    if (this.letter) document.dispatchEvent(new CustomEvent("loupe-letter", { detail: this.letter }));
  }
}

const boxes = new WeakMap();

export default function ({ parentElement, data }) {
  if (!boxes.has(parentElement)) boxes.set(parentElement, new Mailbox(parentElement));
  const box = boxes.get(parentElement);
  box.put(data);
  return () => { box.hide(""); box.life.abort(); boxes.delete(parentElement); };
}
