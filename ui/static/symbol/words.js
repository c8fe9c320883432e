// What stands in words around the chart of a symbol: legend, gaps, statistics.
import { full, say } from "../draw/figures.js";

const GAPS = {
  down: "no answer", silence: "nothing came", sleep: "this machine slept", clock: "the clock was set",
  stopped: "Oculus was not running", offline: "this machine was offline",
};

export function entry(shade, name, value, remove) {
  const spot = element("span", "legend-entry");
  const dot = element("span", "legend-dot");
  dot.style.background = shade;
  spot.append(dot, element("bdi", "", name), element("strong", "", value));
  if (remove) {
    const button = element("button", "legend-remove", "×");
    button.type = "button";
    button.setAttribute("aria-label", `Remove ${name}`);
    button.addEventListener("click", remove);
    spot.append(button);
  }
  return spot;
}

function element(tag, kind, text = "") {
  const made = document.createElement(tag);
  if (kind) made.className = kind;
  made.textContent = text;
  return made;
}

export function moment(at, gaps) { // at: what the crosshair is on
  return element("span", "legend-time", at?.time ? full(at.time) + gapWords(at.time * 1000, gaps) : "now");
}

function gapWords(ms, gaps) {
  const gap = gaps.find((each) => each.from <= ms && ms < each.to);
  return gap ? ` · ${GAPS[gap.reason] ?? gap.reason}` : "";
}

export function rowWords(row, answer) {
  const tell = (value) => say(value, answer.unit, answer.symbol);
  if (!row) return "—";
  if (row.open !== undefined) {
    const way = row.close > row.open ? "▲" : row.close < row.open ? "▼" : "=";
    return `${way} ${tell(row.open)} → ${tell(row.close)}  (${tell(row.low)} – ${tell(row.high)})`;
  }
  const [value, low, high] = Array.isArray(row) ? row.slice(1) : [row.value, row.low, row.high];
  return high > low ? `${tell(value)}  (${tell(low)} – ${tell(high)})` : tell(value);
}

export function stats({ stats: found, uptime_pct: uptime, unit, symbol }) {
  const tell = (value) => say(value, unit, symbol);
  const moved = found.first ? `${found.last >= found.first ? "+" : "−"}${say(Math.abs((found.last - found.first) / found.first) * 100, "%")}` : "—";
  const words = {
    last: tell(found.last), avg: tell(found.avg), min: tell(found.min), max: tell(found.max), p95: tell(found.p95), stddev: tell(found.stddev),
    moved, count: found.count.toLocaleString("en"), uptime: uptime === null ? "" : `${Math.floor(uptime * 100) / 100} %`,
  };
  for (const tile of document.querySelectorAll("[data-stat]")) {
    tile.querySelector(".tile-value").textContent = words[tile.dataset.stat];
    tile.hidden = words[tile.dataset.stat] === "";
    if (tile.dataset.stat === "moved" && "market" in tile.dataset) {
      tile.querySelector(".tile-value").classList.toggle("went-up", found.last > found.first);
      tile.querySelector(".tile-value").classList.toggle("went-down", found.last < found.first);
    }
  }
}
