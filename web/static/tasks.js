/** The list of tasks: the arrows go from row to row, and the letters on its buttons are the keys of the row in which one is. */

const rows = [...document.querySelectorAll("tr[data-task]")];
let here = null;

function mark(row) {
  if (!row || row === here) return;
  for (const each of rows) {
    each.classList.toggle("here", each === row);
    for (const button of each.querySelectorAll("[data-row-key]")) {
      if (each === row) button.dataset.key = button.dataset.rowKey;
      else delete button.dataset.key;
    }
  }
  here = row;
}

const typing = (target) => target.matches("input, select, textarea");

addEventListener("focusin", (event) => mark(event.target.closest("tr[data-task]")));

addEventListener("keydown", (event) => {
  const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
  if (!step || event.isComposing || event.ctrlKey || event.altKey || event.metaKey || typing(event.target)) return;
  const next = rows[rows.indexOf(here) + (document.activeElement?.closest("tr[data-task]") ? step : 0)];
  if (!next) return;
  event.preventDefault();
  next.focus();
});

const first = document.querySelector("tr[data-task][data-at]") ?? rows[0];
mark(first);
// Where something is to be read or typed first, the eye stays there.
if (!document.querySelector("[data-focus], [autofocus]")) first?.focus();
