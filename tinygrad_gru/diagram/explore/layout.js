// --- layout --------------------------------------------------------------------------------------------------------
// Where everything stands: layers from left to right, as Sugiyama laid them out, in each open box by itself.
//
// An item is {id, w, h, order} for what is drawn as one, and for an open box also {items, links, ins, outs}. A link
// {edge, from, to, at} joins two items of one box; an end may be a port, on the border, where an edge goes in or out;
// `at` says which part of the edge it is.
// layOut() gives every item its x and y within the box around it, and every edge its stations.

const GAP = {layer: 26, item: 12, dummy: 7, side: 14, head: 26, foot: 10, row: 14, lane: 6};
const SWEEPS = 14;
const HEAVY = 24;
const STRAIGHT = 6; // the pull of a state line, and of a long edge to be straight

function layOut(box, room = Infinity) {
  for (const item of box.items) if (item.items) layOut(item, room - 3 * GAP.side);
  const cells = [...box.items, ...box.ins.values(), ...box.outs.values()];
  for (const cell of cells) Object.assign(cell, {left: [], right: [], y: 0});
  const layers = inLayers(box);
  const segments = asSegments(box, layers);
  inOrder(layers);
  const sides = box.title === undefined ? 0 : GAP.side; // the outermost box has no frame
  across(box, layers, sides);
  for (let sweep = 0; sweep < SWEEPS; sweep++) down(layers, sweep);
  const all = layers.flat();
  const top = Math.min(...all.map(c => c.y - c.h / 2)) - (sides ? GAP.head : 0);
  for (const cell of all) cell.y -= top;
  box.rows = [];
  if (box.w > room && !box.isStep) wrapped(box, layers, segments, sides, room);
  box.h = Math.max(...all.map(c => c.y + c.h / 2)) + (sides ? GAP.foot : 0);
  spread(box);
  for (const {edge, part, chain, links} of segments) edge.pieces[part] = {box, chain, links};
}

// Layers that are wider than the room are wrapped into rows, as lines of text; what goes on does so between the rows.
function wrapped(box, layers, segments, sides, room) {
  const inner = layers.slice(1, -1).filter(layer => layer.length);
  const rows = [];
  let begins = 0;
  for (const layer of inner) {
    const [left, right] = layer[0].wide;
    const isBegun = left - begins > room / 4; // a start alone in a row says little, and what is too wide stays so
    if (!rows.length || (right - begins > room && (isBegun || right - left <= room))) {
      begins = left;
      rows.push([]);
    }
    rows.at(-1).push(layer);
  }
  if (rows.length < 2) return;
  rows.forEach((row, r) => row.flat().forEach(cell => Object.assign(cell, {row: r})));
  for (const port of box.ins.values()) port.row = 0;
  for (const port of box.outs.values()) port.row = rows.length - 1;
  box.rows = rows.map(() => ({lanes: new Map()}));
  for (const {edge, chain} of segments) {
    for (let i = 0; i + 1 < chain.length; i++) {
      const key = `${chain[0].id} ${edge.source.id}`;
      for (let r = chain[i].row; r < chain[i + 1].row; r++) {
        const {lanes} = box.rows[r];
        if (!lanes.has(key)) lanes.set(key, lanes.size);
      }
    }
  }
  const most = Math.max(...box.rows.map(({lanes}) => lanes.size));
  const margin = sides + most * GAP.lane;
  let top = sides ? GAP.head : 0;
  box.w = 0;
  rows.forEach((row, r) => {
    const cells = [...row.flat(), ...(r ? [] : box.ins.values()), ...(r < rows.length - 1 ? [] : box.outs.values())];
    const x = row[0][0].wide[0] - margin;
    const y = Math.min(...cells.map(cell => cell.y - cell.h / 2)) - top;
    for (const cell of row.flat()) Object.assign(cell, {x: cell.x - x, wide: cell.wide.map(edge => edge - x)});
    for (const cell of cells) cell.y -= y;
    top = Math.max(...cells.map(cell => cell.y + cell.h / 2)) + GAP.row;
    Object.assign(box.rows[r], {below: top, right: row.at(-1)[0].wide[1], left: margin});
    top += box.rows[r].lanes.size * GAP.lane + (box.rows[r].lanes.size ? GAP.row : 0);
    box.w = Math.max(box.w, box.rows[r].right + margin);
  });
  for (const port of box.outs.values()) port.x = box.w;
}

