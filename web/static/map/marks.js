/**
 * Marks on a canvas: what a thing is, is its shape; how it stands, its colour. A thousand of them are one canvas and no element.
 */

import { Canvas, CircleMarker } from "leaflet";

const TURN = 2 * Math.PI;

const SHAPES = {
  circle: (path, { x, y }, size) => path.arc(x, y, size, 0, TURN),
  square: (path, { x, y }, size) => path.rect(x - size, y - size, 2 * size, 2 * size),
  triangle: (path, { x, y }, size) => corners(path, [[x, y - 1.25 * size], [x + 1.15 * size, y + 0.85 * size], [x - 1.15 * size, y + 0.85 * size]]),
  diamond: (path, { x, y }, size) => corners(path, [[x, y - 1.35 * size], [x + 1.35 * size, y], [x, y + 1.35 * size], [x - 1.35 * size, y]]),
};

function corners(path, points) {
  points.forEach(([x, y], at) => (at ? path.lineTo(x, y) : path.moveTo(x, y)));
  path.closePath();
}

Canvas.include({
  _updateShape(layer) {
    if (!this._drawing || layer._empty()) return;
    const path = this._ctx;
    path.beginPath();
    SHAPES[layer.options.shape](path, layer._point, Math.max(Math.round(layer._radius), 1));
    this._fillStroke(path, layer);
  },
});

/** `options.shape` is one of SHAPES; everything else as for Leaflet's CircleMarker. */
export const Mark = CircleMarker.extend({
  _updatePath() {
    this._renderer._updateShape(this);
  },
});
