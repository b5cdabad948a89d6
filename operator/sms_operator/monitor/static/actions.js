// Rebuild, Disconnect, Connect: asked once, confirmed by name, and done when the status says so.

import { $, el, plural, setText } from "./dom.js";
import { get } from "./table.js";

const TOKEN = document.querySelector("meta[name=token]").content;
const VERBS = { rebuild: ["Rebuild", "rebuilt"], disconnect: ["Disconnect", "disconnected"], connect: ["Connect", "connected again"] };
const SHOWN = 12;
const KEPT = 9000; // milliseconds for which a note stays that says that all went well

const open = new Set();  // orders whose outcome is not known yet
let order = null;

/** Ask for confirmation of an action on some gateways. */
export function ask(action, ids) {
  if (!ids.length || $("confirm").open) return;
  order = { action, ids };
  const [verb] = VERBS[action];
  const names = ids.map((id) => get(id)?.cells.name ?? id);
  setText($("confirm-title"), ids.length === 1 ? `${verb} ${names[0]}?` : `${verb} ${ids.length} gateways?`);
  setText($("confirm-effect"), document.querySelector(`template[data-effect=${action}]`).content.textContent);
  $("confirm-names").replaceChildren(
    ...ids.slice(0, SHOWN).map((id) => {
      const row = get(id);
      return el("li", {}, row?.cells.name ?? id, el("span", { class: "sub" }, row ? `${row.state}, ${row.cells.binds} binds, ${row.cells.channels} channels` : ""));
    }),
    ids.length > SHOWN ? el("li", { class: "sub" }, `and ${ids.length - SHOWN} more`) : "",
  );
  $("confirm-reason").hidden = action !== "disconnect";
  $("reason").required = action === "disconnect";
  $("reason").value = "";
  setText($("confirm-yes"), verb);
  $("confirm").returnValue = "";
  $("confirm").showModal();
}

$("confirm-no").addEventListener("click", () => $("confirm").close("no"));
$("confirm").querySelector("form").addEventListener("submit", (event) => {
  event.preventDefault();
  $("confirm").close("yes");
  send(order, $("reason").value.trim());
});

async function send({ action, ids }, reason) {
  const note = el("div", { class: "note", role: "status" });
  $("notes").append(note);
  const mine = { action, note, waiting: new Map(), done: 0, refused: [] };
  show(mine, plural(ids.length, "gateway"));
  try {
    const answer = await fetch("/actions", {
      method: "POST", credentials: "same-origin",
      headers: { "Content-Type": "application/json", "X-Monitor-Token": TOKEN },
      body: JSON.stringify({ action, gateways: ids, reason }),
    });
    if (!answer.ok) throw new Error(await answer.text());
    for (const result of (await answer.json()).results) {
      if (result.taken) mine.waiting.set(result.id, result.rebuild);
      else mine.refused.push(`${get(result.id)?.cells.name ?? result.id}: ${result.words}`);
    }
  } catch (error) {
    mine.refused.push(error instanceof TypeError ? "smsctl monitor does not answer: is it still running?" : error.message);
  }
  open.add(mine);
  settle();
}

/** Look whether statuses say by now that something is done. */
export function settle() {
  for (const mine of open) {
    for (const [id, rebuild] of mine.waiting) {
      const row = get(id);
      const off = row?.state === "Disconnected";
      const done = !row || (mine.action === "rebuild" ? row.rebuilt === rebuild : mine.action === "disconnect" ? off : !off);
      if (done) { mine.waiting.delete(id); mine.done += 1; }
    }
    show(mine, "");
    if (!mine.waiting.size) open.delete(mine);
  }
}

function show(mine, asked) {
  const [verb, past] = VERBS[mine.action];
  const finished = !asked && !mine.waiting.size;
  const lines = [];
  if (mine.waiting.size) lines.push(`asked for, waiting for ${plural(mine.waiting.size, "gateway")}`);
  if (mine.done) lines.push(`${plural(mine.done, "gateway")} ${past}`);
  mine.note.dataset.kind = mine.refused.length ? "bad" : finished ? "done" : "open";
  mine.note.replaceChildren(
    el("button", { type: "button", class: "plain", "aria-label": "Close this note", onclick: () => mine.note.remove() }, "×"),
    el("b", {}, asked ? `${verb}: ${asked}` : `${verb}: ${lines.join(", ") || "not done"}`),
    ...mine.refused.slice(0, 6).map((words) => el("p", {}, words)),
    mine.refused.length > 6 ? el("p", {}, `and ${mine.refused.length - 6} more`) : "",
  );
  if (finished && !mine.refused.length) setTimeout(() => mine.note.remove(), KEPT);
}
