// --- hands and keys ------------------------------------------------------------------------------------------------

function redraw() {
  draw();
  findStops();
  $("scrub").max = stops.length - 1;
  show(at);
  light();
}
function toggled(b, focus) {
  const before = scene.items.get(`b${b}`);
  const {X, Y} = before;
  if (opened.has(b)) opened.delete(b);
  else opened.add(b);
  redraw();
  const after = scene.items.get(`b${b}`); // its upper left corner stays where it is on the screen
  view.x += (X - after.X) * view.k;
  view.y += (Y - after.Y) * view.k;
  place();
  if (focus) all(`[data-box="${b}"]`)[0]?.focus({preventScroll: true});
}
const stage = $("stage");
let moved = false;
function act(target, byKey) {
  const door = target.closest("[data-box]");
  const node = target.closest("g.node");
  if (door) return toggled(+door.dataset.box, byKey);
  const hit = node && [...drawn.values()].find(({g}) => g === node);
  if (hit) {
    inspect(hit.tensors[0]);
    adding(at);
  }
  return undefined;
}
stage.addEventListener("click", e => {
  if (!moved) act(e.target, false);
});
stage.addEventListener("keydown", e => {
  if ((e.key !== "Enter" && e.key !== " ") || !e.target.closest("g[tabindex]")) return;
  e.preventDefault();
  e.stopPropagation();
  act(e.target, true);
});
stage.addEventListener("focusin", e => {
  // by Tab: what has the focus is to be seen
  const node = e.target.closest("g.node");
  const hit = node && [...drawn.values()].find(({g}) => g === node);
  if (hit && node.matches(":focus-visible")) reveal(hit.item);
});
stage.addEventListener(
  "wheel",
  e => {
    e.preventDefault();
    const {left, top} = stageBox();
    zoom(Math.exp(-e.deltaY / 400), e.clientX - left, e.clientY - top);
  },
  {passive: false},
);
const fingers = new Map(); // one drags, two pinch
stage.addEventListener("pointerdown", e => {
  fingers.set(e.pointerId, [e.clientX, e.clientY]);
  moved = false;
});
window.addEventListener("pointermove", e => {
  const was = fingers.get(e.pointerId);
  const here = [e.clientX, e.clientY];
  if (!was || (!moved && Math.hypot(here[0] - was[0], here[1] - was[1]) < 4)) return; // a hand that shakes
  moved = true;
  follow(false);
  const other = [...fingers].find(([id]) => id !== e.pointerId)?.[1];
  const {left, top} = stageBox();
  if (other) {
    const far = p => Math.hypot(p[0] - other[0], p[1] - other[1]);
    zoom(far(here) / Math.max(1, far(was)), (here[0] + other[0]) / 2 - left, (here[1] + other[1]) / 2 - top);
  } else {
    view.x += here[0] - was[0];
    view.y += here[1] - was[1];
    place();
  }
  fingers.set(e.pointerId, here);
});
for (const end of ["pointerup", "pointercancel"]) window.addEventListener(end, e => fingers.delete(e.pointerId));

document.addEventListener("keydown", e => {
  if (
    e.ctrlKey ||
    e.metaKey ||
    e.altKey ||
    e.target.tagName === "SELECT" ||
    (e.target.tagName === "INPUT" && e.key.startsWith("Arrow"))
  ) {
    return;
  }
  const event = {
    ArrowRight: () => to(stopAfter(at)),
    ArrowLeft: () => to(stopBefore(at)),
    Home: () => to(0),
    End: () => to(N),
    l: () => to(D.turn),
  };
  const other = {
    Escape: nobody,
    "+": () => zoomed(1.25),
    "-": () => zoomed(0.8),
    0: fit,
    "/": () => $("search").focus(),
  };
  const action = other[e.key] ?? (N ? event[e.key] : undefined);
  if (action) {
    e.preventDefault();
    action();
  } else if (e.key === " " && N && e.target.tagName !== "BUTTON") {
    e.preventDefault();
    play();
  }
});
$("fit").onclick = () => {
  follow(false);
  fit();
};
$("in").onclick = () => zoomed(1.25);
$("out").onclick = () => zoomed(0.8);
$("level").onchange = e => {
  openTo(e.target.value);
  redraw();
  start();
};
// In a frame the room comes late: as long as nobody has moved anything, the view begins anew.
new ResizeObserver(() => {
  if (view.untouched) {
    if (room !== roomNow()) redraw();
    start();
  } else place();
}).observe(stage);

function theme(dark) {
  document.documentElement.dataset.theme = dark ? "dark" : "light";
  $("theme").textContent = dark ? "light" : "dark";
}
$("theme").onclick = () => theme(document.documentElement.dataset.theme !== "dark");
theme(document.documentElement.dataset.theme === "dark" || matchMedia("(prefers-color-scheme: dark)").matches);

// --- who influences whom -------------------------------------------------------------------------------------------
if (D.influence) {
  $("row-box").hidden = false;
  D.influence.forEach((_, t) => html("option", {}, $("output"), String(t + 1)));
  const bars = () => {
    const row = D.influence[$("output").selectedIndex];
    const most = Math.max(...row, 1e-30);
    $("row").textContent = "";
    row.forEach((v, s) => {
      html("span", {}, $("row"), `x${s + 1} ${fmt(v)}`).style.background =
        `color-mix(in oklab, #2563eb ${Math.round((60 * v) / most)}%, #e8ebf1)`;
    });
  };
  $("output").selectedIndex = D.influence.length - 1;
  $("output").onchange = bars;
  bars();
}

// --- the beginning -------------------------------------------------------------------------------------------------
$("title").textContent = D.title;
$("note").textContent = [D.equation, D.note].filter(Boolean).join("   ·   ");
$("level").value = D.level;
$("player").hidden = !N;
$("opening").hidden = !D.boxes.length;
if (D.start === "begin") at = 0;
setScales();
listChapters();
openTo(D.level);
redraw();
start();
if (D.chosen >= 0) inspect(D.chosen); // whose gradient was asked for
