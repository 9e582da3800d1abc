/**
 * A field for a customer's place on his page: what the desk knows is suggested while it is typed, and a suggestion that is chosen
 * brings its pin with it. What is typed only stands as it is typed, with the pin that was there.
 */

const WAIT_MS = 150;
const NETWORK_AFTER_MS = 400;

for (const input of document.querySelectorAll("input[data-place]")) suggestUnder(input);

function suggestUnder(input) {
  const form = input.form;
  const list = document.getElementById(input.getAttribute("aria-controls"));
  let items = [];
  let marked = -1;
  let turn = 0;
  let waiting = 0;

  const hidden = (name) => form.elements.namedItem(name);

  function draw(found, mark = -1) {
    items = found;
    marked = mark;
    list.replaceChildren(...items.map(line));
    list.hidden = !items.length;
    input.setAttribute("aria-expanded", String(items.length > 0));
    if (marked >= 0) input.setAttribute("aria-activedescendant", list.children[marked].id);
    else input.removeAttribute("aria-activedescendant");
  }

  function line(place, index) {
    const one = document.createElement("li");
    one.id = `${list.id}-${index}`;
    one.role = "option";
    one.ariaSelected = String(index === marked);
    one.append(place.text);
    const sure = place.lat === null ? list.dataset.missing : place.accuracy_m === null ? null : `±${place.accuracy_m} m`;
    for (const more of [place.district, place.alias, sure]) {
      if (!more) continue;
      const small = document.createElement("small");
      small.textContent = more;
      one.append(" ", small);
    }
    one.addEventListener("mousedown", (event) => {
      event.preventDefault();
      choose(place);
    });
    return one;
  }

  function choose(place) {
    turn += 1;
    clearTimeout(waiting);
    input.value = place.kind === "area" && place.district ? `${place.district} ${place.text}` : place.text;
    for (const name of ["lat", "lon", "accuracy_m"]) hidden(name).value = place[name] ?? "";
    hidden("source").value = ["book", "area", "network"].includes(place.kind) ? place.kind : "operator";
    if (hidden("no_pin")) hidden("no_pin").checked = false;
    form.querySelector("[data-pin-known]").hidden = place.lat === null;
    form.querySelector("[data-pin-missing]").hidden = place.lat !== null;
    draw([]);
  }

  async function ask(path) {
    const answer = await fetch(`/api/v1/${path}`, { headers: { Accept: "application/json" } }).catch(() => null);
    return answer?.ok ? (await answer.json()).items : [];
  }

  async function offer() {
    const mine = ++turn;
    const typed = input.value;
    const q = encodeURIComponent(typed);
    const found = typed.trim() ? await ask(`places?limit=8&q=${q}&customer_id=${input.dataset.place}`) : [];
    if (mine !== turn) return;
    draw(found);
    if (typed.trim().length < 2) return;
    waiting = setTimeout(async () => {
      const more = await ask(`places/network?q=${q}`);
      if (mine === turn && more.length) draw([...items, ...more.slice(0, 4)], marked);
    }, NETWORK_AFTER_MS);
  }

  input.addEventListener("input", () => {
    clearTimeout(waiting);
    turn += 1;
    waiting = setTimeout(offer, WAIT_MS);
  });
  input.addEventListener("blur", () => {
    clearTimeout(waiting);
    turn += 1;
    draw([]);
  });
  input.addEventListener("keydown", (event) => {
    if (event.isComposing || !items.length) return;
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step) {
      draw(items, (Math.max(marked, step > 0 ? -1 : 0) + step + items.length) % items.length);
    } else if (event.key === "Enter" && marked >= 0) {
      choose(items[marked]);
    } else if (event.key === "Escape") {
      draw([]);
    } else return;
    event.preventDefault();
    event.stopPropagation();
  });
}