// The way of an edge through all boxes, as the d of an SVG path: level through layers, curved between them.
function pathOf(edge) {
  const points = [];
  for (const {box, chain, links} of edge.pieces) {
    chain.forEach((cell, i) => {
      const y = box.top + cell.y + (i ? (links[i - 1]?.to ?? 0) : (links[0]?.from ?? 0));
      const [x, end] = cell.dummy ? cell.wide : i ? [cell.x, cell.x] : [cell.x + cell.w, cell.x + cell.w];
      const turns = [];
      for (let r = i ? chain[i - 1].row : cell.row; r < cell.row; r++) turns.push(turn(box, r, chain[0], edge));
      points.push([box.across + x, box.across + end, y, turns]);
    });
  }
  const [[, x, y], ...others] = points;
  let d = `M${x.toFixed(1)} ${y.toFixed(1)}`;
  let at = [x, y];
  for (const [next, end, to, turns] of others) {
    for (const {right, left, down} of turns) {
      d += `H${right.toFixed(1)}V${down.toFixed(1)}H${left.toFixed(1)}`;
      at = [left, down];
    }
    if (turns.length) {
      d += `V${to.toFixed(1)}`;
      at = [at[0], to];
    }
    const mid = (at[0] + next) / 2;
    if (next !== at[0] || to !== at[1]) d += `C${[mid, at[1], mid, to, next, to].map(v => v.toFixed(1)).join(" ")}`;
    if (end > next) d += `H${end.toFixed(1)}`;
    at = [end, to];
  }
  return d;
}

// From the end of a row to the beginning of the next one, on a lane of its own.
function turn(box, r, first, edge) {
  const {lanes, below, right, left} = box.rows[r];
  const lane = lanes.get(`${first.id} ${edge.source.id}`) * GAP.lane;
  return {
    right: box.across + right + GAP.lane + lane,
    left: box.across + left - GAP.lane - lane,
    down: box.top + below + lane,
  };
}

// Places within boxes become places on the page: `across` and `top` of each open box, and x, y of all items.
function settle(box, across = 0, top = 0) {
  Object.assign(box, {across, top});
  for (const item of box.items) {
    Object.assign(item, {X: across + item.x, Y: top + item.y - item.h / 2});
    if (item.items) settle(item, item.X, item.Y);
  }
}

// The layer of an item is one behind the last of those it is made of; what is made of nothing stands before its user.
function inLayers(box) {
  const waiting = new Map(box.items.map(item => [item, 0]));
  const next = new Map(box.items.map(item => [item, new Set()]));
  for (const {from, to} of box.links) {
    if (from.port || to.port || next.get(from).has(to)) continue;
    next.get(from).add(to);
    waiting.set(to, waiting.get(to) + 1);
  }
  const sources = new Set(box.items.filter(item => !waiting.get(item)));
  const ready = [...sources];
  const placed = new Set();
  for (const item of box.items) item.layer = 0;
  while (placed.size < box.items.length) {
    // boxes may depend on each other in a circle, though their nodes do not: then the oldest goes first
    const item = ready.pop() ?? box.items.find(other => !placed.has(other));
    if (placed.has(item)) continue;
    placed.add(item);
    for (const user of next.get(item)) {
      if (placed.has(user)) continue;
      user.layer = Math.max(user.layer, item.layer + 1);
      waiting.set(user, waiting.get(user) - 1);
      if (!waiting.get(user)) ready.push(user);
    }
  }
  for (const item of sources) {
    const users = [...next.get(item)].map(user => user.layer);
    if (users.length) item.layer = Math.max(0, Math.min(...users) - 1);
  }
  const last = Math.max(0, ...box.items.map(item => item.layer));
  const layers = Array.from({length: last + 3}, () => []);
  for (const item of box.items) layers[++item.layer].push(item);
  for (const port of box.ins.values()) {
    port.layer = 0;
    layers[0].push(port);
  }
  for (const port of box.outs.values()) {
    port.layer = last + 2;
    layers[last + 2].push(port);
  }
  for (const layer of layers) layer.sort((a, b) => a.order - b.order);
  return layers;
}

// An edge over several layers is a chain of dummies, one in each; edges from one place share theirs.
function asSegments(box, layers) {
  const chains = new Map();
  const segments = [];
  for (const {edge, from, to, at: part} of box.links) {
    const key = `${from.id} ${edge.source.id}`;
    const pull = edge.line ? HEAVY : 1;
    const chain = [from];
    if (!chains.has(key)) chains.set(key, []);
    const dummies = chains.get(key);
    const links = [];
    for (let layer = from.layer + 1; layer < to.layer; layer++) {
      const at = layer - from.layer - 1;
      if (!dummies[at]) {
        dummies[at] = {dummy: true, w: 0, h: 0, y: 0, order: from.order, layer, left: [], right: []};
        layers[layer].push(dummies[at]);
      }
      chain.push(dummies[at]);
    }
    chain.push(to);
    for (let i = 0; i + 1 < chain.length; i++) {
      const [a, b] = [chain[i], chain[i + 1]];
      if (b.layer <= a.layer) break; // against the others, in a circle: it is drawn, and pulls nothing
      const weight = pull * (a.dummy && b.dummy ? STRAIGHT : a.dummy || b.dummy ? 2 : 1);
      const link = {a, b, weight, from: a.dummy ? 0 : exit(a, edge), to: b.dummy ? 0 : entry(b, edge)};
      a.right.push(link);
      b.left.push(link);
      links.push(link);
    }
    segments.push({edge, part, chain, links});
  }
  return segments;
}

