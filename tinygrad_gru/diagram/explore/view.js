// --- drawing -------------------------------------------------------------------------------------------------------
// The open boxes, the nodes and the edges as SVG. Names go in as text only, whatever they contain.

const FONT = '"DejaVu Sans Condensed", "Segoe UI", Roboto, Helvetica, Arial, sans-serif';
const STRIP = 8;
const CELL = 12;
const LINE = 15;
const PAD = 8;
const LABEL = 34;
const pen = document.createElement("canvas").getContext("2d");
const widths = new Map();
function width(text, size, bold) {
  const key = `${size}${bold ? "b" : ""} ${text}`;
  if (!widths.has(key)) {
    pen.font = `${bold ? "bold " : ""}${size}px ${FONT}`;
    widths.set(key, Math.ceil(pen.measureText(text).width));
  }
  return widths.get(key);
}
// Text with what follows an underscore set lower, as in W_r; and how wide it is then.
const parts = text => text.split(/_([\p{L}\p{M}\p{Nd}]+)/u).map((part, i) => [part, i % 2 === 1]);
const widthOf = (text, size, bold) =>
  parts(text).reduce((sum, [part, low]) => sum + width(part, low ? size * 0.75 : size, bold), 0);
function write(text, x, y, size, kind, parent) {
  const e = svg("text", {x, y, class: kind}, parent);
  e.style.fontSize = `${size}px`;
  let sunk = false;
  for (const [part, low] of parts(text)) {
    if (!part) continue;
    const span = svg("tspan", low === sunk ? {} : {dy: low ? 3 : -3}, e, part);
    if (low) span.style.fontSize = `${size * 0.75}px`;
    sunk = low;
  }
  return e;
}
function svg(tag, attributes, parent, text) {
  const e = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) e.setAttribute(name, value);
  if (text !== undefined) e.textContent = text;
  parent?.append(e);
  return e;
}
const short = (text, most) => {
  // the middle goes, so that what it is and how it ends stay
  const letters = [...text];
  const first = letters.slice(0, Math.ceil(most * 0.6)).join("");
  const last = letters.slice(2 - Math.floor(most * 0.4)).join("");
  return letters.length <= most ? text : `${first} … ${last}`;
};
const sizeText = t => (T[t].shape.length ? T[t].shape.join("×") : "");

// What a node or closed box says, in lines: {text, size, bold} or {strip: "value" | "gradient", tensor}.
const faces = new Map();
function faceOf(id) {
  if (!faces.has(id)) faces.set(id, id[0] === "b" ? boxFace(+id.slice(1)) : nodeFace(D.nodes[+id.slice(1)]));
  return faces.get(id);
}
function boxFace(b) {
  const lines = [];
  const of = outputs[b].slice(0, 2);
  for (const n of of) {
    const {title, tensor} = D.nodes[n];
    const {formula} = T[tensor];
    lines.push({text: short(title, 24), size: 14, bold: true, note: sizeText(tensor)});
    if (formula && formula !== title && of.length === 1) lines.push({text: short(formula, 34), size: 11});
    lines.push(...stripsOf(tensor));
  }
  return {
    head: `▸ ${short(D.boxes[b].title, 30)}`,
    lines,
    tags: [],
    role: D.boxes[b].role || D.nodes[of[0]].role,
    tensors: of.map(n => D.nodes[n].tensor),
  };
}
function nodeFace({title, symbol, tensor, named, role, tags, notes}) {
  const lines = [{text: short(title, 28), size: named ? 14 : 15, bold: true, note: sizeText(tensor)}];
  if (named && symbol && symbol !== title) lines.push({text: short(symbol, 28), size: 12});
  if (named || T[tensor].shape.length === 0) lines.push(...stripsOf(tensor));
  for (const note of notes) lines.push({text: short(note, 24), size: 11});
  return {lines, tags, role, tensors: [tensor]};
}
function stripsOf(tensor) {
  const strips = [{strip: D.backward ? "grad" : "value", tensor}];
  if (D.turn < N && T[tensor].wants) strips.push({strip: "grad", tensor});
  return strips;
}
// A small matrix is shown whole, its rows below each other; of anything else, the first eight numbers in a row.
const GRID = 9;
function gridOf(tensor) {
  const {shape, value} = T[tensor];
  const sides = [...shape]; // a row is one row, and a column of shape n×1 is one column
  while (sides.length > 2 && sides.slice(0, -1).includes(1)) sides.splice(sides.indexOf(1), 1);
  const [rows, columns] = sides;
  const isSmall = !many(value) && sides.length === 2 && rows > 1 && rows <= STRIP && columns <= STRIP;
  return isSmall
    ? {rows, columns, size: GRID}
    : {rows: 1, columns: Math.min(numbersIn(value).length, STRIP), size: CELL};
}
const numbersIn = v => (many(v) ? v.first : v);
function lineSize({text, size, bold, note, strip, tensor}) {
  if (strip) {
    const n = numbersIn(T[tensor].value).length;
    const {rows, columns, size} = gridOf(tensor);
    const more = many(T[tensor].value) || n > rows * columns;
    return {w: LABEL + (n === 1 ? 62 : columns * size + (more ? 12 : 0)), h: Math.max(LINE, rows * size + 4)};
  }
  return {w: widthOf(text, size, bold) + (note ? width(note, 10) + 8 : 0), h: size + 4};
}
function sizeOf(id) {
  const {head, lines, tags} = faceOf(id);
  const sizes = lines.map(lineSize);
  const chips = tags.map(t => widthOf(short(T[t].title, 20), 11, true) + 14);
  const w = Math.max(30, ...sizes.map(s => s.w + 2 * PAD), head ? widthOf(head, 12, true) + 2 * PAD : 0, ...chips);
  const body = sizes.reduce((sum, s) => sum + s.h, PAD) + (head ? 24 : 0);
  return {w, body, h: body + tags.length * 21};
}

