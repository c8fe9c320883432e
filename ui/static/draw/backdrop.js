import { colour, faint } from "./look.js";

// Behind the lines: gaps hatched in grey, alerts as a tinted span with a flag where they fired.
export class Backdrop {
  constructor() {
    this.gaps = [];
    this.alerts = [];
    this.x = () => null;
    const drawer = { draw: (target) => target.useBitmapCoordinateSpace((space) => this.draw(space)) };
    this.views = [{ zOrder: () => "bottom", renderer: () => drawer }];
  }

  attached({ chart: owner, requestUpdate }) { this.chart = owner; this.again = requestUpdate; }
  paneViews() { return this.views; }

  show(gaps, alerts, x) { this.gaps = gaps; this.alerts = alerts; this.x = x; this.again?.(); }

  draw({ context, bitmapSize, horizontalPixelRatio: wide, verticalPixelRatio: high }) {
    for (const gap of this.gaps) this.hatch(context, bitmapSize, this.x(gap.from) * wide, this.x(gap.to) * wide, wide);
    for (const severity of new Set(this.alerts.map((alert) => alert.severity))) this.tint(context, bitmapSize, severity, wide);
    for (const alert of this.alerts) this.flag(context, bitmapSize, alert, wide, high);
  }

  hatch(context, { height }, left, right, scale) {
    if (!(right > left)) return;
    context.save();
    context.beginPath();
    context.rect(left, 0, right - left, height);
    context.clip();
    context.fillStyle = faint(colour("--third"), 0.1);
    context.fill();
    context.strokeStyle = faint(colour("--third"), 0.35);
    context.lineWidth = scale;
    context.beginPath();
    const first = Math.max(left - height, -height);
    for (let x = first - (first % (8 * scale)); x < right; x += 8 * scale) { context.moveTo(x, height); context.lineTo(x + height, 0); }
    context.stroke();
    context.restore();
  }

  tint(context, { height, width }, severity, wide) { // in one path: where many fire at once, the line must still be seen
    context.fillStyle = faint(colour(`--${severity}`), 0.1);
    context.beginPath();
    for (const alert of this.alerts) {
      if (alert.severity !== severity) continue;
      const left = Math.max(0, this.x(alert.fired_ms) * wide);
      const end = alert.ended_ms ? this.x(alert.ended_ms) * wide : width;
      context.rect(left, 0, Math.max(1, Math.min(end, width) - left), height);
    }
    context.fill();
  }

  flag(context, { height }, alert, wide, high) {
    const at = this.x(alert.fired_ms) * wide;
    if (!(at > 0)) return; // it began before: only its span is seen
    context.fillStyle = colour(`--${alert.severity}`);
    context.fillRect(at, 0, Math.max(1, Math.round(wide)), height);
    context.beginPath();
    context.moveTo(at, 0);
    context.lineTo(at + 9 * wide, 4.5 * high);
    context.lineTo(at, 9 * high);
    context.fill();
  }
}
