// --- the graph -----------------------------------------------------------------------------------------------------
// Which boxes are open, and what is seen then: a node, or the outermost closed box around it.

const opened = new Set();
const inside = D.boxes.map(() => []); // the nodes in each box, also in those within it
const boxesAround = D.nodes.map(({box}) => {
  // from the outermost inwards
  const around = [];
  for (let b = box; b >= 0; b = D.boxes[b].parent) around.unshift(b);
  return around;
});
boxesAround.forEach((around, n) => around.forEach(b => inside[b].push(n)));
const outputs = D.boxes.map((_, b) => {
  // what leaves a box, what has a name first
  const within = new Set(inside[b]);
  const leaving = new Set();
  const used = new Set();
  for (const [from, to] of D.edges) {
    if (within.has(from)) {
      used.add(from);
      if (!within.has(to)) leaving.add(from);
    }
  }
  for (const n of within) if (!used.has(n)) leaving.add(n);
  return [...leaving].sort((m, n) => D.nodes[n].named - D.nodes[m].named || n - m);
});

// The item at which a node is seen: "n12", or "b3" of the closed box around it.
function seenAt(n) {
  const closed = boxesAround[n].find(b => !opened.has(b));
  return closed === undefined ? `n${n}` : `b${closed}`;
}

function openTo(level) {
  const finer = {cell: ["cell"], gate: ["cell", "gate"], op: ["cell", "gate", "op"]}[level];
  opened.clear();
  D.boxes.forEach((box, b) => {
    if (finer.includes(box.level)) opened.add(b);
  });
  if (level === "op") return;
  const tens = D.boxes.flatMap((box, b) => (isTen(box) ? [b] : [])); // of many, only the first are open
  tens.forEach((b, i) => {
    if (i || level === "cell") opened.delete(b);
  });
}
const isTen = box => box.step === null && box.role === "" && box.title.includes("–");

// What is drawn, as layOut() wants it: the tree of open boxes with their items, and the links of each.
function seen(sizeOf) {
  const root = {id: "root", items: [], links: [], ins: new Map(), outs: new Map(), order: 0};
  const items = new Map();
  const parents = new Map();
  const opens = new Map([[-1, root]]);
  const boxOf = b => {
    if (!opens.has(b)) {
      const box = {
        id: `b${b}`,
        b,
        title: D.boxes[b].title,
        isStep: D.boxes[b].step !== null,
        items: [],
        links: [],
        ins: new Map(),
        outs: new Map(),
        order: inside[b][0],
      };
      opens.set(b, box);
      enter(box, boxOf(D.boxes[b].parent));
    }
    return opens.get(b);
  };
  const enter = (item, parent) => {
    parent.items.push(item);
    parents.set(item, parent);
    items.set(item.id, item);
  };
  D.nodes.forEach(({box}, n) => {
    const id = seenAt(n);
    if (items.has(id)) return;
    const closed = id[0] === "b" ? +id.slice(1) : null;
    enter({id, n, b: closed, order: n, ...sizeOf(id)}, boxOf(closed === null ? box : D.boxes[closed].parent));
  });

  const edges = new Map();
  for (const [from, to, number, line] of D.edges) {
    const [a, b] = [seenAt(from), seenAt(to)];
    const operand = b[0] === "n" ? number : 0;
    const key = `${a} ${b} ${operand}`;
    if (a === b) continue;
    if (!edges.has(key)) {
      edges.set(key, {source: items.get(a), target: items.get(b), operand, line: false, pieces: [], nodes: []});
    }
    const edge = edges.get(key);
    edge.line ||= Boolean(line);
    edge.nodes.push([from, to]);
  }
  for (const edge of edges.values()) link(edge, parents);
  return {root, items, edges: [...edges.values()]};
}

// An edge goes out of the boxes around its source, through ports, and into those around its target.
function link(edge, parents) {
  const up = [edge.source];
  const into = [edge.target];
  while (parents.has(up.at(-1))) up.push(parents.get(up.at(-1)));
  while (parents.has(into.at(-1))) into.push(parents.get(into.at(-1)));
  while (up.length > 1 && into.length > 1 && up.at(-2) === into.at(-2)) {
    up.pop();
    into.pop();
  }
  const port = (ports, side) => {
    const id = edge.source.id;
    if (!ports.has(id)) ports.set(id, {id: `${side} ${id}`, port: side, w: 0, h: 0, order: edge.source.order});
    return ports.get(id);
  };
  let at = 0;
  for (let i = 1; i < up.length - 1; i++) {
    up[i].links.push({edge, at: at++, from: up[i - 1], to: port(up[i].outs, "out")});
  }
  // what both are in comes last in `up` and in `into`; below it, each link begins where the one before it ended
  const source = up.at(-2);
  const target = into.at(-2);
  up.at(-1).links.push({edge, at: at++, from: source, to: target});
  for (let i = into.length - 2; i > 0; i--) {
    into[i].links.push({edge, at: at++, from: port(into[i].ins, "in"), to: into[i - 1]});
  }
}