// One drawn item: its group, what it is, and the strips in it, which paint() fills.
let scene = null;
let room = 0; // for a row, where letters can be read
const drawn = new Map();
function draw() {
  scene = seen(sizeOf);
  room = roomNow();
  layOut(scene.root, room);
  settle(scene.root);
  const world = $("world");
  world.textContent = "";
  drawn.clear();
  const frames = svg("g", {}, world);
  const lines = svg("g", {"aria-hidden": "true"}, world);
  const front = svg("g", {}, world);
  for (const edge of scene.edges) {
    const [from] = edge.nodes[0];
    const {role} = D.nodes[from];
    const g = svg("g", {class: `edge ${edge.line ? "line" : ""} ${role && `role-${role}`}`}, lines);
    const path = svg("path", {d: pathOf(edge)}, g);
    const {x, y, above} = endOf(edge);
    svg("path", {class: "head", d: `M${x} ${y}l-7 -3.5v7z`}, g);
    if (edge.operand) svg("text", {class: "small", x: x - 13, y: y + (above ? -4 : 11)}, g, String(edge.operand));
    Object.assign(edge, {g, path});
  }
  const put = item => {
    if (!item.items) return node(item, front);
    frame(item, frames, front);
    return item.items.forEach(put);
  };
  scene.root.items.forEach(put);
  scene.root.w = Math.max(scene.root.w, 1);
}
// Where it ends, and whether that is above the middle of what it ends at.
function endOf({target, pieces}) {
  const {box, links} = pieces.at(-1);
  const offset = links.at(-1)?.b === target ? links.at(-1).to : 0;
  return {x: +target.X.toFixed(1), y: +(box.top + target.y + offset).toFixed(1), above: offset < 0};
}
function frame(box, frames, front) {
  const {title, role} = D.boxes[box.b];
  const g = svg("g", {class: `frame ${role && `role-${role}`}`, transform: `translate(${box.X} ${box.Y})`}, frames);
  svg("rect", {width: box.w, height: box.h, rx: 8}, g);
  toggle(box, `▾ ${title}`, front, widthOf(`▾ ${title}`, 12, true) + 2 * PAD, true);
}
function toggle(item, words, parent, w, open) {
  const room = Math.max(24, Math.min(w, item.w));
  const g = svg(
    "g",
    {
      class: "toggle",
      transform: `translate(${item.X} ${item.Y})`,
      tabindex: 0,
      role: "button",
      "aria-expanded": open,
      "data-box": item.b,
      "aria-label": `${D.boxes[item.b].title}, ${open ? "close" : "open"}`,
    },
    parent,
  );
  svg("rect", {width: room, height: 24, rx: 6}, g);
  write(words, PAD, 16, 12, "head", g);
}
function node(item, front) {
  const face = faceOf(item.id);
  const {role} = face;
  const closed = item.b !== null;
  const kind = closed ? "closed" : D.nodes[item.n].named ? "named" : "op";
  const g = svg(
    "g",
    {
      class: `node ${kind} ${role && `role-${role}`}`,
      transform: `translate(${item.X} ${item.Y})`,
      tabindex: 0,
      role: "button",
      "data-id": item.id,
    },
    front,
  );
  if (closed) svg("rect", {class: "behind", x: 4, y: 4, width: item.w, height: item.body, rx: 7}, g);
  svg("rect", {class: "rim", width: item.w, height: item.body, rx: closed || kind === "named" ? 7 : 12}, g);
  drawn.set(item.id, {g, item, tensors: face.tensors, strips: [], state: "", detail: null});
  if (closed) toggle(item, face.head, front, item.w, false);
  face.tags.forEach((t, i) => tag(item, t, i, front));
}
function writeInto(entry) {
  // what stands in a node: written when it comes into view
  const {g, item} = entry;
  const face = faceOf(item.id);
  const inner = (entry.detail = svg("g", {class: "detail"}, g));
  let y = PAD / 2 + (item.b !== null ? 24 : 0);
  for (const line of face.lines) {
    const {h, w} = lineSize(line);
    const x = (item.w - w) / 2;
    if (line.strip) entry.strips.push(strip(line, inner, Math.max(PAD, x), y));
    else {
      write(line.text, x, y + line.size, line.size, line.bold ? "bold" : "", inner);
      if (line.note) {
        svg(
          "text",
          {x: x + widthOf(line.text, line.size, line.bold) + 8, y: y + line.size, class: "small"},
          inner,
          line.note,
        );
      }
    }
    y += h;
  }
  fillStrips(entry);
}
function tag(item, t, i, front) {
  const text = short(T[t].title, 20);
  const w = widthOf(text, 11, true) + 12;
  const g = svg(
    "g",
    {
      class: `node tag ${T[t].wants ? "weight" : ""}`,
      transform: `translate(${item.X + (item.w - w) / 2} ${item.Y + item.body + 2 + 21 * i})`,
      tabindex: 0,
      role: "button",
    },
    front,
  );
  svg("rect", {class: "rim", width: w, height: 18, rx: 2}, g);
  write(text, 6, 13, 11, "bold", g);
  drawn.set(`${item.id} ${i}`, {g, item, tensors: [t], strips: [], state: "", tag: true, detail: g});
}
// Numbers as cells in the colours of their sizes, or one number in digits.
function strip({strip: kind, tensor}, g, x, y) {
  svg("text", {x, y: y + 11, class: "small"}, g, kind);
  const value = T[tensor].value;
  const n = numbersIn(value).length;
  if (n === 1) return {kind, tensor, number: svg("text", {x: x + LABEL, y: y + 11, class: "digits"}, g, "")};
  const cells = [];
  const {rows, columns, size} = gridOf(tensor);
  for (let i = 0; i < rows * columns; i++) {
    const place = {x: x + LABEL + size * (i % columns), y: y + 1 + size * Math.floor(i / columns)};
    cells.push(svg("rect", {class: "cell", ...place, width: size, height: size}, g));
  }
  if (many(value) || n > rows * columns) {
    svg("text", {x: x + LABEL + size * columns + 2, y: y + 11, class: "small"}, g, "…");
  }
  return {kind, tensor, cells};
}

