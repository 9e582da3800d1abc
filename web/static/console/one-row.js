/** The top line in one row: where it has no room for all, what is least needed gives way, one thing after another (console.css). */

const STEPS = 7;
const SPARE_PX = 4; // digits are not all as wide, and the clock goes on
const APART_PX = 12; // gauges of one row stand less than this above or below one another

/** Fold no more of the line than it takes. */
export function foldToOneRow(line) {
  for (let step = 0; step <= STEPS; step += 1) {
    line.dataset.tight = Array.from({ length: step }, (_, n) => n + 1).join(" ");
    if (isOneRow(line)) return;
  }
}

function isOneRow(line) {
  const gauges = [...line.querySelectorAll(".gauges .gauge")].filter((each) => each.checkVisibility());
  const tops = gauges.map((each) => each.getBoundingClientRect().top);
  const right = line.querySelector(".gauges").getBoundingClientRect().right;
  return (
    Math.max(...tops) - Math.min(...tops) < APART_PX &&
    gauges.every((each) => each.getBoundingClientRect().right <= right - SPARE_PX) &&
    line.scrollWidth <= line.clientWidth
  );
}
