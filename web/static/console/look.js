/** Dark or light: as the system has it, until a person says otherwise; remembered in this browser. */

const STORED = "callboard.theme";
const THEMES = ["auto", "dark", "light"];

export function setUpLook() {
  wear(localStorage.getItem(STORED) ?? "auto");
}

export function nextTheme() {
  const now = document.documentElement.dataset.theme;
  const dark = now === "dark" || (now === "auto" && matchMedia("(prefers-color-scheme: dark)").matches);
  const next = dark ? "light" : "dark";
  localStorage.setItem(STORED, next);
  wear(next);
}

function wear(theme) {
  document.documentElement.dataset.theme = THEMES.includes(theme) ? theme : "auto";
}
