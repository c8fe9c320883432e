// The ground that every chart stands on: colours from the theme. Drawn by lightweight-charts.
import { full, tick } from "./figures.js";

const L = window.LightweightCharts;
const SCALE = { borderVisible: false, entireTextOnly: true, scaleMargins: { top: 0.12, bottom: 0.06 } };
export const SERIES = ["--net", "--crypto", "--pred", "--stock", "--custom"]; // of what is laid over

export const colour = (name, node = document.documentElement) => getComputedStyle(node).getPropertyValue(name).trim();

export function faint(hex, share) { // "#4aa3ff" at 20 %
  const whole = parseInt(hex.slice(1), 16);
  return `rgba(${whole >> 16}, ${(whole >> 8) & 255}, ${whole & 255}, ${share})`;
}

export function look() {
  return {
    layout: {
      attributionLogo: false, // the policy allows no style elements; the notice stands on /about
      background: { color: "transparent" },
      textColor: colour("--second"),
      fontFamily: getComputedStyle(document.body).fontFamily,
      fontSize: 11,
    },
    grid: { vertLines: { visible: false }, horzLines: { color: colour("--border") } },
    crosshair: {
      mode: L.CrosshairMode.Normal,
      vertLine: { color: colour("--third"), labelBackgroundColor: colour("--raised") },
      horzLine: { color: colour("--third"), labelBackgroundColor: colour("--raised") },
    },
    rightPriceScale: SCALE,
    leftPriceScale: SCALE,
    timeScale: { borderColor: colour("--border"), timeVisible: true, secondsVisible: true, minBarSpacing: 0.1, tickMarkFormatter: tick },
    localization: { timeFormatter: full },
  };
}

export function chart(container, more = {}) {
  return L.createChart(container, { autoSize: true, ...look(), ...more });
}

// When the theme changes, `paint` is called to colour everything anew.
export function onTheme(paint) {
  new MutationObserver(paint).observe(document.documentElement, { attributeFilter: ["data-theme"] });
  matchMedia("(prefers-color-scheme: light)").addEventListener("change", paint);
}
