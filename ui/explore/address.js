// Writes the place where the cursor of a plane rests into the address, in place of the one before.

const lives = new WeakMap();

function write(parameter, code) {
  const address = new URL(location.href);
  address.searchParams.set(parameter, code.map((value) => Number(value.toPrecision(4))).join());
  history.replaceState(history.state, "", address.href.replaceAll("%2C", ","));
}

export default function ({ parentElement, data }) {
  lives.get(parentElement)?.abort();
  const life = new AbortController();
  lives.set(parentElement, life);
  const place = (parentElement.host ?? parentElement).closest('[data-testid="stElementContainer"]');
  if (place) place.style.display = "none";
  const heed = ({ detail }) => { if (detail.plane === data.plane) write(data.parameter, detail.code); };
  document.addEventListener("loupe-at", heed, { signal: life.signal });
  return () => {
    if (place) place.style.display = ""; // the page may give it to something else
    lives.get(parentElement)?.abort();
  };
}
