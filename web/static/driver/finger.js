/** While a finger is down nothing is drawn: a button that is replaced under it would never hear that it was pressed. */

let down = false;
const owed = [];

/** Draw now, or once the finger is up and what it pressed was done. */
export function onceUp(draw) {
  if (down) owed.push(draw);
  else draw();
}

function up() {
  // After the click, which comes in the same turn as the finger's going up.
  setTimeout(() => {
    down = false;
    for (const draw of owed.splice(0)) draw();
  });
}

addEventListener("pointerdown", () => (down = true), true);
for (const end of ["pointerup", "pointercancel", "blur"]) addEventListener(end, up, true);