// Where an edge leaves or enters an item, measured from its middle: of an open box, at its port.
const exit = (item, edge) => (item.items ? item.outs.get(edge.source.id).y - item.h / 2 : 0);
const entry = (item, edge) => (item.items ? item.ins.get(edge.source.id).y - item.h / 2 : 0);

// In each layer, by the mean place of the neighbours: forth and back, and the best of all orders is kept.
function inOrder(layers) {
  const place = new Map();
  const number = layer => layer.forEach((cell, i) => place.set(cell, (i + 0.5) / layer.length));
  layers.forEach(number);
  const apart = () => {
    let sum = 0;
    for (const layer of layers) {
      for (const c of layer) for (const {b} of c.right) sum += Math.abs(place.get(c) - place.get(b));
    }
    return sum;
  };
  const mean = (cell, links, end) =>
    links.length
      ? links.reduce((sum, link) => sum + place.get(link[end]) + (end === "a" ? link.from : link.to) / 1e5, 0) /
        links.length
      : place.get(cell);
  let best = layers.map(layer => [...layer]);
  let least = apart();
  for (let sweep = 0; sweep < SWEEPS; sweep++) {
    const forth = sweep % 2 === 0;
    for (const layer of forth ? layers : [...layers].reverse()) {
      const means = new Map(
        layer.map(cell => [cell, forth ? mean(cell, cell.left, "a") : mean(cell, cell.right, "b")]),
      );
      layer.sort((a, b) => means.get(a) - means.get(b));
      number(layer);
    }
    const now = apart();
    if (now < least - 1e-9) {
      least = now;
      best = layers.map(layer => [...layer]);
    }
  }
  best.forEach((layer, i) => layers[i].splice(0, layer.length, ...layer));
}

// The layers' x; a layer is as wide as its widest cell.
function across(box, layers, sides) {
  let x = 0;
  layers.forEach((layer, i) => {
    const is_border = i === 0 || i === layers.length - 1;
    const width = Math.max(0, ...layer.map(cell => cell.w));
    if (i === layers.length - 1) x += sides - GAP.layer;
    for (const cell of layer) {
      cell.x = x + (width - cell.w) / 2;
      cell.wide = [x, x + width];
    }
    x += width + (is_border ? sides : GAP.layer);
  });
  box.w = x - sides;
  for (const port of box.outs.values()) port.x = box.w;
}

// Each cell wants to stand at the mean of its neighbours; those of a layer are kept apart, and give way by their pull.
function down(layers, sweep) {
  const forth = sweep % 2 === 0;
  const both = sweep >= SWEEPS - 2;
  for (const layer of forth ? layers : [...layers].reverse()) {
    const wanted = layer.map(cell => {
      let sum = 0;
      let weight = 0;
      if (forth || both) {
        for (const l of cell.left) {
          sum += l.weight * (l.a.y + l.from - l.to);
          weight += l.weight;
        }
      }
      if (!forth || both) {
        for (const l of cell.right) {
          sum += l.weight * (l.b.y + l.to - l.from);
          weight += l.weight;
        }
      }
      return weight ? {y: sum / weight, weight} : {y: cell.y, weight: 0.01};
    });
    let below = 0;
    const offsets = layer.map((cell, i) => {
      // how far below the first one each is at least
      if (i) below += (layer[i - 1].h + cell.h) / 2 + (layer[i - 1].dummy || cell.dummy ? GAP.dummy : GAP.item);
      return below;
    });
    const blocks = []; // cells that touch move as one: the pool of adjacent violators
    wanted.forEach(({y, weight}, i) => {
      let block = {sum: weight * (y - offsets[i]), weight, n: 1};
      while (blocks.length && blocks.at(-1).sum / blocks.at(-1).weight > block.sum / block.weight) {
        const {sum, weight: w, n} = blocks.pop();
        block = {sum: block.sum + sum, weight: block.weight + w, n: block.n + n};
      }
      blocks.push(block);
    });
    let i = 0;
    for (const {sum, weight, n} of blocks) for (let k = 0; k < n; k++, i++) layer[i].y = sum / weight + offsets[i];
  }
}

// Edges that end at one item, beside each other in the order they come from; a state line stays in the middle.
function spread(box) {
  for (const item of box.items) {
    if (item.items) continue;
    const links = item.left.sort((l, m) => l.a.y - m.a.y);
    const line = links.findIndex(l => l.weight >= HEAVY);
    const middle = line < 0 ? (links.length - 1) / 2 : line;
    const step = Math.min(8, item.h / (links.length + 1));
    links.forEach((link, i) => {
      link.to = (i - middle) * step;
    });
  }
}
