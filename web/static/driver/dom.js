/** Elements from words: nothing that came from outside is ever read as markup. */

/**
 * @param {string} tag "p.class.other"
 * @param {object} props properties; `onclick` and the like are listeners, `data` and `aria` are attributes, others as named
 * @param {...(Node|string|number|null|false|Array)} inside
 */
export function h(tag, props = {}, ...inside) {
  const [name, ...classes] = tag.split(".");
  const made = document.createElement(name);
  if (classes.length) made.className = classes.join(" ");
  for (const [key, value] of Object.entries(props)) {
    if (value === null || value === undefined || value === false) continue;
    if (key === "data") Object.assign(made.dataset, value);
    else if (key.startsWith("on")) made.addEventListener(key.slice(2), value);
    else if (key === "aria") for (const [part, said] of Object.entries(value)) made.setAttribute(`aria-${part}`, said);
    else if (key in made) made[key] = value;
    else made.setAttribute(key, value);
  }
  made.append(...inside.flat(3).filter((one) => one !== null && one !== undefined && one !== false));
  return made;
}

/** Fill `box` anew, only where what it shows has changed: a finger that is on its way to a button finds it there. */
export function fill(box, signature, make) {
  const said = JSON.stringify(signature);
  if (box.dataset.shows === said) return;
  box.dataset.shows = said;
  box.replaceChildren(...[make()].flat(3).filter(Boolean));
}
