/** The codes of calls: Alt ↑ and Alt ↓ move a code to the key above or below, and the cursor with it. No field is made anew. */

const form = document.querySelector("form[data-moved]");
const fields = form ? [...form.querySelectorAll(".codes input")] : [];
const heard = document.getElementById("moved");

function move(from, by) {
  const to = fields[fields.indexOf(from) + by];
  if (!to) return;
  [from.value, to.value] = [to.value, from.value];
  to.focus();
  heard.textContent = form.dataset.moved.replace("%code", to.value || "–").replace("%key", String(fields.indexOf(to) + 1));
}

form?.addEventListener("keydown", (event) => {
  const by = { ArrowUp: -1, ArrowDown: 1 }[event.key];
  if (!by || !event.altKey || event.isComposing || !fields.includes(event.target)) return;
  event.preventDefault();
  move(event.target, by);
});
