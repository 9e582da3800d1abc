/** What the caller said after the tone. One recording at a time; the same button stops it. */

import { store } from "./store.js";
import { t } from "./texts.js";

const player = new Audio();
let token = null;

for (const end of ["ended", "pause"]) {
  player.addEventListener(end, () => {
    token = null;
    store.changed();
  });
}

export const isPlaying = (recording) => token === recording;

export async function playRecording(recording) {
  if (token === recording) {
    player.pause();
    return;
  }
  token = recording;
  player.src = `/api/v1/recordings/${encodeURIComponent(recording)}`;
  store.changed();
  try {
    await player.play();
  } catch {
    if (token !== recording) return;
    token = null;
    store.say({ text: t("notices.no_sound"), kind: "bad" });
  }
}
