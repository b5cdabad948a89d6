// The rows: filled, ordered and filtered in place. A gateway keeps its element for as long as it lives.

import { $, age, setText } from "./dom.js";

const body = $("rows");
const ROWS = new Map();      // id → what the server sent
const ELEMENTS = new Map([...body.rows].map((element) => [element.dataset.id, element]));
const CELLS = new WeakMap(); // element → its filled parts by name

export const query = read();

function read() {
  const fields = new URLSearchParams(location.search);
  const sort = fields.get("sort") || "state";
  return {
    text: fields.get("q") || "", unit: fields.get("ou") || "", states: new Set(fields.getAll("state")),
    sort: sort.replace(/^-/, ""), descending: sort.startsWith("-"),
  };
}

export function address() {
  const fields = new URLSearchParams();
  if (query.text) fields.set("q", query.text);
  if (query.unit) fields.set("ou", query.unit);
  for (const state of query.states) fields.append("state", state);
  if (query.sort !== "state" || query.descending) fields.set("sort", (query.descending ? "-" : "") + query.sort);
  return fields.size ? `?${fields}` : "";
}

export const get = (id) => ROWS.get(id);
export const element = (id) => ELEMENTS.get(id);
export const visible = () => [...body.rows].filter((row) => !row.hidden);
export const all = () => [...ROWS.values()];

/** Take rows; returns those whose state is another one now, as [before, after]. */
export function take(rows, gone, whole) {
  const moved = [];
  const listed = new Set(rows.map((row) => row.id));
  for (const row of rows) {
    const before = ROWS.get(row.id);
    ROWS.set(row.id, row);
    const known = ELEMENTS.get(row.id);
    const shown = known || create(row);
    if (before && before.state !== row.state) moved.push([before, row]);
    if (fill(shown, row) && before && !whole) flash(shown);
  }
  for (const id of whole ? [...ELEMENTS.keys()].filter((known) => !listed.has(known)) : gone) {
    ROWS.delete(id);
    ELEMENTS.get(id)?.remove();
    ELEMENTS.delete(id);
  }
  arrange();
  return moved;
}

function create(row) {
  const made = $("row").content.firstElementChild.cloneNode(true);
  made.dataset.id = row.id;
  ELEMENTS.set(row.id, made);
  body.append(made);
  return made;
}

function parts(shown) {
  let found = CELLS.get(shown);
  if (!found) {
    found = { cells: {}, since: shown.querySelector("[data-t]"), turn: shown.querySelectorAll("[data-do]")[1] };
    for (const cell of shown.querySelectorAll("[data-c]")) found.cells[cell.dataset.c] = cell;
    CELLS.set(shown, found);
  }
  return found;
}

function fill(shown, row) {
  const { cells, since, turn } = parts(shown);
  let changed = false;
  for (const [name, text] of Object.entries(row.cells)) {
    if (cells[name].textContent !== text) { cells[name].textContent = text; changed = true; }
  }
  if (shown.dataset.state !== row.state) shown.dataset.state = row.state;
  if ((shown.dataset.level || "") !== row.level) { if (row.level) shown.dataset.level = row.level; else delete shown.dataset.level; }
  if (since.dateTime !== row.since) { since.dateTime = row.since; since.title = row.since; setText(since, age(row.since)); }
  const word = row.state === "Disconnected" ? "Connect" : "Disconnect";
  if (turn.textContent !== word || changed) {
    setText(turn, word);
    turn.dataset.do = word.toLowerCase();
    turn.setAttribute("aria-label", `${word} ${row.cells.name}`);
    turn.previousElementSibling.setAttribute("aria-label", `Rebuild ${row.cells.name}`);
    shown.querySelector(".pick").setAttribute("aria-label", `Choose ${row.cells.name}`);
  }
  return changed;
}

function flash(shown) {
  shown.classList.remove("news");
  requestAnimationFrame(() => shown.classList.add("news"));
}

/** Filter and order. Only what is out of place is moved, and the focus stays where it is. */
export function arrange() {
  const words = query.text.toLowerCase().split(/\s+/).filter(Boolean);
  let count = 0;
  for (const [id, row] of ROWS) {
    const fits = words.every((word) => row.find.includes(word))
      && (!query.states.size || query.states.has(row.state)) && (!query.unit || row.unit === query.unit);
    const shown = ELEMENTS.get(id);
    if (shown.hidden === fits) shown.hidden = !fits;
    count += fits;
  }
  const order = all().sort(compare);
  const focused = document.activeElement;
  let place = body.firstElementChild;
  for (const row of order) {
    const shown = ELEMENTS.get(row.id);
    if (shown === place) place = place.nextElementSibling;
    else body.insertBefore(shown, place);
  }
  if (focused !== document.activeElement && body.contains(focused)) focused.focus({ preventScroll: true });
  setText($("shown"), count === ROWS.size ? `${count} gateways` : `${count} of ${ROWS.size} gateways`);
  $("empty").hidden = count > 0;
  setText($("empty"), ROWS.size ? "No gateway fits these filters." : "There is no SmppGateway here yet.");
  $("clear").hidden = !(query.text || query.unit || query.states.size);
}

const collator = new Intl.Collator("en");
function order(one, other) {
  return typeof one === "number" ? one - other : one < other ? -1 : one > other ? 1 : 0;
}
function compare(one, other) {
  const first = order(one.sort[query.sort], other.sort[query.sort]) * (query.descending ? -1 : 1);
  return first || collator.compare(one.cells.name, other.cells.name) || collator.compare(one.id, other.id);
}

/** Count the ages on, where they can be seen. */
export function tick() {
  for (const shown of body.rows) if (!shown.hidden) {
    const { since } = parts(shown);
    if (since.dateTime) setText(since, age(since.dateTime));
  }
}
