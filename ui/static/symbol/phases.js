// The phases of a web request, one upon the other, below its chart and moving with it.
import { say } from "../draw/figures.js";
import { rows, seconds } from "../draw/history.js";
import { chart as makeChart, colour, look } from "../draw/look.js";
import { Stack } from "../draw/series.js";
import { entry } from "./words.js";

const NAMES = { dns: "Name", connect: "Connect", tls: "TLS", first_byte: "First byte", transfer: "Transfer" };

export class Phases {
  constructor(canvas, width) { // width: of the scale; two charts with equal ones lie exactly below one another
    this.chart = makeChart(canvas, { handleScroll: false, handleScale: false });
    this.width = width;
    this.line = null;
  }

  draw(answer, times) {
    if (this.line) this.chart.removeSeries(this.line);
    const names = Object.keys(answer.chart.phases);
    const shades = names.map((name) => `--phase-${Object.keys(NAMES).indexOf(name) + 1}`);
    this.line = this.chart.addCustomSeries(new Stack(), {
      colours: shades.map((name) => colour(name)), edge: colour("--surface"), priceLineVisible: false, lastValueVisible: false,
      priceFormat: { type: "custom", formatter: (value) => say(value, "ms"), minMove: 0.001 },
    });
    this.line.setData(stacked(answer, names, times));
    this.chart.priceScale("right").applyOptions({ minimumWidth: this.width });
    document.querySelector("[data-phases-legend]").replaceChildren(...names.map((name, at) => {
      const all = answer.chart.phases[name];
      return entry(`var(${shades[at]})`, NAMES[name], say(all.reduce((sum, row) => sum + row[1], 0) / all.length, "ms"));
    }));
  }

  follow(view) { if (view) this.chart.timeScale().setVisibleLogicalRange(view); }
  repaint() { this.chart.applyOptions(look()); }
}

function stacked(answer, names, times) {
  const known = names.map((name) => new Map(answer.chart.phases[name].map((row) => [row[0], row[1]])));
  const whole = rows(answer, times);
  return times.map((ms, at) => {
    if (!known.some((one) => one.has(ms))) return { time: seconds(ms) };
    const values = known.map((one) => one.get(ms) ?? 0);
    return { time: seconds(ms), values, value: values.reduce((sum, each) => sum + each, 0), broken: whole[at].broken };
  });
}
