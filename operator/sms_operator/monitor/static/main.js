// Live updates, filters, keys, and what is said aloud.

import { $, age, plural, setClock, setText } from "./dom.js";
import * as table from "./table.js";
import * as panel from "./panel.js";
import { ask, settle } from "./actions.js";

const SILENCE = 12000; // milliseconds without a word from smsctl after which the page calls itself lost
const SPEAK = 3000;    // milliseconds between two spoken summaries

let health = { alive: true, heard: "" };
let connected = false;
let heardAt = Date.now();
let paused = false;
const held = [];       // messages that came while paused
let moved = [];        // state changes that were not spoken of yet
const rights = new Map();

// ── the stream ──────────────────────────────────────────────
const stream = new EventSource("/events");
stream.addEventListener("error", () => { connected = false; lamp(); });
for (const type of ["all", "rows", "health"]) {
  stream.addEventListener(type, (event) => {
    const message = { type, ...JSON.parse(event.data) };
    connected = true;
    heardAt = Date.now();
    setClock(message.now);
    if (message.health) { health = message.health; lamp(); }
    if (type === "health") return;
    if (type === "all") held.length = 0;
    if (paused) held.push(message); else apply(message);
  });
}

function apply(message) {
  const before = table.all().length;
  const changes = table.take(message.rows, message.gone ?? [], message.type === "all");
  counts(message.counts);
  if (before) { moved.push(...changes); speakSoon(); }
  settle();
  marks();
  const open = panel.current();
  if (open && message.rows.some((row) => row.id === open) && !$("confirm").open) panel.show(open, false);
  if (open && !table.get(open)) panel.close();
  if (message.type === "all" || message.rows.some((row) => !rights.has(row.namespace))) learnRights();
}

function counts(found) {
  for (const [state, count] of Object.entries(found)) {
    setText(document.querySelector(`[data-count=${state}]`), String(count));
    document.querySelector(`.chip[data-state=${state}]`).toggleAttribute("data-none", count === 0);
    document.querySelector(`#share [data-state=${state}]`).style.flexGrow = count;
  }
  const place = document.title.replace(/^▲ \d+ failing · /, "");
  document.title = found.Failing ? `▲ ${found.Failing} failing · ${place}` : place;
}

function lamp() {
  const word = !connected && Date.now() - heardAt > 2000 ? "lost" : !health.alive ? "stale" : paused ? "paused" : "live";
  if (document.body.dataset.health !== word) document.body.dataset.health = $("lamp").dataset.health = word;
  setText($("lamp-word"), { lost: "Reconnecting", stale: "Stale", paused: "Paused", live: "Live" }[word]);
  const ago = age(health.heard);
  setText($("lamp-age"), !health.heard ? "" : word === "live" ? `heard ${ago} ago` : word === "paused" ? `${plural(held.length, "change")} held` : `as of ${ago} ago`);
  const trouble = word === "lost" ? "smsctl monitor does not answer: this is what it said last. If you start it again, open the address that it prints."
    : word === "stale" ? `The cluster does not answer: ${health.trouble}. What you see is ${ago} old.` : "";
  if ($("trouble").hidden !== !trouble) $("trouble").hidden = !trouble;
  setText($("trouble"), trouble);
}

// ── what is said aloud ──────────────────────────────────────
let speaking = null;
function speakSoon() {
  if (!moved.length || speaking) return;
  speaking = setTimeout(() => {
    speaking = null;
    const failing = moved.filter(([, after]) => after.state === "Failing");
    const some = failing.slice(0, 3).map(([, after]) => after.cells.name).join(", ");
    setText($("live"), `${plural(moved.length, "gateway")} changed${failing.length ? `, ${failing.length} failing: ${some}` : ""}.`);
    moved = [];
  }, SPEAK);
}

// ── rights ──────────────────────────────────────────────────
async function learnRights() {
  const answer = await fetch("/rights").catch(() => null);
  if (!answer?.ok) return;
  for (const [namespace, right] of Object.entries(await answer.json())) rights.set(namespace, right);
  marks();
}

/** Buttons of namespaces in which the caller may not act. */
function marks() {
  if (![...rights.values()].some((right) => !right.allowed)) return;
  for (const row of table.all()) {
    const right = rights.get(row.namespace);
    for (const button of table.element(row.id).querySelectorAll("[data-do]")) {
      button.disabled = right?.allowed === false;
      button.title = right?.allowed === false ? right.missing : "";
    }
  }
}

// ── filters and order, kept in the address ──────────────────
function asked() {
  history.replaceState(null, "", `/${table.address()}`);
  $("as-text").href = `/gateways.txt${table.address()}`;
  $("as-json").href = `/gateways.json${table.address()}`;
  for (const chip of document.querySelectorAll(".chip")) chip.setAttribute("aria-pressed", table.query.states.has(chip.dataset.state));
  for (const button of document.querySelectorAll(".sort")) {
    const head = button.parentElement;
    if (button.dataset.sort === table.query.sort) head.setAttribute("aria-sort", table.query.descending ? "descending" : "ascending");
    else head.removeAttribute("aria-sort");
  }
  table.arrange();
  chosenChanged();
}

