/** The few pictures that words would be too long for, drawn on a 16-unit square in the colour of the text. */

import { svg, html } from "lit";

const icon = (shape) =>
  html`<svg class="icon" viewBox="0 0 16 16" aria-hidden="true" focusable="false">${shape}</svg>`;

export const play = icon(svg`<path d="M4 2.5v11l9-5.5z" fill="currentColor" />`);
export const stop = icon(svg`<rect x="3.5" y="3.5" width="9" height="9" rx="1" fill="currentColor" />`);
export const pause = icon(svg`<path d="M4 2.5h3v11H4zM9 2.5h3v11H9z" fill="currentColor" />`);
export const check = icon(svg`<path d="M3 8.5l3.4 3.4L13 4.6" fill="none" stroke="currentColor" stroke-width="2" />`);
export const theme = icon(
  svg`<circle cx="8" cy="8" r="5.5" fill="none" stroke="currentColor" stroke-width="1.5" /><path d="M8 2.5a5.5 5.5 0 0 1 0 11z" fill="currentColor" />`,
);
export const settings = icon(
  svg`<path d="M1.5 4.5h7m4 0h2M1.5 11.5h2m4 0h7" stroke="currentColor" stroke-width="1.5" /><circle cx="10.5" cy="4.5" r="2" fill="none" stroke="currentColor" stroke-width="1.5" /><circle cx="5.5" cy="11.5" r="2" fill="none" stroke="currentColor" stroke-width="1.5" />`,
);
export const leave = icon(
  svg`<path d="M6.5 2.5h-4v11h4M7 8h7M11 5l3 3-3 3" fill="none" stroke="currentColor" stroke-width="1.5" />`,
);
export const warn = icon(
  svg`<path d="M8 1.8L15 14H1z" fill="none" stroke="currentColor" stroke-width="1.5" stroke-linejoin="round" /><path d="M8 6v4M8 11.4v1.2" stroke="currentColor" stroke-width="1.6" />`,
);
export const clock = icon(
  svg`<circle cx="8" cy="8" r="6" fill="none" stroke="currentColor" stroke-width="1.5" /><path d="M8 4.5V8l2.5 1.8" fill="none" stroke="currentColor" stroke-width="1.5" />`,
);
