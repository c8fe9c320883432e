import { faint } from "./look.js";

const HIGH = 14; // pixels of a row
const GAP = 3;

// At the foot of a chart: a row for each of several histories, with a bar for each of their spans.
export class Rows {
  constructor() {
    this.rows = [];
    this.x = () => null;
    const drawer = { draw: (target) => target.useBitmapCoordinateSpace((space) => this.draw(space)) };
    this.views = [{ zOrder: () => "top", renderer: () => drawer }];
  }

  attached({ requestUpdate }) { this.again = requestUpdate; }
  paneViews() { return this.views; }

  show(rows, x) { // rows: [{ name, spans: [[from, to or null]], shade }]
    this.rows = rows;
    this.x = x;
    this.again?.();
  }

  draw({ context, bitmapSize, horizontalPixelRatio: wide, verticalPixelRatio: high }) {
    this.rows.forEach((row, at) => {
      const top = bitmapSize.height - (this.rows.length - at) * (HIGH + GAP) * high;
      context.fillStyle = faint(row.shade, 0.1);
      context.fillRect(0, top, bitmapSize.width, HIGH * high);
      context.fillStyle = row.shade;
      for (const [from, to] of row.spans) {
        const left = Math.max(0, this.x(from) * wide);
        const right = to === null ? bitmapSize.width : this.x(to) * wide;
        if (right >= 0) context.fillRect(left, top, Math.max(2 * wide, right - left), HIGH * high);
      }
      context.font = `600 ${10 * high}px sans-serif`;
      context.fillText(row.name, 4 * wide, top + 10.5 * high);
    });
  }
}