$("tools").addEventListener("submit", (event) => event.preventDefault());
$("filter").addEventListener("input", () => { table.query.text = $("filter").value; asked(); });
$("unit").addEventListener("change", () => { table.query.unit = $("unit").value; asked(); });
$("clear").addEventListener("click", () => {
  Object.assign(table.query, { text: "", unit: "" });
  table.query.states.clear();
  $("filter").value = $("unit").value = "";
  asked();
  $("filter").focus();
});
for (const chip of document.querySelectorAll(".chip")) {
  chip.addEventListener("click", () => {
    if (!table.query.states.delete(chip.dataset.state)) table.query.states.add(chip.dataset.state);
    asked();
  });
}
for (const button of document.querySelectorAll(".sort")) {
  button.addEventListener("click", () => {
    const again = table.query.sort === button.dataset.sort;
    Object.assign(table.query, { sort: button.dataset.sort, descending: again && !table.query.descending });
    asked();
  });
}

// ── choosing and acting ─────────────────────────────────────
const chosen = () => table.visible().filter((row) => row.querySelector(".pick").checked).map((row) => row.dataset.id);
function chosenChanged() {
  const count = chosen().length;
  $("batch").hidden = count === 0;
  setText($("batch-count"), `${count} chosen`);
  $("pick-all").checked = count > 0 && count === table.visible().length;
  $("pick-all").indeterminate = count > 0 && count < table.visible().length;
}
function choose(rows, on) {
  for (const row of rows) row.querySelector(".pick").checked = on;
  chosenChanged();
}

$("rows").addEventListener("click", (event) => {
  const row = event.target.closest("tr");
  const button = event.target.closest("button");
  if (button?.dataset.do) ask(button.dataset.do, [row.dataset.id]);
  else if (button || (!event.target.closest("input") && !String(getSelection()))) panel.show(row.dataset.id, Boolean(button));
});
$("rows").addEventListener("change", chosenChanged);
$("pick-all").addEventListener("change", () => choose(table.visible(), $("pick-all").checked));
$("batch-none").addEventListener("click", () => choose(table.visible(), false));
for (const button of document.querySelectorAll("[data-batch]")) button.addEventListener("click", () => ask(button.dataset.batch, chosen()));

// ── switches and keys ───────────────────────────────────────
function pause() {
  paused = !paused;
  $("pause").setAttribute("aria-pressed", paused);
  setText($("pause"), paused ? "Go on" : "Pause");
  if (!paused) for (const message of held.splice(0)) apply(message);
  lamp();
}
$("pause").addEventListener("click", pause);

const THEMES = ["auto", "light", "dark"];
function wear(theme) {
  document.documentElement.dataset.theme = theme;
  const word = theme[0].toUpperCase() + theme.slice(1);
  setText($("theme"), word);
  $("theme").setAttribute("aria-label", `${word} theme`);
}
$("theme").addEventListener("click", () => {
  const next = THEMES[(THEMES.indexOf(document.documentElement.dataset.theme ?? "auto") + 1) % THEMES.length];
  localStorage.setItem("theme", next);
  wear(next);
});
wear(THEMES.includes(localStorage.getItem("theme")) ? localStorage.getItem("theme") : "auto");
$("keys").addEventListener("click", () => $("help").showModal());

function step(by) {
  const rows = table.visible();
  const at = rows.findIndex((row) => row.contains(document.activeElement));
  const next = rows[at < 0 ? 0 : Math.min(Math.max(at + by, 0), rows.length - 1)];
  next?.querySelector(".open").focus();
  if (panel.current() && next) panel.show(next.dataset.id, false);
}
const focusedRow = () => document.activeElement.closest?.("#rows tr")?.dataset.id ?? panel.current();

const KEYS = {
  "/": () => $("filter").focus(),
  j: () => step(1),
  k: () => step(-1),
  x: () => { const row = table.element(focusedRow()); if (row) choose([row], !row.querySelector(".pick").checked); },
  r: () => { const ids = chosen().length ? chosen() : [focusedRow()].filter(Boolean); ask("rebuild", ids.filter((id) => rights.get(id.split("/")[0])?.allowed !== false)); },
  p: pause,
  "?": () => $("help").showModal(),
  Escape: () => panel.close(),
};
document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey || document.querySelector("dialog[open]")) return;
  const typing = event.target.matches("input:not([type=checkbox]), select");
  if (typing && event.key === "Escape") { event.target.blur(); return; }
  const act = typing ? null : KEYS[event.key];
  if (act) { event.preventDefault(); act(); }
});

setInterval(() => { table.tick(); lamp(); }, 1000);
setInterval(() => { if (connected && Date.now() - heardAt > SILENCE) { connected = false; lamp(); } }, 1000);
asked();