// --- colours of numbers --------------------------------------------------------------------------------------------
const finite = values => values.map(Number).filter(Number.isFinite).map(Math.abs);
const largest = arrays => arrays.reduce((most, v) => Math.max(most, ...finite(numbersIn(v))), 0) || 1;
const scales = {};
function setScales() {
  const drawnAs = [...new Set(D.nodes.map(({tensor}) => tensor))].filter(i => T[i].shape.some(n => n > 1));
  const {sum} = arrived(N);
  const values = drawnAs.filter(i => !T[i].gate).map(i => T[i].value);
  scales.value = largest(values);
  scales.grad = largest(D.backward ? values : drawnAs.flatMap(i => (sum[i] === undefined ? [] : [sum[i]])));
  const legend = {...(D.backward ? {} : {value: "value"}), ...(D.backward || D.turn < N ? {grad: "gradient"} : {})};
  for (const [kind, name] of Object.entries(legend)) {
    const p = html("p", {className: "scale"}, $("legend"), `${name} −${fmt(+scales[kind].toPrecision(2))}`);
    html("i", {className: kind}, p);
    p.append(fmt(+scales[kind].toPrecision(2)));
  }
  if (T.some(t => t.gate)) {
    const p = html("p", {className: "scale"}, $("legend"), "gate 0");
    html("i", {className: "gate"}, p);
    p.append("1");
  }
}
function fillStrips({strips}) {
  const {sum} = arrived(at);
  for (const s of strips) {
    const isGradient = s.kind === "grad" && !D.backward; // of a graph of gradients, these are the values
    fill(s, isGradient ? sum[s.tensor] : isDone(s.tensor) ? T[s.tensor].value : undefined);
  }
}
function fill({kind, tensor, cells, number}, v) {
  const known = v === undefined ? null : numbersIn(v);
  if (number) {
    number.textContent = known ? fmt(known[0]) : "–";
    return;
  }
  cells.forEach((cell, i) => {
    const value = known ? +known[i] : 0;
    const gate = kind === "value" && T[tensor].gate;
    const share = Math.min(1, Math.abs(value) / (gate ? 1 : scales[kind]));
    const sign = gate ? "gate" : `${kind} ${value < 0 ? "low" : "high"}`;
    cell.setAttribute("class", `cell ${!known ? "blank" : Number.isFinite(value) ? sign : "alarm"}`);
    cell.style.setProperty("--share", `${Math.round(100 * (share || 0))}%`);
  });
}

