// --- the panel: what is known of a tensor, and the search ----------------------------------------------------------

const many = v => !Array.isArray(v);
function fmt(v) {
  if (typeof v === "string") return v.replace("nan", "NaN").replace("inf", "∞").replace("-", "−");
  const digits = v && Math.abs(v) < 1e-4 ? v.toExponential().replace("+", "") : String(v + 0);
  return digits.replace("Infinity", "∞").replace(/-/g, "−");
}
function shown(v) {
  if (many(v)) return `[${v.first.slice(0, 4).map(fmt).join(" ")} …], ‖·‖ = ${fmt(v.norm)}`;
  return v.length === 1 ? fmt(v[0]) : `[${v.slice(0, 8).map(fmt).join(" ")}${v.length > 8 ? " …" : ""}]`;
}
// All numbers that are known of an array, a row of it in each line.
function inRows(v, shape) {
  const columns = shape.at(-1) ?? 1;
  if (many(v) || v.length === 1) return shown(v);
  return Array.from({length: v.length / columns}, (_, row) =>
    v
      .slice(row * columns, (row + 1) * columns)
      .map(fmt)
      .join("  "),
  ).join("\n");
}
const norm = v => (many(v) ? +v.norm : Math.hypot(...v.map(Number)));
const all = (query, e = document) => [...e.querySelectorAll(query)];
const html = (tag, attributes, parent, text) => {
  const e = Object.assign(document.createElement(tag), attributes);
  if (text !== undefined) e.textContent = text;
  parent?.append(e);
  return e;
};

const users = T.map(() => []);
T.forEach((t, i) => t.from.forEach(j => users[j].push(i)));
const titleOf = i => T[i].title;
function ways(i) {
  // the tensors on ways from i to the loss, and how many ways there are
  const count = new Map([[D.loss, 1]]);
  for (let j = T.length - 1; j >= 0; j--) {
    const n = j === D.loss ? 1 : users[j].reduce((sum, user) => sum + (count.get(user) || 0), 0);
    if (n) count.set(j, n);
  }
  const on = new Set();
  const pending = [i];
  while (pending.length) {
    const j = pending.pop();
    if (on.has(j) || !count.get(j)) continue;
    on.add(j);
    pending.push(...users[j]);
  }
  return {on, n: count.get(i) || 0};
}

let chosen = null;
function inspect(i) {
  chosen = i;
  tell(i);
  light();
}
function tell(i) {
  const t = T[i];
  const {sum, times} = arrived(at);
  $("who").textContent = `${t.title}  ${t.shape.length ? `(${t.shape.join(", ")})` : ""}`;
  $("facts").textContent = "";
  const fact = (name, text) => {
    html("dt", {}, $("facts"), name);
    return html("dd", {}, $("facts"), text);
  };
  const others = (name, numbers) => {
    const dd = fact(name, numbers.length ? undefined : "—");
    for (const j of [...new Set(numbers)].slice(0, 12)) {
      html("button", {type: "button", className: "link", onclick: () => go(j)}, dd, short(titleOf(j), 30));
    }
  };
  fact(D.backward ? "gradient" : "value", isDone(i) ? inRows(t.value, t.shape) : "not computed yet");
  if (D.turn < N) {
    const known = sum[i] && `${inRows(sum[i], t.shape)}\n‖·‖ = ${fmt(+norm(sum[i]).toPrecision(4))}`;
    fact("gradient", known ?? (t.wants ? "not computed yet" : "none is wanted"));
    fact("contributions", total[i] ? `${times[i] || 0} of ${total[i]}` : "—");
  }
  fact("operation", t.op || "a leaf: an input, a parameter or a constant");
  fact("formula", t.formula || "—");
  fact("rule", D.rules[t.rule] || "—");
  others("made of", t.from);
  others("used by", users[i]);
  if (D.turn < N) fact("ways of the gradient from the loss", String(ways(i).n));
  fact("made in", D.where[t.where] || "—");
}
function light() {
  // what is off the ways of the chosen tensor's gradient is pale
  const {on, n} = chosen === null ? {n: 0} : ways(chosen);
  const hide = n > 0 && D.turn < N;
  const lit = new Set(hide ? [...on].flatMap(j => (T[j].node < 0 ? [] : [seenAt(T[j].node)])) : []);
  for (const {g, item, tensors, tag} of drawn.values()) {
    const here = tag ? tensors.some(j => on?.has(j)) : lit.has(item.id) || tensors.some(j => on?.has(j));
    g.classList.toggle("dim", hide && !here && !(tag && tensors.includes(chosen)));
    g.classList.toggle("chosen", tensors.includes(chosen));
  }
  for (const {g, source, target} of scene.edges) {
    g.classList.toggle("dim", hide && !(lit.has(source.id) && lit.has(target.id)));
  }
}
function nobody() {
  chosen = null;
  $("who").textContent = "Click a node";
  $("facts").textContent = "";
  light();
  adding(at);
}
// Opens what is around it, goes there, and tells about it.
function go(i) {
  const {node} = T[i];
  if (node >= 0) {
    const closed = boxesAround[node].filter(b => !opened.has(b));
    closed.forEach(b => opened.add(b));
    if (closed.length) redraw();
    reveal(scene.items.get(seenAt(node)));
  }
  inspect(i);
  adding(at);
}

// Boxes and tensors whose names, operations or formulas have the words in them; a name that begins so comes first.
const MOST_HITS = 30;
const NOWHERE = 9;
function hitsOf(words) {
  const wanted = words.trim().toLowerCase();
  if (!wanted) return [];
  const rank = text => {
    const at = text.toLowerCase().indexOf(wanted);
    if (at < 0) return NOWHERE;
    return text.length === wanted.length ? 0 : at ? 2 : 1;
  };
  const boxes = D.boxes.map((box, b) => ({rank: rank(box.title), name: box.title, kind: "box", go: () => goToBox(b)}));
  const tensors = T.map((t, i) => ({
    rank: Math.min(rank(t.title), 3 + rank(t.op), 4 + rank(t.formula), NOWHERE),
    name: t.title,
    kind: t.op || "leaf",
    go: () => go(i),
  }));
  return [...boxes, ...tensors].filter(hit => hit.rank < NOWHERE).sort((a, b) => a.rank - b.rank);
}
function goToBox(b) {
  const around = boxesAround[inside[b][0]];
  const closed = around.slice(0, around.indexOf(b)).filter(outer => !opened.has(outer));
  closed.forEach(outer => opened.add(outer));
  if (closed.length) redraw();
  const item = scene.items.get(`b${b}`);
  reveal(item);
  all(`[data-box="${b}"]`)[0]?.focus({preventScroll: true});
}
function search() {
  const hits = hitsOf($("search").value);
  const list = $("hits");
  list.textContent = "";
  for (const {name, kind, go} of hits.slice(0, MOST_HITS)) {
    const b = html("button", {type: "button", className: "hit", onclick: go}, html("li", {}, list), short(name, 40));
    html("small", {}, b, ` ${kind}`);
  }
  const counted = hits.length > MOST_HITS ? `${MOST_HITS} of ${hits.length}` : `${hits.length || "nothing"} found`;
  $("many").textContent = $("search").value.trim() && counted;
  return hits;
}
$("search").addEventListener("input", search);
$("search").addEventListener("keydown", e => {
  if (e.key === "Enter") search()[0]?.go();
  if (e.key === "Escape") {
    $("search").value = "";
    search();
    $("search").blur();
  }
  e.stopPropagation();
});
