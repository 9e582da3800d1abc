/** The way of the marked order's drivers as a line: from where to where, how far, how long. No map is needed for it. */

import { html, nothing, svg } from "lit";
import { store } from "./store.js";
import { clockTime, distance, duration, t } from "./texts.js";

const WIDTH = 300;
const HEIGHT = 120;
const EDGE = 8;

/** What was kept, above the order's history; nothing where nothing was. */
export function ways(order) {
  if (store.ways.order !== order.id) return nothing;
  return store.ways.items.filter((way) => way.points.length).map((way) => figure(way, order));
}

function figure(way, order) {
  const [first, last] = [way.points[0], way.points.at(-1)];
  const told = t("way.told", {
    number: way.driver.number,
    name: way.driver.name,
    from: clockTime(first.at),
    to: clockTime(last.at),
    time: duration(Date.parse(last.at) - Date.parse(first.at)),
    far: distance(way.metres),
    count: way.points.length,
  });
  const at = scale([...way.points, ...pins(order)]);
  return html`
    <figure class="way">
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label=${told}>
        <polyline points=${way.points.map((point) => at(point).join(",")).join(" ")} />
        ${pins(order).map((pin) => svg`<circle class=${pin.kind} cx=${at(pin)[0]} cy=${at(pin)[1]} r="5" />`)}
        <circle class="last" cx=${at(last)[0]} cy=${at(last)[1]} r="3" />
      </svg>
      <figcaption>${told}</figcaption>
    </figure>
  `;
}

const pins = (order) =>
  ["origin", "destination"].filter((end) => order[end] && order[end].lat !== null).map((end) => ({ kind: end, lat: order[end].lat, lon: order[end].lon }));

/** Degrees to the picture's units, the same scale both ways, north above. */
function scale(points) {
  const lats = points.map((point) => point.lat);
  const lons = points.map((point) => point.lon);
  const [south, north, west, east] = [Math.min(...lats), Math.max(...lats), Math.min(...lons), Math.max(...lons)];
  const narrow = Math.cos(((south + north) / 2) * (Math.PI / 180));
  const wide = Math.max((east - west) * narrow, 1e-6);
  const high = Math.max(north - south, 1e-6);
  const unit = Math.min((WIDTH - 2 * EDGE) / wide, (HEIGHT - 2 * EDGE) / high);
  const [left, top] = [(WIDTH - wide * unit) / 2, (HEIGHT - high * unit) / 2];
  return ({ lat, lon }) => [(left + (lon - west) * narrow * unit).toFixed(1), (top + (north - lat) * unit).toFixed(1)];
}
