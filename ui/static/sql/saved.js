// The queries that people saved, beside the editor; they are kept by the server, so every browser has them.
import { element } from "./parts.js";

const find = (selector) => document.querySelector(selector);

export class Saved {
  constructor(ask, mistakeOf, tell) { Object.assign(this, { ask, mistakeOf, tell }); }

  open() {
    find("[data-save-mistake]").hidden = true;
    find("#save").showModal();
  }

  async save(sql) {
    const name = find("#save-name").value.trim();
    const reply = await this.ask("/api/queries", { name, sql });
    const spot = find("[data-save-mistake]");
    spot.hidden = reply.ok;
    if (!reply.ok) { const { message, hint } = await this.mistakeOf(reply); spot.textContent = `${message}. ${hint}`; return; }
    this.list((await reply.json()).queries);
    find("#save").close();
    this.tell(`Saved as ${name}.`);
  }

  async forget(name) {
    const reply = await this.ask(`/api/queries/${encodeURIComponent(name)}`, null, "DELETE");
    if (reply.ok) this.list((await reply.json()).queries);
  }

  list(queries) {
    find("[data-none-saved]").hidden = queries.length > 0;
    find("[data-saved]").replaceChildren(...queries.map(({ name, sql }) => {
      const row = element("li", "row");
      const lead = element("button", "row-lead pick");
      lead.type = "button";
      lead.dataset.sql = sql;
      lead.append(element("bdi", "", name));
      const forget = element("button", "link second", "Delete");
      forget.type = "button";
      forget.dataset.forget = name;
      forget.setAttribute("aria-label", `Delete ${name}`);
      row.append(lead, forget);
      return row;
    }));
  }
}
