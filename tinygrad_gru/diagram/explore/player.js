// --- the player ----------------------------------------------------------------------------------------------------
// Events are operations forward, then contributions of gradients back; `at` of them have happened. One goes from stop to
// stop: events inside a closed box are one, as nothing else would be seen of them.

// What has arrived at each tensor before event k, and in how many parts: every way back adds its share. Kept until
// another k is asked for.
const total = {};
for (let e = D.turn; e < N; e++) for (const [to] of D.events[e][2]) total[to] = (total[to] || 0) + 1;
let known = {k: -1};
function arrived(k) {
  if (known.k === k) return known;
  const sum = {};
  const times = {};
  for (let e = D.turn; e < k; e++) {
    for (const [to, g, together] of D.events[e][2]) {
      sum[to] = together ?? g;
      times[to] = (times[to] || 0) + 1;
    }
  }
  if (k >= D.turn && D.turn < N) sum[D.loss] = [1];
  return (known = {k, sum, times});
}
const forwardAt = new Map(D.events.slice(0, D.turn).map(([i], e) => [i, e]));
const isDone = i => T[i].leaf || !forwardAt.has(i) || forwardAt.get(i) < at;
const itemOf = i => (T[i].node < 0 ? "" : seenAt(T[i].node));
window.gradients = () => Object.fromEntries(Object.entries(arrived(N).sum).map(([i, v]) => [T[i].title, v]));

let stops = [0];
function findStops() {
  stops = [0];
  for (let e = 0; e < N; e++) {
    const item = itemOf(D.events[e][0]);
    const next = e + 1 < N && e + 1 !== D.turn ? itemOf(D.events[e + 1][0]) : null;
    if (item === "" && next !== null) continue; // what is not drawn goes with what comes after it
    if (!(item[0] === "b" && item === next)) stops.push(e + 1);
  }
}
const stopBefore = k => stops.findLast(stop => stop < k) ?? 0;
const stopAfter = k => stops.find(stop => stop > k) ?? N;

// Chapters: each outer box on the way there and back, and what adds up to the gradient of each parameter.
function chapters() {
  const list = [];
  const add = (group, name, stop) => list.push({group, name, stop});
  const arrivals = {};
  let last = "";
  D.events.forEach(([i, , passed], e) => {
    const around = T[i].node < 0 ? [] : boxesAround[T[i].node].filter(b => !isTen(D.boxes[b]));
    const name =
      around
        .slice(0, 3)
        .map(b => D.boxes[b].title)
        .join(" / ") || T[i].title;
    const way = passed ? "back" : "forward";
    if (around.length && `${way} ${name}` !== last) {
      add(way, name, e);
      last = `${way} ${name}`;
    }
    if (e === D.turn - 1) {
      add("forward", "the loss", D.turn - 1);
      last = "";
    }
    for (const [to] of passed || []) {
      if (T[to].leaf && T[to].wants) {
        arrivals[to] = (arrivals[to] || 0) + 1;
        if (arrivals[to] === 1) add("gradients", `first share of ${T[to].title}`, e);
        if (arrivals[to] === total[to] && total[to] > 1) {
          add("gradients", `all ${total[to]} shares of ${T[to].title}`, e);
        }
      }
    }
  });
  return list;
}
let chapterList = [];
function listChapters() {
  const groups = {};
  chapterList = chapters();
  chapterList.forEach(({group, name}, n) => {
    groups[group] ??= html("optgroup", {label: group}, $("chapters"));
    html("option", {value: n}, groups[group], short(name, 60));
  });
}
function nameChapter() {
  // the one that is being played
  const n = chapterList.findLastIndex(({group, stop}) => group !== "gradients" && stop <= at - 1);
  $("chapters").value = n < 0 || isResting() ? "" : n;
}

const READY = "Ready: press play, or use the arrow keys. First every operation forward, then every gradient back.";
const RESTING =
  "Everything is computed. Press play to see how: first every operation forward, then every gradient back.";
function caption(k) {
  const c = $("caption");
  c.textContent = "";
  c.scrollTop = 0;
  c.classList.toggle("back", k > D.turn);
  c.setAttribute("aria-live", timer ? "off" : "polite"); // at full speed nobody could listen
  if (isResting() || !k) {
    c.textContent = isResting() ? RESTING : READY;
    return;
  }
  const item = itemOf(D.events[k - 1][0]);
  const first = stopBefore(k);
  const inOne = item[0] === "b" && k - first > 1;
  if (inOne) {
    const operations = `${k - first} operations ${k > D.turn ? "back" : "forward"}`;
    html("div", {}, c, `${D.boxes[+item.slice(1)].title}, ${operations}; open the box to see each`);
  }
  const leaves = to => itemOf(to) !== item || T[to].leaf; // of several events in a box, what leaves it
  const events =
    inOne && k > D.turn
      ? D.events.slice(first, k).filter(([, , passed]) => passed.some(([to]) => leaves(to)))
      : [D.events[k - 1]];
  for (const [i, words] of events) {
    let line = html("div", {}, c);
    for (const [word, strong] of words) {
      if (strong && k > D.turn) line = html("div", {}, c); // each contribution in a line of its own
      html(strong ? "b" : "span", {}, line, word === 0 ? `  ·  ${D.rules[T[i].rule]}` : word);
    }
  }
}

