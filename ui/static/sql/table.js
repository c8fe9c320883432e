// An answer as a table.
import { NUMBER, TIME, element } from "./parts.js";

export function table({ columns, rows }) {
  const made = element("table", "table answer-rows");
  made.dataset.sortable = "";
  const head = made.createTHead().insertRow();
  for (const { name, type } of columns) {
    const cell = element("th", NUMBER.test(type) ? "right" : "", name);
    cell.dataset.sort = NUMBER.test(type) ? "number" : "text";
    cell.title = type;
    head.append(cell);
  }
  const body = made.createTBody();
  for (const row of rows) {
    const line = body.insertRow();
    line.dataset.name = row.map((value) => (typeof value === "object" ? JSON.stringify(value) : value)).join(" "); // to be searched
    row.forEach((value, at) => line.append(cellOf(value, columns[at])));
  }
  return made;
}

function cellOf(value, { name, type }) {
  const cell = element("td", NUMBER.test(type) ? "right" : "");
  cell.dataset.label = name;
  if (value === null) { cell.append(element("span", "second", "null")); cell.dataset.value = ""; return cell; }
  if (NUMBER.test(type)) cell.dataset.value = value;
  const whole = typeof value === "object" ? JSON.stringify(value) : String(value);
  if (TIME.test(type)) { cell.append(timeOf(whole)); return cell; }
  const short = typeof value === "number" && !Number.isInteger(value) ? String(Number(value.toPrecision(10))) : whole;
  const text = element("bdi", "", short);
  text.title = whole;
  cell.append(text);
  return cell;
}

function timeOf(whole) { // in UTC, as the database says it; never broken in two
  const spot = element("time", "when", whole.replace("T", " ").replace(/Z$/, "").replace(/(\.\d*?)0+$/, "$1").replace(/\.$/, ""));
  spot.title = whole;
  return spot;
}
