"use strict";
(() => {
  const data = JSON.parse(document.getElementById("data").textContent);
  const by = (id) => document.getElementById(id);
  const slider = by("step");
  const plots = [...document.querySelectorAll(".plot")];
  const last = data.steps.length - 1;

  // Colours are mixed in Oklab, as on the screen [Ottosson 2020].
  const linear = (v) => (v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
  const byte = (v) => {
    const u = Math.min(1, Math.max(0, v));
    return Math.round(255 * (u <= 0.0031308 ? 12.92 * u : 1.055 * u ** (1 / 2.4) - 0.055));
  };
  const oklab = (hex) => {
    const [r, g, b] = [1, 3, 5].map((i) => linear(parseInt(hex.slice(i, i + 2), 16) / 255));
    const l = Math.cbrt(0.4122214708 * r + 0.5363325363 * g + 0.0514459929 * b);
    const m = Math.cbrt(0.2119034982 * r + 0.6806995451 * g + 0.1073969566 * b);
    const s = Math.cbrt(0.0883024619 * r + 0.2817188376 * g + 0.6299787005 * b);
    return [
      0.2104542553 * l + 0.793617785 * m - 0.0040720468 * s,
      1.9779984951 * l - 2.428592205 * m + 0.4505937099 * s,
      0.0259040371 * l + 0.7827717662 * m - 0.808675766 * s,
    ];
  };
  const css = ([L, a, b]) => {
    const l = (L + 0.3963377774 * a + 0.2158037573 * b) ** 3;
    const m = (L - 0.1055613458 * a - 0.0638541728 * b) ** 3;
    const s = (L - 0.0894841775 * a - 1.291485548 * b) ** 3;
    const r = byte(4.0767416621 * l - 3.3077115913 * m + 0.2309699292 * s);
    const g = byte(-1.2684380046 * l + 2.6097574011 * m - 0.3413193965 * s);
    return `rgb(${r},${g},${byte(-0.0041960863 * l - 0.7034186147 * m + 1.707614701 * s)})`;
  };
  const color = (number) => getComputedStyle(document.documentElement).getPropertyValue(`--c${number}`).trim();

  const drawn = new Map(); // the points of a plot: made once, painted at each step
  const paint = (at, cloud, shares) => {
    const group = plots[at].querySelector(".cloud");
    if (!cloud) {
      group.replaceChildren();
      drawn.delete(at);
      return;
    }
    let known = drawn.get(at);
    if (!known || known.cloud !== cloud) {
      const points = cloud.x.map((x, i) => {
        const point = document.createElementNS(group.namespaceURI, "path");
        point.setAttribute("transform", `translate(${x} ${cloud.y[i]})`);
        return point;
      });
      group.replaceChildren(...points);
      known = { cloud, points };
      drawn.set(at, known);
    }
    const pure = cloud.colors.map(color);
    const labs = pure.map(oklab);
    shares.forEach((share, i) => {
      const point = known.points[i];
      let top = share;
      let painted = pure[share];
      if (Array.isArray(share)) {
        const total = share.reduce((a, b) => a + b, 0);
        top = share.indexOf(Math.max(...share));
        painted = css([0, 1, 2].map((c) => share.reduce((sum, part, k) => sum + part * labs[k][c], 0) / total));
      }
      const [path, open] = cloud.forms[top];
      point.setAttribute("d", path);
      point.style.fill = open ? "none" : painted;
      point.style.stroke = open ? painted : "none";
    });
  };

  const joined = (indices) => indices.map((i) => data.parts[i]).join("");
  const show = (wanted) => {
    const at = Math.min(last, Math.max(0, wanted));
    const step = data.steps[at];
    slider.value = at;
    slider.setAttribute("aria-valuetext", step.title);
    by("where").textContent = step.title;
    by("says").textContent = step.says;
    by("before").disabled = at === 0;
    by("after").disabled = at === last;
    document.querySelectorAll("#numbers td").forEach((cell, i) => {
      cell.textContent = step.numbers[i];
    });
    step.plots.forEach((plot, i) => {
      plots[i].querySelector(".axes").innerHTML = joined(plot.axes);
      plots[i].querySelector(".behind").innerHTML = joined(plot.behind);
      plots[i].querySelector(".above").innerHTML = joined(plot.above);
      plots[i].querySelector("ul.legend").innerHTML = joined(plot.legend);
      plots[i].querySelector("svg").setAttribute("aria-label", plot.label);
      plots[i].querySelector(".name").textContent = plot.name;
      paint(i, data.clouds[plot.cloud], data.shares[plot.shares]);
    });
    document.querySelectorAll(".curve").forEach((curve, i) => {
      const place = step.marks[i];
      const line = curve.querySelector(".here");
      const dot = curve.querySelector(".dot");
      line.setAttribute("visibility", place ? "visible" : "hidden");
      dot.setAttribute("visibility", place && place[1] !== null ? "visible" : "hidden");
      if (place) {
        line.setAttribute("x1", place[0]);
        line.setAttribute("x2", place[0]);
        dot.setAttribute("cx", place[0]);
        dot.setAttribute("cy", place[1] === null ? 0 : place[1]);
      }
    });
  };

  const go = (to) => {
    show(to);
    history.replaceState(null, "", `#step=${slider.value}`);
  };
  const asked = () => {
    const found = /^#step=(\d+)$/.exec(location.hash);
    return found ? Number(found[1]) : data.begin;
  };
  slider.addEventListener("input", () => go(Number(slider.value)));
  by("before").addEventListener("click", () => go(Number(slider.value) - 1));
  by("after").addEventListener("click", () => go(Number(slider.value) + 1));
  document.addEventListener("keydown", (event) => {
    if (event.target === slider || event.altKey || event.ctrlKey || event.metaKey) return; // it has these keys itself
    const here = Number(slider.value);
    const to = { ArrowLeft: here - 1, ArrowRight: here + 1, Home: 0, End: last }[event.key];
    if (to === undefined) return;
    event.preventDefault();
    go(to);
  });
  addEventListener("hashchange", () => show(asked()));
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(Number(slider.value)));
  show(asked());
})();