// The tensor whose gradient the event adds to, and what it has got so far: until the shares add up.
function adding(k) {
  const passed =
    k > D.turn && !isResting()
      ? D.events
          .slice(stopBefore(k), k)
          .flatMap(e => e[2] ?? [])
          .map(([to]) => to)
      : [];
  const several = passed.filter(to => total[to] > 1);
  const to = chosen !== null && total[chosen] > 1 ? chosen : (several.find(j => T[j].leaf) ?? several[0]);
  $("sum-box").hidden = to === undefined;
  if (to === undefined) return;
  $("sum").textContent = "";
  $("sum-of").textContent = `∂L/∂${T[to].title} adds up`;
  const shares = [];
  for (let e = D.turn; e < N; e++) {
    for (const [j, g, together] of D.events[e][2]) if (j === to) shares.push({e, g, together: together ?? g});
  }
  const most = Math.max(...shares.map(s => Math.max(norm(s.g), norm(s.together)))) || 1;
  const row = (name, text, size, kind) => {
    const tr = html("tr", {className: kind}, $("sum"));
    html("td", {}, tr, name);
    const td = html("td", {}, tr, text);
    if (size !== null) html("i", {}, td).style.width = `${(100 * size) / most}%`;
  };
  let last = null;
  shares.forEach(({e, g, together}, n) => {
    const here = e < k;
    const from = T[D.events[e][0]].title;
    if (here) last = together;
    row(
      `${n ? "+" : ""} ${n + 1}`,
      here ? `${shown(g)} from ${from}` : `from ${from}: not yet`,
      here ? norm(g) : null,
      e === k - 1 ? "new" : here ? "" : "wait",
    );
  });
  row("=", last === null ? "nothing yet" : shown(last), last === null ? null : norm(last), "total");
}

let at = N;
let timer = null;
let following = false;
function show(k) {
  at = Math.max(0, Math.min(N, k));
  const passed = stops.filter(stop => stop > 0 && stop <= at).length;
  $("scrub").value = passed;
  $("count").textContent = `${passed} / ${stops.length - 1}`;
  $("scrub").setAttribute("aria-valuetext", at <= D.turn ? `forward ${at}` : `back ${at - D.turn}`);
  nameChapter();
  paint();
  caption(at);
  adding(at);
  if (chosen !== null) tell(chosen);
}
// Everything as it is after `at` events; only what differs from before is touched.
function paint() {
  const {sum, times} = arrived(at);
  const event = at && N ? D.events[at - 1] : null;
  const back = at > D.turn;
  const resting = isResting();
  const now = event && !resting ? itemOf(event[0]) : "";
  const others = new Set();
  const pending = [];
  if (event && !resting) {
    for (const [i, , passed] of D.events.slice(stopBefore(at), at)) {
      pending.push(...(back ? passed.map(([to]) => to) : T[i].from));
    }
  }
  for (const j of pending) others.add(itemOf(j));
  for (const entry of drawn.values()) {
    const {g, item, tensors, tag} = entry;
    const [main] = tensors;
    const done = tensors.every(isDone) || tensors.some(i => isDone(i) && !T[i].leaf);
    const gradient = sum[main];
    const has = back && tensors.some(i => sum[i] !== undefined && T[i].wants);
    const state = `${done} ${item.id === now && !tag} ${back} ${has} ${tensors.map(i => times[i])} ${sum[main]?.length}`;
    if (state === entry.state) continue;
    entry.state = state;
    g.classList.toggle("todo", !done);
    g.classList.toggle("now", item.id === now && !tag);
    g.classList.toggle("back", back);
    g.classList.toggle("has", has && !resting);
    if (item.id === now && !tag) g.setAttribute("aria-current", "step");
    else g.removeAttribute("aria-current");
    g.setAttribute("aria-label", nameOf(entry, done, gradient));
    fillStrips(entry);
  }
  for (const {g, source, target, nodes} of scene.edges) {
    g.classList.toggle("todo", !nodes.some(([, to]) => isDone(D.nodes[to].tensor)));
    g.classList.toggle("flow", target.id === now && others.has(source.id));
    g.classList.toggle("back", back);
  }
  if (following && scene.items.has(now)) reveal(scene.items.get(now));
}

// What a screen reader says of a node.
function nameOf({item, tensors: [main], tag}, done, gradient) {
  const {title, op, value} = T[main];
  const words = [title, op || "input"];
  words.push(done ? `${D.backward ? "gradient" : "value"} ${shown(value)}` : "not computed yet");
  if (gradient !== undefined) words.push(`gradient ${shown(gradient)}`);
  if (item.b !== null && !tag) words.push(`of the closed box ${D.boxes[item.b].title}`);
  return words.join(", ");
}

// --- transport -----------------------------------------------------------------------------------------------------
function stop() {
  const was = timer;
  clearInterval(timer);
  timer = null;
  if (was) caption(at);
  $("play").textContent = "▶";
  $("play").setAttribute("aria-label", "play");
}
let playing = D.start === "begin"; // false: everything has happened, and nothing is lit
const isResting = () => at === N && !playing;
function to(k) {
  stop();
  playing = true;
  show(stops.find(stop => stop >= k) ?? N);
}
function play() {
  if (timer) return stop();
  if (at >= N) to(0);
  playing = true;
  follow(true);
  $("play").textContent = "⏸";
  $("play").setAttribute("aria-label", "pause");
  timer = setInterval(() => {
    show(stopAfter(at));
    if (at >= N) stop();
  }, window.playerPause ?? 700);
}
function follow(on) {
  following = on;
  $("follow").setAttribute("aria-pressed", String(on));
}
$("play").onclick = play;
$("prev").onclick = () => to(stopBefore(at));
$("next").onclick = () => to(stopAfter(at));
$("toloss").onclick = () => to(D.turn);
$("scrub").oninput = e => to(stops[+e.target.value]);
$("chapters").onchange = e => {
  if (e.target.value !== "") {
    follow(true);
    to(chapterList[+e.target.value].stop + 1);
  }
};
$("follow").onclick = () => {
  follow(!following);
  if (following) show(at);
};
