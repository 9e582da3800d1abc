/** Ticks of a batch: all, none, and how many they are of how much, told while they are changed. Made for 10,000 lines. */

const table = document.querySelector("[data-lines]");
if (table) setUp(table, document.querySelector("[data-ticked]"));

function setUp(table, told) {
  const ticks = [...table.querySelectorAll("[data-kind]")];
  const digits = Number(told.dataset.digits);
  const written = new Intl.NumberFormat("en", { minimumFractionDigits: digits, maximumFractionDigits: digits });
  const sums = { count: 0, pay: 0, bill: 0 };
  let other = 0; // how many stand otherwise than they are saved
  for (const tick of ticks) {
    if (tick.checked) sum(tick, 1);
    if (tick.checked !== tick.defaultChecked) other += 1; // the browser went back to the page with what was ticked on it
  }

  function sum(tick, times) {
    sums.count += times;
    sums[tick.dataset.kind] += times * Number(tick.dataset.amount);
  }
  const add = (tick, times) => {
    sum(tick, times);
    other += tick.checked === tick.defaultChecked ? -1 : 1;
  };
  const tell = () => {
    const tellOf = (name, text) => (told.querySelector(`[data-sum=${name}]`).textContent = text);
    tellOf("count", sums.count.toLocaleString("en"));
    for (const kind of ["pay", "bill"]) tellOf(kind, written.format(sums[kind] / 10 ** digits));
    told.querySelector("[data-unsaved]").hidden = other === 0;
  };

  table.addEventListener("change", (event) => {
    if (!event.target.matches("[data-kind]")) return;
    add(event.target, event.target.checked ? 1 : -1);
    tell();
  });
  for (const button of document.querySelectorAll("[data-tick]")) {
    button.addEventListener("click", () => {
      const wanted = button.dataset.tick === "all";
      for (const tick of ticks) {
        if (tick.checked === wanted) continue;
        tick.checked = wanted;
        add(tick, wanted ? 1 : -1);
      }
      tell();
    });
  }
  if (other) tell();
  table.addEventListener("keydown", (event) => {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    const next = step && ticks[ticks.indexOf(event.target) + step];
    if (!next || !event.target.matches("[data-kind]")) return;
    event.preventDefault();
    next.focus();
  });
}