// --- moving about --------------------------------------------------------------------------------------------------
const view = {k: 1, x: 0, y: 0};
const stageBox = () => $("stage").getBoundingClientRect();
function place(glide) {
  view.untouched = false;
  $("world").classList.toggle("glide", Boolean(glide));
  $("world").style.transform = `translate(${view.x}px, ${view.y}px) scale(${view.k})`;
  $("stage").classList.toggle("far", view.k < FAR);
  details();
}
// Of thousands of nodes only those in view are written in full, and none where no letter could be read.
const FAR = 0.3;
const WRITTEN = 800;
function details() {
  const {width: w, height: h} = stageBox();
  const margin = 200;
  const written = [];
  for (const entry of drawn.values()) {
    if (entry.tag) continue;
    const {X, Y, w: wide, h: high} = entry.item;
    const x = view.x + X * view.k;
    const y = view.y + Y * view.k;
    const isSeen = x < w + margin && y < h + margin && x + wide * view.k > -margin && y + high * view.k > -margin;
    if (isSeen && !entry.detail && view.k >= FAR) writeInto(entry);
    if (!isSeen && entry.detail) written.push(entry);
  }
  if (written.length > WRITTEN) {
    for (const entry of written) {
      entry.detail.remove();
      Object.assign(entry, {detail: null, strips: []});
    }
  }
}
function scaleOfAll() {
  const {width: w, height: h} = stageBox();
  return Math.min((w - 24) / scene.root.w, (h - 24) / scene.root.h);
}
function fit() {
  const {width: w, height: h} = stageBox();
  const k = Math.min(scaleOfAll(), 1.5);
  Object.assign(view, {k, x: (w - scene.root.w * k) / 2, y: (h - scene.root.h * k) / 2});
  place();
}
// Where letters are large enough to be read: all of it, or else the beginning.
const READABLE = 0.85;
const roomNow = () => Math.max(300, (stageBox().width - 24) / READABLE);
function start() {
  if (scaleOfAll() >= READABLE) fit();
  else if (scene.root.rows.length) {
    const {width: w} = stageBox();
    Object.assign(view, {k: READABLE, x: Math.max(12, (w - scene.root.w * READABLE) / 2), y: 12});
    place();
  }
  else {
    const {height: h} = stageBox();
    const first = scene.root.items.reduce((a, b) => (a.X <= b.X ? a : b));
    const middle = scene.root.h * READABLE < h ? scene.root.h / 2 : first.Y + first.h / 2;
    Object.assign(view, {k: READABLE, x: 12, y: h / 2 - middle * READABLE});
    place();
  }
  view.untouched = true;
}
function zoom(factor, px, py) {
  const k = Math.max(0.02, Math.min(6, view.k * factor));
  const f = k / view.k;
  Object.assign(view, {k, x: px - (px - view.x) * f, y: py - (py - view.y) * f});
  place();
}
function zoomed(factor) {
  const {width: w, height: h} = stageBox();
  zoom(factor, w / 2, h / 2);
}
// Into view with it, readable, unless it is there already.
function reveal(item, glide = true) {
  const {width: w, height: h} = stageBox();
  const k = Math.max(view.k, READABLE);
  const left = view.x + item.X * view.k;
  const top = view.y + item.Y * view.k;
  if (k === view.k && left > 8 && top > 8 && left + item.w * k < w - 8 && top + item.h * k < h - 8) return;
  const y = scene.root.h * k < h ? (h - scene.root.h * k) / 2 : h / 2 - (item.Y + item.h / 2) * k;
  Object.assign(view, {k, x: w / 2 - (item.X + item.w / 2) * k, y});
  place(glide);
}
